"""Mode, owner and group of a path: what is wanted, what differs, and how it is set."""

import grp
import os
import pwd
import re
import stat
from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from remote_helpers.operation import OperationError

_CLAUSE = re.compile(r"([ugoa]*)([-+=])([rwxXst]*)")
_SHIFT = {"u": 6, "g": 3, "o": 0}
_BITS = {"r": 4, "w": 2, "x": 1}


class Attributes(NamedTuple):
    """None: whatever it has."""

    mode: Optional[str]
    uid: Optional[int]
    gid: Optional[int]


def wanted_of(args: Mapping[str, Any]) -> Attributes:
    owner, group = args.get("owner"), args.get("group")
    return Attributes(
        args.get("mode"),
        None if owner is None else _number(str(owner), pwd.getpwnam, "user"),
        None if group is None else _number(str(group), grp.getgrnam, "group"),
    )


def _number(name: str, find: Callable[[str], Any], what: str) -> int:
    try:
        return int(find(name)[2])
    except KeyError:
        if name.isdigit():
            return int(name)
        message = "there is no {} {} on this server".format(what, name)
        raise OperationError("failed", message) from None


def mode_of(wanted: str, current: int, *, is_directory: bool) -> int:
    """Octal as it is written; symbolic (`u=rw,go=r`, `+x`) from the current one."""
    if re.fullmatch(r"[0-7]{1,5}", wanted):
        return int(wanted, 8)
    mode = current
    for clause in wanted.split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None:
            raise OperationError("bad-request", "no mode: {!r}".format(wanted))
        who, operator, letters = found.groups()
        mode = _applied(mode, who or "a", operator, letters, is_directory=is_directory)
    return mode


def _applied(mode: int, who: str, operator: str, letters: str, *, is_directory: bool) -> int:
    classes = "ugo" if "a" in who else who
    bits = 0
    for one in classes:
        for letter in letters:
            if letter in _BITS or (letter == "X" and (is_directory or mode & 0o111)):
                bits |= _BITS.get(letter, 1) << _SHIFT[one]
        if "s" in letters:
            bits |= {"u": stat.S_ISUID, "g": stat.S_ISGID, "o": 0}[one]
    if "t" in letters:
        bits |= stat.S_ISVTX
    if operator == "+":
        return mode | bits
    if operator == "-":
        return mode & ~bits
    for one in classes:
        mode &= ~(7 << _SHIFT[one])
    return mode | bits


def shown(seen: os.stat_result) -> Dict[str, Any]:
    """Under Ansible's names."""
    return {
        "mode": "{:04o}".format(stat.S_IMODE(seen.st_mode)),
        "uid": seen.st_uid,
        "gid": seen.st_gid,
        "owner": _name(pwd.getpwuid, seen.st_uid),
        "group": _name(grp.getgrgid, seen.st_gid),
        "size": seen.st_size,
    }


def _name(find: Callable[[int], Any], number: int) -> str:
    try:
        return str(find(number)[0])
    except KeyError:
        return str(number)


def differences(wanted: Attributes, seen: os.stat_result) -> List[str]:
    """In words, what has to be set on what is there."""
    found = []
    mode = stat.S_IMODE(seen.st_mode)
    is_link = stat.S_ISLNK(seen.st_mode)
    if wanted.mode is not None and not is_link:
        after = mode_of(wanted.mode, mode, is_directory=stat.S_ISDIR(seen.st_mode))
        if after != mode:
            found.append("mode {:04o} becomes {:04o}".format(mode, after))
    if wanted.uid is not None and wanted.uid != seen.st_uid:
        names = [_name(pwd.getpwuid, one) for one in (seen.st_uid, wanted.uid)]
        found.append("owner {} becomes {}".format(*names))
    if wanted.gid is not None and wanted.gid != seen.st_gid:
        names = [_name(grp.getgrgid, one) for one in (seen.st_gid, wanted.gid)]
        found.append("group {} becomes {}".format(*names))
    return found


def set_on(path: str, wanted: Attributes) -> None:
    """Owner first: a change of owner takes set-user bits away."""
    seen = os.lstat(path)
    if wanted.uid is not None or wanted.gid is not None:
        keep = -1
        uid, gid = (keep if one is None else one for one in (wanted.uid, wanted.gid))
        os.chown(path, uid, gid, follow_symlinks=False)
    if wanted.mode is not None and not stat.S_ISLNK(seen.st_mode):
        is_directory = stat.S_ISDIR(seen.st_mode)
        mode = mode_of(wanted.mode, stat.S_IMODE(seen.st_mode), is_directory=is_directory)
        os.chmod(path, mode)
