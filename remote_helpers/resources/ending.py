"""Which processes go down with those that a resource is known by, and how they are ended."""

import contextlib
import os
import signal
from typing import Callable, Dict, List, Set

from remote_helpers.operation import Context
from remote_helpers.resources.processes import (
    Kin,
    all_kin,
    ancestors_of,
    families_of,
    kin_of,
    running,
)


def belonging(known: Set[int], marked: Set[int], shells: List[List[str]]) -> Set[int]:
    """The known and the marked, their descendants, and the sessions that they lead.

    A session whose leader is none of them stays: a service started by hand shares that of the
    login shell, and with it whatever else the person has running there.
    """
    if not known and not marked:
        return set()
    everybody = all_kin()
    found = families_of(known | marked, everybody)
    leaders = {one for one in found if _leads(one, everybody)}
    leaders |= _leading_shells(found, everybody, shells)
    found |= {one.pid for one in everybody.values() if one.session in leaders}
    found = families_of(found, everybody)
    ours = ancestors_of(os.getpid())
    return {
        pid
        for pid in found
        if pid in everybody and not everybody[pid].ended and pid > 1 and pid not in ours
    }


def _leads(pid: int, everybody: Dict[int, Kin]) -> bool:
    kin = everybody.get(pid)
    return kin is not None and kin.session == pid


def _leading_shells(
    found: Set[int], everybody: Dict[int, Kin], shells: List[List[str]]
) -> Set[int]:
    """The start command's own shell, which waits for what it started."""
    sessions = {everybody[pid].session for pid in found if pid in everybody}
    return {one.pid for one in running() if one.pid in sessions and one.arguments in shells}


def terminate(pids: Set[int]) -> None:
    _signal(pids, signal.SIGTERM)
    _signal(pids, signal.SIGCONT)  # a stopped process does not see SIGTERM


def kill(pids: Set[int]) -> None:
    _signal(pids, signal.SIGKILL)


def _signal(pids: Set[int], number: int) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):  # it went by itself
            os.kill(pid, number)


def wait_for_end(context: Context, left: Callable[[], Set[int]], report_in_s: float) -> Set[int]:
    """Who is still there shortly before the deadline."""
    pause = 0.005
    while True:
        pids = left()
        if not pids or context.remaining() <= report_in_s + pause:
            return pids
        kill(pids)  # one may have been born while the others died
        context.sleep(pause)
        pause = min(pause * 2, 0.1)


def described(pids: Set[int]) -> str:
    """With their states: D waits in the kernel, usually for a disk, and takes no signal."""
    words = []
    for pid in sorted(pids)[:10]:
        kin = kin_of(pid)
        words.append("{} (state {})".format(pid, kin.state if kin else "gone"))
    return ", ".join(words)
