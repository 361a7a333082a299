"""Which processes there are, as the kernel tells; who belongs to whom.

From /proc, which costs a quarter of what psutil takes for the same list and is read once a second;
psutil gives it where there is no such /proc. Command lines are read of all processes, everything
else only of those that a caller asks for.
"""

import os
import threading
import time
from typing import Dict, FrozenSet, Iterable, List, NamedTuple, Optional, Set, Tuple

try:
    import psutil
except ImportError:  # most servers do not have it
    HAS_PSUTIL = False
else:
    HAS_PSUTIL = True


class Process(NamedTuple):
    pid: int
    arguments: List[str]

    @property
    def line(self) -> str:
        return " ".join(self.arguments)


class Kin(NamedTuple):
    """Where a process stands among the others, and since when."""

    pid: int
    parent: int
    session: int
    state: str
    began: int
    """In ticks since boot: with the pid it names one process for good, though pids come again."""

    @property
    def ended(self) -> bool:
        return self.state in ("Z", "X")


RECENT_S = 0.02
"""For so long one reading serves all who ask: a poll checks every process resource at once."""

_lock = threading.Lock()
_recent: Tuple[float, List[Process]] = (float("-inf"), [])
_variables: Dict[Tuple[int, str], Tuple[str, str]] = {}
"""(pid, variable) -> command line then, value; another command line is another program."""


def running() -> List[Process]:
    """Without zombies and kernel threads: they have no command line."""
    global _recent  # noqa: PLW0603 - the helper's own, one per process
    with _lock:
        if time.monotonic() - _recent[0] > RECENT_S:
            began = time.monotonic()
            _recent = (began, _read_all())
        return _recent[1]


def _read_all() -> List[Process]:
    if HAS_PSUTIL and not os.path.exists("/proc/self/cmdline"):
        return running_of_psutil()
    return running_of_proc()


def running_of_proc() -> List[Process]:
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        arguments = _arguments(_read(entry, "cmdline"))
        if arguments:
            found.append(Process(int(entry), arguments))
    return found


def running_of_psutil() -> List[Process]:
    found = []
    for pid in psutil.pids():
        try:
            arguments = psutil.Process(pid).cmdline()
        except psutil.Error:
            continue  # it ended, or it is a zombie
        if any(arguments):
            found.append(Process(pid, arguments))
    return found


def _arguments(raw: bytes) -> List[str]:
    """As psutil splits them: a program that writes over its own arguments leaves blanks there."""
    text = os.fsdecode(raw)
    if not text:
        return []
    if not text.endswith("\0"):
        return text.split(" ")
    arguments = text[:-1].split("\0")
    if len(arguments) == 1 and " " in arguments[0]:
        return arguments[0].split(" ")
    return arguments


def kin_of(pid: int) -> Optional[Kin]:
    """None: there is no such process."""
    raw = _read(str(pid), "stat")
    if not raw:
        return None
    # The name in parentheses may hold blanks and parentheses: proc(5).
    fields = raw[raw.rindex(b")") + 2 :].split()
    return Kin(
        pid, int(fields[1]), int(fields[3]), fields[0].decode("ascii", "replace"), int(fields[19])
    )


def all_kin() -> Dict[int, Kin]:
    every = (kin_of(int(entry)) for entry in os.listdir("/proc") if entry.isdigit())
    return {one.pid: one for one in every if one is not None}


def users_of(pid: int) -> FrozenSet[int]:
    """Real and effective user id; empty when the process is gone."""
    for line in _read(str(pid), "status").splitlines():
        if line.startswith(b"Uid:"):
            return frozenset(int(number) for number in line.split()[1:3])
    return frozenset()


def descends_from(pid: int, ancestor: int) -> bool:
    seen: Set[int] = set()
    while pid > 1 and pid not in seen:
        if pid == ancestor:
            return True
        seen.add(pid)
        kin = kin_of(pid)
        if kin is None:
            return False
        pid = kin.parent
    return pid == ancestor


def ancestors_of(pid: int) -> Set[int]:
    """The process itself included."""
    found: Set[int] = set()
    while pid > 0 and pid not in found:
        found.add(pid)
        kin = kin_of(pid)
        if kin is None:
            break
        pid = kin.parent
    return found


def with_environment(variable: str, value: str) -> List[int]:
    """Processes that were started with this variable, they and what they started."""
    wanted = os.fsencode("{}={}".format(variable, value))
    return [
        int(entry)
        for entry in os.listdir("/proc")
        if entry.isdigit() and wanted in _read(entry, "environ").split(b"\0")
    ]


def marked(variable: str, value: str) -> List[int]:
    """As `with_environment`, for a look once a second: an environment is read once a program."""
    global _variables  # noqa: PLW0603 - the helper's own, one per process
    everybody = running()
    with _lock:
        known: Dict[Tuple[int, str], Tuple[str, str]] = {}
        for one in everybody:
            key = (one.pid, variable)
            found = _variables.get(key)
            if found is None or found[0] != one.line:
                environment = _read(str(one.pid), "environ")
                if not environment:
                    continue  # it ended, or is about to become another program
                found = (one.line, _variable_in(environment, variable))
            known[key] = found
        _variables = known
    candidates = [pid for (pid, _), (_, its) in known.items() if its == value]
    return [pid for pid in candidates if not _has_ended(pid)]


def _has_ended(pid: int) -> bool:
    """The list of processes may be older than its end."""
    kin = kin_of(pid)
    return kin is None or kin.ended


def _variable_in(environment: bytes, variable: str) -> str:
    prefix = os.fsencode(variable + "=")
    for part in environment.split(b"\0"):
        if part.startswith(prefix):
            return os.fsdecode(part[len(prefix) :])
    return ""


def families_of(pids: Iterable[int], everybody: Dict[int, Kin]) -> Set[int]:
    """Those processes and all that descend from them."""
    children: Dict[int, List[int]] = {}
    for kin in everybody.values():
        children.setdefault(kin.parent, []).append(kin.pid)
    found: Set[int] = set()
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _read(pid: str, name: str) -> bytes:
    """Empty where it ended meanwhile, or is not ours to read."""
    try:
        descriptor = os.open("/proc/{}/{}".format(pid, name), os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return b""
    parts = []
    try:
        while True:  # a file object would cost as much as all of this
            part = os.read(descriptor, 16384)
            parts.append(part)
            if not part:
                return b"".join(parts)
    except OSError:
        return b""
    finally:
        os.close(descriptor)
