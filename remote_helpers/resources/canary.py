"""A small write or read in a process of its own, which may hang where nobody else must.

A disk that neither answers nor fails holds whoever touches it in the kernel, where no signal
reaches. So it is touched by a child that is let go at its deadline, and while that one hangs no
second one is sent after it.
"""

import contextlib
import subprocess
import threading
import time
from typing import Dict, List, NamedTuple, Tuple

from remote_helpers import child
from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.waiting import shown

FILE_NAME = ".hasys-canary"
EVERY_S = 5.0
"""Not at each poll: every write goes to the disk, and to the peer's."""
_LEAST_S = 0.05


class _Try(NamedTuple):
    process: "subprocess.Popen[bytes]"
    began: float


_hanging: Dict[Tuple[str, ...], _Try] = {}
_answered: Dict[Tuple[str, ...], Tuple[float, float]] = {}
"""When it last answered, and how long that took."""
_lock = threading.Lock()


def write(context: Context, folder: str, seconds: float) -> float:
    """How long it took until it was on the disk, now or a moment ago. Raises OperationError."""
    target = "{}/{}".format(folder.rstrip("/"), FILE_NAME)
    argv = ["dd", "if=/dev/zero", "of=" + target, "bs=512", "count=1", "conv=fsync,notrunc"]
    return _tried(context, argv, seconds, "a small write to {}".format(folder))


def read(context: Context, device: str, seconds: float) -> float:
    """Past the page cache: what was read before proves nothing of the path to the disk."""
    argv = ["dd", "if=" + device, "of=/dev/null", "bs=4096", "count=1", "iflag=direct"]
    return _tried(context, argv, seconds, "a read of {}".format(device))


def _tried(context: Context, argv: List[str], seconds: float, what: str) -> float:
    key = tuple(argv)
    with _lock:
        before = _hanging.get(key)
        if before is not None and before.process.poll() is None:
            age = time.monotonic() - before.began
            raise OperationError("timed-out", "{} hangs since {:.0f} s".format(what, age))
        _hanging.pop(key, None)
        answered, took = _answered.get(key, (-EVERY_S, 0.0))
        if time.monotonic() - answered < EVERY_S:
            return took
        one = _hanging[key] = _begin(argv, what)
    context.children.add(one.process.pid)
    try:
        return _ended(context, one, key, seconds, what)
    finally:
        context.children.discard(one.process.pid)


def _begin(argv: List[str], what: str) -> _Try:
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env=child.environment_for(None),
            start_new_session=True,
        )
    except FileNotFoundError as problem:
        raise OperationError("unsupported", "{}: {}".format(what, problem)) from problem
    return _Try(process, time.monotonic())


def _ended(context: Context, one: _Try, key: Tuple[str, ...], seconds: float, what: str) -> float:
    limit = max(min(seconds, context.remaining() - 2 * _LEAST_S), _LEAST_S)
    try:
        rc = one.process.wait(limit)
    except subprocess.TimeoutExpired:
        one.process.kill()  # it ends the moment the kernel lets it go
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.process.wait(_LEAST_S)
        message = "{} hangs: not done within {:.1f} s".format(what, limit)
        raise OperationError("timed-out", message) from None
    took = time.monotonic() - one.began
    said = _said(one)
    with _lock:
        _hanging.pop(key, None)
        if rc == 0:
            _answered[key] = (time.monotonic(), took)
    if rc != 0:
        raise OperationError("failed", "{} failed: {}".format(what, shown(said, 1) or rc))
    return took


def _said(one: _Try) -> str:
    if one.process.stderr is None:
        return ""
    with one.process.stderr as stream:
        return stream.read().decode("utf-8", "replace")
