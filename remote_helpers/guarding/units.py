"""systemd's units without systemctl: what its files in /run and the cgroups tell, and killing.

A disk that hangs, or a system bus that does, keeps none of this waiting.
"""

import contextlib
import os
import signal
from typing import List

_STATES = "/run/systemd/units"
_ROOTS = ("/sys/fs/cgroup", "/sys/fs/cgroup/systemd", "/sys/fs/cgroup/unified")


def full_name(unit: str) -> str:
    return unit if "." in unit else unit + ".service"


def can_be_seen() -> bool:
    """Systemd 240 and later keeps a link for each unit that is neither inactive nor failed."""
    try:
        return any(name.startswith("invocation:") for name in os.listdir(_STATES))
    except OSError:
        return False


def is_active(unit: str) -> bool:
    """Also while it starts or stops, and while any process of it is left."""
    return os.path.lexists(os.path.join(_STATES, "invocation:" + unit))


def folders(unit: str, in_slice: str) -> List[str]:
    """Where the unit's processes are: one folder, or one a hierarchy of the older kind."""
    parents = _nested(in_slice or "system.slice")
    places = [os.path.join(root, parents, unit) for root in _ROOTS]
    return [place for place in places if os.path.isdir(place)]


def _nested(in_slice: str) -> str:
    """`a-b.slice` lies in `a.slice`: systemd.slice(5)."""
    if in_slice in ("-.slice", ""):
        return ""
    words = in_slice[: -len(".slice")].split("-")
    return os.path.join(*["-".join(words[: at + 1]) + ".slice" for at in range(len(words))])


def kill(folder: str) -> None:
    """Everything in it, in one step where the kernel can (5.14)."""
    try:
        with open(os.path.join(folder, "cgroup.kill"), "w") as file:
            file.write("1")
    except OSError:
        for pid in members(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def members(folder: str) -> List[int]:
    found = []
    for place, _, _ in os.walk(folder):
        with contextlib.suppress(OSError), open(os.path.join(place, "cgroup.procs")) as file:
            found += [int(line) for line in file]
    return found
