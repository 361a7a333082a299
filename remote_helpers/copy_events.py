"""DRBD's own stream of changes (`events2`), pushed to the controller: it looks again at once.

Beside polling, never instead of it: a line says that something changed, the next look says what.
"""

import os
import subprocess
import threading
from typing import Any, Dict, Mapping, Set

from remote_helpers import child
from remote_helpers.operation import Context

CHANGES = ("change", "create", "destroy", "call")
_streams: Dict[str, "subprocess.Popen[bytes]"] = {}
_splits: Set[str] = set()
_lock = threading.Lock()


def listen(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """From now on this session is told of changes of `resource`. Asked again it does nothing."""
    resource, group = str(args["resource"]), str(args["group"])
    with _lock:
        running = _streams.get(resource)
        if running is not None and running.poll() is None:
            return {"listening": True}
        if not _is_loaded():
            return {"listening": False}  # asking would load the module
        stream = _streams[resource] = subprocess.Popen(
            ["drbdsetup", "events2", resource],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=child.environment_for(None),
            start_new_session=True,
        )
    context.children.add(stream.pid)  # it ends with the session
    reader = threading.Thread(
        target=_read, args=(context, stream, group, resource), name="events2", daemon=True
    )
    reader.start()
    return {"listening": True}


def saw_split_brain(resource: str) -> bool:
    """Whether the kernel called its split-brain handler in this session: its log may be gone."""
    return resource in _splits


def _read(context: Context, stream: "subprocess.Popen[bytes]", group: str, resource: str) -> None:
    if stream.stdout is None:
        return
    with stream.stdout as lines:
        for line in lines:
            words = line.decode("utf-8", "replace").split()
            if not words or words[0] not in CHANGES:
                continue  # what was there before, and how handlers ended
            if words[0] == "call" and "helper:split-brain" in words:
                _splits.add(resource)
            elif "connection:Connected" in words:
                _splits.discard(resource)
            context.push(
                {"push": "copies", "group": group, "resource": resource, "text": " ".join(words)}
            )
    stream.wait()
    context.children.discard(stream.pid)


def _is_loaded() -> bool:
    return os.path.exists("/proc/drbd")
