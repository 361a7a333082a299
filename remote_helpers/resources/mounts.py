"""What is mounted where, read from the kernel; and who keeps it busy. No program, no file system.

Only links in /proc are read, never what they point at: a file system that hangs must not hang
whoever asks about it.
"""

import contextlib
import os
import re
from typing import Dict, FrozenSet, List, NamedTuple


class Mounted(NamedTuple):
    path: str
    source: str
    fstype: str
    device_number: str
    """MAJOR:MINOR of the block device; 0:N where there is none."""
    root: str
    """What of the file system is mounted here; `/` unless it is a bind mount or a subvolume."""
    options: FrozenSet[str]
    """Of the mount and of the file system: either can be read-only."""


def mounted() -> List[Mounted]:
    """In the order of mounting: of two on one path, the later covers the earlier."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return [_parse(line) for line in file]


def _parse(line: str) -> Mounted:
    head, _, tail = line.rstrip("\n").partition(" - ")  # proc(5): optional fields end with a dash
    fields = head.split(" ")
    fstype, source, super_options = [*tail.split(" ", 2), "", ""][:3]
    return Mounted(
        path=_plain(fields[4]),
        source=_plain(source),
        fstype=fstype,
        device_number=fields[2],
        root=_plain(fields[3]),
        options=frozenset(fields[5].split(",")) | frozenset(super_options.split(",")),
    )


def _plain(text: str) -> str:
    """Blanks and the like stand as a backslash and their octal number."""
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found.group(1), 8)), text)


def holders_of(path: str) -> Dict[int, str]:
    """Process id -> 'name (what it holds)' of those that keep a mounted path busy."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        held = _held(entry, path)
        if held:
            found[int(entry)] = "{} ({})".format(_name(entry), held)
    return found


def _held(pid: str, path: str) -> str:
    places = [(what, "/proc/{}/{}".format(pid, what)) for what in ("cwd", "root", "exe")]
    directory = "/proc/{}/fd".format(pid)
    with contextlib.suppress(OSError):  # it ended
        places += [("", os.path.join(directory, number)) for number in os.listdir(directory)]
    for what, place in places:
        try:
            target = os.readlink(place)
        except OSError:
            continue
        if target == path or target.startswith(path.rstrip("/") + "/"):
            return what or target
    return _mapped(pid, path)


def _mapped(pid: str, path: str) -> str:
    prefix = path.rstrip("/") + "/"
    try:
        with open("/proc/{}/maps".format(pid), errors="replace") as file:
            rows = [line.rstrip("\n").split(None, 5) for line in file]
    except OSError:
        return ""  # it ended
    return next((row[5] for row in rows if len(row) == 6 and row[5].startswith(prefix)), "")


def _name(pid: str) -> str:
    try:
        with open("/proc/{}/comm".format(pid), errors="replace") as file:
            return file.read().strip()
    except OSError:
        return "?"
