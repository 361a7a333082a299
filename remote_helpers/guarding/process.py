"""The guard as a process of its own: `main` is what the start program calls with its code.

Takes the group's lock - from a guard that runs here, by hand-over, or because nobody has it - and
goes on with what that guard left, or begins anew.
"""

import fcntl
import json
import os
import sys
import time
from typing import Any, Dict, List, Optional

from remote_helpers import resources
from remote_helpers.guarding import (
    clock,
    handing_over,
    hardening,
    record_file,
    state_file,
)
from remote_helpers.guarding import settings as settings_of
from remote_helpers.guarding.loop import Beginning, Loop
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.settings import Settings
from remote_helpers.guarding.state_file import Left
from remote_helpers.protocol import guard as guards

TAKES_OVER_WITHIN_S = 5.0
PAUSE_S = 0.05


def main() -> None:
    """`sys.argv[1]` is the group's folder in /run."""
    hardening.small()
    os.chdir("/")
    with open(os.path.join(sys.argv[1], "settings")) as file:
        given = json.loads(file.read())
    places = Places(sys.argv[1], given["kept"])
    settings = settings_of.parse(given["settings"])
    _forget_sources()
    beginning = begin(settings, places, given["digest"], hardening.harden())
    os.set_blocking(2, False)
    loop = Loop(beginning, settings, places)
    loop.log("runs as {}: {}".format(beginning.left.guard.holder.incarnation, beginning.how))
    loop.run()


def begin(settings: Settings, places: Places, digest: str, warnings: List[str]) -> Beginning:
    """Who holds the lock is the guard. Raises OSError when it does not hand over."""
    boot, incarnation = clock.boot_id(), "g-" + os.urandom(6).hex()
    end = time.monotonic() + TAKES_OVER_WITHIN_S
    while True:
        lock = _lock(places)
        if lock is not None:
            left, how = _left_behind(settings, places, boot, incarnation)
            return Beginning(left, lock, None, how, digest, warnings)
        try:
            taken = handing_over.take(places, boot)
        except (OSError, ValueError, handing_over.NotNow):
            if time.monotonic() > end:
                raise
            time.sleep(PAUSE_S)
            continue
        left = _goes_on(taken.left, incarnation)
        return Beginning(left, taken.lock, taken.cover, "taken-over", digest, warnings)


def _lock(places: Places) -> Optional[int]:
    descriptor = os.open(places.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _left_behind(settings: Settings, places: Places, boot: str, incarnation: str) -> Any:
    """Of a guard that was killed: on the same boot its state is in /run."""
    left = state_file.read(places.state, boot)
    if left is not None and left.guard.group == settings.group and left.guard.me == settings.me:
        return _goes_on(left, incarnation), "taken-over"
    if os.path.lexists(places.released) and not os.path.lexists(places.record):
        os.rename(places.released, places.record)
    stored = record_file.load(places.record)
    names = (settings.group, settings.me, settings.peer)
    clocks = clock.started()
    one = guards.start(names, boot, incarnation, settings.terms, stored, settings.lease, clocks.now)
    if stored is None:
        one = one._replace(record=one.record._replace(membership=settings.membership))
    return Left(one, clocks, {}), "started"


def _goes_on(left: Left, incarnation: str) -> Left:
    clocks = clock.advanced(left.clocks)
    return Left(guards.take_over(left.guard, incarnation, clocks.now), clocks, left.cover)


def _forget_sources() -> None:
    """The text of what is loaded would only be locked in memory."""
    modules: Dict[str, Any] = getattr(_loader(), "modules", {})
    modules.clear()


def _loader() -> Any:
    spec = getattr(resources, "__spec__", None)
    return getattr(spec, "loader", None)
