"""Reads how a DRBD resource is set up to lose its peer; called by `drbd_view`, beside every look.

Two programs, each slower than the look itself: on a busy server they end after the poll that asked
for them. They are read in the background and believed for a while, so that a look has them or says
that they are not known yet; it never calls a resource unguarded because a program was slow.

Nor because it was asked too early. The race this prevents: `drbdadm up` makes the resource first
and gives it its settings with its disk; what is read in between is the kernel's default, and it was
believed long enough to keep a failover from a copy that was whole.
"""

import re
import threading
import time
from typing import Dict, NamedTuple, Optional

from remote_helpers.operation import Context, OperationError
from remote_helpers.replication.words import NO_DISK, Replication
from remote_helpers.workers import Workers

BELIEVED_FOR_S = 30.0
"""They change by hand only."""
READ_IN_S = 20.0
WAIT_S = 0.5
"""For what is not known yet: a look that waits longer on a slow server comes too late itself."""
_FENCING = re.compile(r"\bfencing\s+([a-z-]+)\s*;")
_HANDLER = re.compile(r"\bfence-peer\s+\"?([^\";]+)\"?\s*;")


class Settings(NamedTuple):
    fencing: str = ""
    """As the kernel has it; empty: not known yet."""
    handler: str = ""
    """As drbdadm would call it."""


class _Reading:
    """Of one resource; `known` stays what it was where nothing can be read."""

    def __init__(self) -> None:
        self.known = Settings()
        self.at: Optional[float] = None
        self.ended = threading.Event()
        self.ended.set()

    @property
    def is_due(self) -> bool:
        is_old = self.at is None or time.monotonic() - self.at >= BELIEVED_FOR_S
        return is_old and self.ended.is_set()


_readings: Dict[str, _Reading] = {}
_lock = threading.Lock()
_threads = Workers("drbd-settings", 4)


def settings_of(context: Context, seen: Replication) -> Settings:
    """Waits for them only where nothing is known, and not long."""
    with _lock:
        if not seen.is_up:
            _readings.pop(seen.resource, None)  # it may come up with others
            return Settings()
        reading = _readings.setdefault(seen.resource, _Reading())
        if _has_its_settings(seen) and reading.is_due:
            reading.ended.clear()
            # a deadline of its own: what is read too late for this look is there for the next one
            own = Context(context.group, time.monotonic() + READ_IN_S, context.children)
            _threads.submit(lambda: _read(own, seen.resource, reading))
    if reading.at is None:
        reading.ended.wait(min(WAIT_S, context.remaining() / 2))
    return reading.known


def _has_its_settings(seen: Replication) -> bool:
    return bool(seen.volumes) and all(one.disk not in NO_DISK for one in seen.volumes)


def _read(context: Context, resource: str, reading: _Reading) -> None:
    try:
        in_force = context.run(["drbdsetup", "show", resource])
        configured = context.run(["drbdadm", "dump", resource])
    except OperationError:
        return
    else:
        if in_force.rc == 0 and configured.rc == 0:
            reading.known = parse(in_force.stdout, configured.stdout)
            reading.at = time.monotonic()
    finally:
        reading.ended.set()


def parse(in_force: str, configured: str) -> Settings:
    """Of `drbdsetup show`, which leaves out what is the default, and of `drbdadm dump`."""
    fencing, handler = _FENCING.search(in_force), _HANDLER.search(configured)
    return Settings(
        fencing=fencing.group(1) if fencing else "dont-care",
        handler=handler.group(1) if handler else "",
    )
