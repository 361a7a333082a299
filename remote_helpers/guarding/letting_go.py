"""The emergency demotion: everything that is held goes, at once, without asking anybody.

Handed over beforehand; the addresses go first, for they are what clients see. Each resource has a
thread of its own, so that one that hangs keeps only itself. It is called again and again until
nothing is held: what it misses now (a process just being born) it finds then.
"""

import contextlib
import ctypes
import functools
import os
import time
from typing import Any, Callable, Dict, List, Mapping, Set, Tuple

from remote_helpers import resources, step_lock
from remote_helpers.child import Children
from remote_helpers.guarding import units
from remote_helpers.guarding.places import Places
from remote_helpers.operation import Context, OperationError
from remote_helpers.resources import ending, ip, known, mounts
from remote_helpers.resources.process import MARK, Own
from remote_helpers.resources.processes import ancestors_of, with_environment

Resource = Mapping[str, Any]

GRACE_S = 0.05
"""For a step in progress, before it is killed: the lease is nearly over."""
SYSTEMCTL_S = 0.3
"""To tell systemd that a unit shall stay down; killing does not wait longer for that."""
PAUSE_S = 0.02
KILL_AFTER, DETACH_AFTER = 0.1, 0.6
"""So much of the time there is, a mount that is busy is waited for."""
_MNT_FORCE, _MNT_DETACH = 1, 2

_libc = ctypes.CDLL(None, use_errno=True)


class LettingGo:
    """All ways to let go of what a group may hold; each is under way once at a time."""

    def __init__(self, group: str, places: Places, wanted: List[Resource]) -> None:
        self._group, self._places = group, places
        self._wanted = wanted
        self._slices: Dict[str, str] = {}
        self._under_way: Set[str] = set()

    def prepare(self) -> None:
        """Asks beforehand for what needs a program: in which slice each unit lives."""
        context = Context(self._group, time.monotonic() + 10.0, Children())
        for one in self._wanted:
            if one["type"] == "systemd":
                unit = units.full_name(str(one["spec"]["unit"]))
                with contextlib.suppress(OperationError):
                    done = context.run(["systemctl", "show", "--property=Slice", "--", unit])
                    self._slices[unit] = done.stdout.strip().partition("=")[2]

    def jobs(self, until: float) -> List[Tuple[str, Callable[[], None]]]:
        """By name, those that are not under way, which they are now; `until`: CLOCK_MONOTONIC."""
        every: List[Tuple[str, Callable[[], None]]] = [("addresses", self._take_off)]
        every += [
            ("resource " + one["name"], functools.partial(self._end, one, until))
            for one in self._wanted
            if one["type"] != "ip"
        ]
        fresh = [(name, job) for name, job in every if name not in self._under_way]
        self._under_way.update(name for name, _ in fresh)
        return fresh

    def has_ended(self, name: str) -> None:
        self._under_way.discard(name)

    def end_steps(self) -> None:
        """Once, when the gate has just closed: a step that began before it may add an address."""
        step_lock.end_steps(self._places.kept, GRACE_S)
        self._take_off()

    def _take_off(self) -> None:
        for one in self._wanted:
            if one["type"] == "ip":
                with contextlib.suppress(OperationError, OSError):
                    ip.take_off(ip.address_of(one["spec"]))

    def _end(self, one: Resource, until: float) -> None:
        context = Context(self._group, until, Children())
        name, kind, spec = one["name"], one["type"], one["spec"]
        if kind == "process":
            _end_processes(context, name, spec)
        elif kind == "systemd":
            unit = units.full_name(str(spec["unit"]))
            _end_unit(context, unit, self._slices.get(unit, ""))
        elif kind == "mount":
            _unmount(os.path.normpath(str(spec["path"])), until)
        else:
            module = resources.TYPES[kind]
            getattr(module, "demote", module.stop)(context, name, spec)


def _end_processes(context: Context, name: str, spec: Mapping[str, Any]) -> None:
    wanted = known.wanted_of(spec)
    own = Own(context, name, wanted)
    if wanted.pattern is None and wanted.pid_file is None and wanted.stop:
        with contextlib.suppress(OperationError):  # known only by its commands
            context.run(wanted.stop, environment=wanted.environment, user=wanted.user)
    while context.remaining() > 0.0:
        try:
            own.refuse_strangers()
            pids = own.pids()
        except OperationError:  # the pid file names somebody else: only what we started goes
            pids = set(with_environment(MARK, "{}/{}".format(context.group, name)))
        if not pids:
            return
        ending.kill(pids)
        time.sleep(PAUSE_S)


def _end_unit(context: Context, unit: str, in_slice: str) -> None:
    """The stop job keeps `Restart=` from bringing it back; killing does not wait for its end."""
    with contextlib.suppress(OperationError):
        argv = ["systemctl", "stop", "--no-block", "--", unit]
        context.run(argv, timeout=min(SYSTEMCTL_S, context.remaining()))
    while context.remaining() > 0.0:
        left = units.folders(unit, in_slice)
        if not any(units.members(folder) for folder in left):
            return
        for folder in left:
            units.kill(folder)
        time.sleep(PAUSE_S)


def _unmount(path: str, until: float) -> None:
    """Again and again, while what used it dies, and whoever else keeps it busy.

    At last it is taken out of sight, but never a file system on a disk of ours: it would live on
    unseen, and write. One that does not go is seen as held, and the server is reset.
    """
    began = time.monotonic()
    kill_at = began + (until - began) * KILL_AFTER
    detach_at = began + (until - began) * DETACH_AFTER
    while time.monotonic() < until:
        here = [one for one in mounts.mounted() if one.path == path]
        if not here:
            return
        detach = time.monotonic() >= detach_at and not here[-1].source.startswith("/dev/")
        _libc.umount2(os.fsencode(path), _MNT_DETACH if detach else _MNT_FORCE)
        if time.monotonic() >= kill_at:
            spared = ancestors_of(os.getpid()) | {1}
            ending.kill(set(mounts.holders_of(path)) - spared)
        time.sleep(PAUSE_S)
