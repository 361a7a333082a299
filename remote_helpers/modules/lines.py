"""A text with a line or a block in it, or without: pure, from the old text to the new one."""

import re
from typing import Any, Callable, Dict, List, Mapping, Optional, Pattern, Tuple

from remote_helpers.operation import OperationError

How = Mapping[str, Any]


def edited(text: str, how: How) -> Tuple[str, str]:
    """The new text, and in words what became of it."""
    lines = re.findall(r"[^\n]*\n|[^\n]+", text)
    functions: Dict[Tuple[str, str], Callable[[List[str], How], str]] = {
        ("line", "present"): _line_present,
        ("line", "absent"): _line_absent,
        ("block", "present"): _block_present,
        ("block", "absent"): _block_absent,
    }
    said = functions[how["edit"], how["state"]](lines, how)
    return "".join(lines), said


def _line_present(lines: List[str], how: How) -> str:
    pattern, line = _compiled(how.get("regexp")), str(how["line"])
    matching = [n for n, one in enumerate(lines) if _matches(pattern, how, one)]
    if matching:
        at = matching[-1]  # as in Ansible the last one counts
        if how.get("backrefs") and pattern is not None:
            found = pattern.search(_bare(lines[at]))
            line = found.expand(line) if found is not None else line
        if _bare(lines[at]) == line:
            return ""
        lines[at] = line + (_end_of(lines[at]) or "\n")
        return "line replaced"
    if how.get("backrefs"):
        return ""  # there is nothing to refer to
    if any(_bare(one) == line for one in lines):
        return ""
    _insert(lines, _place(lines, how), line + "\n")
    return "line added"


def _line_absent(lines: List[str], how: How) -> str:
    pattern = _compiled(how.get("regexp"))
    line = how.get("line")
    kept = [
        one
        for one in lines
        if not (
            _matches(pattern, how, one)
            or (pattern is None and not how.get("search_string") and _bare(one) == line)
        )
    ]
    count = len(lines) - len(kept)
    lines[:] = kept
    return "{} line(s) removed".format(count) if count else ""


def _block_present(lines: List[str], how: How) -> str:
    begin, end = how["begin"], how["end"]
    body = str(how["block"])
    if not body:
        return _block_absent(lines, how)
    block = [begin + "\n", *(one + "\n" for one in body.splitlines()), end + "\n"]
    found = _block_in(lines, begin, end)
    if found is None:
        at = _place(lines, how)
        for number, one in enumerate(block):
            _insert(lines, at + number, one)
        return "Block inserted"
    first, last = found
    if lines[first : last + 1] == block:
        return ""
    lines[first : last + 1] = block
    return "Block updated"


def _block_absent(lines: List[str], how: How) -> str:
    found = _block_in(lines, how["begin"], how["end"])
    if found is None:
        return ""
    del lines[found[0] : found[1] + 1]
    return "Block removed"


def _block_in(lines: List[str], begin: str, end: str) -> Optional[Tuple[int, int]]:
    bare = [_bare(one) for one in lines]
    if begin not in bare:
        return None
    first = bare.index(begin)
    if end not in bare[first:]:
        raise OperationError("failed", "the block's begin is there, its end is not: " + end)
    return first, bare.index(end, first)


def _place(lines: List[str], how: How) -> int:
    """Behind the last line that `insertafter` fits, before the one that `insertbefore` fits."""
    before, after = how.get("insertbefore"), how.get("insertafter")
    if before == "BOF":
        return 0
    if before is None and after in (None, "EOF"):
        return len(lines)
    pattern = _compiled(before if before is not None else after)
    assert pattern is not None  # noqa: S101 - one of both is there
    fitting = [n for n, one in enumerate(lines) if pattern.search(_bare(one))]
    if not fitting:
        return len(lines)
    at = fitting[0] if how.get("firstmatch") else fitting[-1]
    return at if before is not None else at + 1


def _insert(lines: List[str], at: int, line: str) -> None:
    """The last line of a file may lack its end."""
    if at == len(lines) and lines and not _end_of(lines[-1]):
        lines[-1] += "\n"
    lines.insert(at, line)


def _matches(pattern: Optional[Pattern[str]], how: How, line: str) -> bool:
    wanted = how.get("search_string")
    if wanted:
        return wanted in line
    return pattern is not None and pattern.search(_bare(line)) is not None


def _compiled(pattern: Optional[str]) -> Optional[Pattern[str]]:
    if pattern is None:
        return None
    try:
        return re.compile(pattern)
    except re.error as problem:
        message = "{!r} is no regular expression: {}".format(pattern, problem)
        raise OperationError("failed", message) from problem


def _bare(line: str) -> str:
    return line.rstrip("\r\n")


def _end_of(line: str) -> str:
    return line[len(_bare(line)) :]
