"""Which processes a process resource is known by: its pattern or its pid file."""

import os
import pwd
import re
from typing import Any, List, Mapping, NamedTuple, Optional, Pattern, Set

from remote_helpers.operation import OperationError
from remote_helpers.resources.processes import (
    ancestors_of,
    descends_from,
    kin_of,
    running,
    users_of,
)


class Wanted(NamedTuple):
    start: str
    pattern: Optional[Pattern[str]]
    pid_file: Optional[str]
    check: Optional[str]
    count_min: int
    count_max: Optional[int]
    stop: Optional[str]
    user: Optional[str]
    directory: Optional[str]
    environment: Mapping[str, str]


def wanted_of(spec: Mapping[str, Any]) -> Wanted:
    pattern, pid_file, shell = spec.get("pattern"), spec.get("pid_file"), spec.get("check")
    if not spec.get("start") or not (pattern or pid_file or shell):
        message = "a process resource needs start, and pattern, pid_file or check"
        raise OperationError("bad-request", message)
    try:
        compiled = re.compile(str(pattern)) if pattern else None
    except re.error as error:
        message = "pattern {!r} is no regular expression: {}".format(pattern, error)
        raise OperationError("bad-request", message) from error
    most = spec.get("count_max")
    return Wanted(
        start=str(spec["start"]),
        pattern=compiled,
        pid_file=str(pid_file) if pid_file else None,
        check=str(shell) if shell else None,
        count_min=int(spec.get("count_min") or 1),
        count_max=None if most is None else int(most),
        stop=spec.get("stop") or None,
        user=spec.get("user") or None,
        directory=spec.get("directory") or None,
        environment=dict(spec.get("environment") or {}),
    )


def known(wanted: Wanted) -> List[int]:
    """Process ids by pattern, or by pid file where there is no pattern.

    With both, the pid file must name one of those that match: a number alone may have gone to a
    stranger since.
    """
    if wanted.pattern is not None:
        return _matching(wanted.pattern, shells_of(wanted), wanted.user)
    if wanted.pid_file is not None:
        pid = pid_in(wanted.pid_file)
        kin = kin_of(pid) if pid > 1 else None
        return [pid] if kin is not None and not kin.ended else []
    return []


def _matching(pattern: Pattern[str], shells: List[List[str]], user: Optional[str]) -> List[int]:
    """Without us, whoever called us, our children, and the shells that run our own commands."""
    callers: Optional[Set[int]] = None
    uid = None if user is None else _uid(user)
    found = []
    for one in running():
        if not pattern.search(one.line) or one.arguments in shells:
            continue
        if callers is None:
            callers = ancestors_of(os.getpid())
        if one.pid in callers or descends_from(one.pid, os.getpid()):
            continue
        if uid is not None and uid not in users_of(one.pid):
            continue  # an editor or a pager of somebody else that shows one of its files
        found.append(one.pid)
    return sorted(found)


def shells_of(wanted: Wanted) -> List[List[str]]:
    commands = (wanted.start, wanted.stop, wanted.check)
    return [["/bin/sh", "-c", command] for command in commands if command]


def pid_in(path: str) -> int:
    """0: there is no such file, or no number in it. One that cannot be read says nothing."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            words = file.read(64).split()
    except (FileNotFoundError, NotADirectoryError):
        return 0
    except OSError as problem:
        raise OperationError("failed", "cannot read {}: {}".format(path, problem)) from problem
    return int(words[0]) if words and words[0].isdigit() else 0


def _uid(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise OperationError("failed", "there is no user {} on this server".format(user)) from None
