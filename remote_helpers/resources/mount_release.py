"""Unmounts, and frees a mount point of those that hold it as far as the group's policy goes."""

from typing import Dict, List

from remote_helpers.operation import Context, OperationError
from remote_helpers.resources import ending
from remote_helpers.resources.mounts import holders_of, mounted
from remote_helpers.resources.waiting import REPORT_IN_S, shown

BUSY_FOR_S = 5.0
"""How long an unmount is repeated while it is busy: what was just stopped may still be closing."""
TERMINATE_AFTER_S = 1.0
KILL_AFTER_S = 3.0
POLICIES = ("wait", "terminate", "kill")


def unmount(context: Context, path: str, policy: str) -> str:
    """Whom it had to end for it, in words; empty: nobody. Raises with who still holds it."""
    before = _count(path)
    began = context.remaining()
    pause = 0.05
    ended: Dict[int, str] = {}
    while True:
        done = context.run(["umount", "--", path], timeout=_limit(context))
        if _count(path) < before:
            return ", ".join("{} {}".format(pid, ended[pid]) for pid in sorted(ended))
        spent = began - context.remaining()
        if spent > BUSY_FOR_S or context.remaining() <= REPORT_IN_S + pause:
            break
        ended.update(_free(path, policy, spent))
        context.sleep(pause)
        pause = min(pause * 2, 1.0)
    said = "did not end" if done.timed_out else shown(done.stderr) or str(done.rc)
    holders = holders_of(path)
    nested = [one.path for one in mounted() if one.path.startswith(path.rstrip("/") + "/")]
    held = ["{} {}".format(pid, holders[pid]) for pid in sorted(holders)]
    held += ["mounted below it: " + one for one in nested]
    message = "cannot unmount {}: {}; held by {}".format(
        path, said, _first(held) or "nobody that /proc shows (exported? loop? swap?)"
    )
    raise OperationError("failed", message, {"holders": sorted(holders), "nested": nested})


def _free(path: str, policy: str, spent: float) -> Dict[int, str]:
    """What was just stopped is given a second to close its files by itself."""
    if policy == "wait" or spent < TERMINATE_AFTER_S:
        return {}
    holders = holders_of(path)
    if policy == "kill" and spent >= KILL_AFTER_S:
        ending.kill(set(holders))
    else:
        ending.terminate(set(holders))
    return holders


def _first(held: List[str]) -> str:
    return ", ".join(held[:10])


def _count(path: str) -> int:
    return sum(1 for one in mounted() if one.path == path)


def _limit(context: Context) -> float:
    return max(context.remaining() - REPORT_IN_S, 0.0)
