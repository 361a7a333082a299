"""Filters of playbooks that work on texts; `filters` has the table of them."""

import base64
import hashlib
import posixpath
import re
import shlex
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from orchestrator.playbooks.bounded_regex import matching
from orchestrator.playbooks.bounds import bounded, check

_WIDEST = 1000
_FORMAT = re.compile(r"%(?:\(\w+\))?[-+ #0]*(\*|\d*)(?:\.(\*|\d*))?")
_UNITS = ("", "K", "M", "G", "T", "P", "E", "Z", "Y")
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([KMGTPEZY]?)(?:[bB]|)\s*", re.IGNORECASE)


def join(values: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    items = bounded(values)
    texts = [str(item[attribute] if attribute is not None else item) for item in items]
    check(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    found = text.count(old) if count < 0 else min(text.count(old), count)
    check(len(text) + found * len(new))
    return text.replace(old, new, count)


def _flags(*, ignorecase: bool, multiline: bool) -> int:
    return (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)


def _regex_search(
    text: str, pattern: str, *groups: str, ignorecase: bool = False, multiline: bool = False
) -> Any:
    """The match, or those groups of it that are asked for as Ansible does, by backslash 1."""
    flags = _flags(ignorecase=ignorecase, multiline=multiline)
    found = matching(re.search, pattern, text, flags)
    if found is None:
        return None
    names = [re.sub(r"\\(?:g<)?(\w+)>?", r"\1", group) for group in groups]
    chosen = [found[int(name) if name.isdigit() else name] for name in names]
    return chosen or found[0]


def _regex_replace(
    text: str,
    pattern: str,
    replacement: str = "",
    *,
    ignorecase: bool = False,
    multiline: bool = False,
) -> str:
    pieces, size, end = [], 0, 0
    flags = _flags(ignorecase=ignorecase, multiline=multiline)
    for found in matching(_all_matches, pattern, str(text), flags):
        piece = text[end : found.start()] + found.expand(replacement)
        size += len(piece)
        check(size)
        pieces.append(piece)
        end = found.end()
    return "".join([*pieces, text[end:]])


def _regex_findall(
    text: str, pattern: str, *, ignorecase: bool = False, multiline: bool = False
) -> list[Any]:
    flags = _flags(ignorecase=ignorecase, multiline=multiline)
    return matching(re.findall, pattern, text, flags)


def _all_matches(pattern: str, text: str, flags: int) -> list[re.Match[str]]:
    return bounded(re.finditer(pattern, text, flags))


def _format(text: str, *values: Any, **named: Any) -> str:
    """Old style, as Jinja's; a width that is a number may be a thousand."""
    widths = [width for found in _FORMAT.finditer(text) for width in found.groups() if width]
    if any(width == "*" or int(width) > _WIDEST for width in widths):
        raise ValueError(f"a width in a format is a number, at most {_WIDEST}")
    return text % (named or values)


def _center(text: str, width: int = 80) -> str:
    check(width)
    return text.center(width)


def _indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    check(width if isinstance(width, int) else len(width))
    space = " " * width if isinstance(width, int) else width
    check(len(text) + len(space) * (text.count("\n") + 1))
    lines = [
        space + line if (line or blank) and (number or first) else line
        for number, line in enumerate(text.split("\n"))
    ]
    return "\n".join(lines)


def _comment(text: str) -> str:
    lines = ["", *text.splitlines(), ""]
    check(len(text) + 2 * len(lines))
    return "\n".join(f"# {line}" if line else "#" for line in lines)


def _hash(text: str, algorithm: str = "sha1") -> str:
    if algorithm not in hashlib.algorithms_guaranteed or algorithm.startswith("shake"):
        raise ValueError(f"there is no hash {algorithm!r}")
    return hashlib.new(algorithm, str(text).encode(), usedforsecurity=False).hexdigest()


def _urlsplit(url: str, part: str = "") -> Any:
    found = urllib.parse.urlsplit(url)
    names = (*found._fields, "hostname", "port", "username", "password")
    parts = {name: getattr(found, name) for name in names}
    if part and part not in parts:
        raise ValueError(f"urlsplit knows {', '.join(sorted(parts))}, not {part!r}")
    return parts[part] if part else parts


def _human_readable(size: float, isbits: bool = False, unit: str | None = None) -> str:
    factor, value = 0, float(size)
    while factor + 1 < len(_UNITS) and (
        value >= 1024 if unit is None else _UNITS[factor] != unit.upper()[:1]
    ):
        value /= 1024
        factor += 1
    name = "bits" if isbits else "Bytes"
    short = "b" if isbits else "B"
    return f"{value:.2f} {_UNITS[factor]}{short if factor else name}"


def _human_to_bytes(text: str | int) -> int:
    found = _SIZE.fullmatch(str(text))
    if found is None:
        raise ValueError(f"{text!r} is no size: write like 10, 10K, 1.5 MB")
    return round(float(found[1]) * float(1024 ** _UNITS.index(found[2].upper())))


def _path_join(parts: Sequence[str] | str) -> str:
    return parts if isinstance(parts, str) else posixpath.join(*parts)


TEXT_FILTERS: Mapping[str, Callable[..., Any]] = {
    "b64decode": lambda text: base64.b64decode(str(text)).decode(),
    "b64encode": lambda text: base64.b64encode(str(text).encode()).decode(),
    "basename": posixpath.basename,
    "center": _center,
    "checksum": _hash,
    "comment": _comment,
    "dirname": posixpath.dirname,
    "format": _format,
    "hash": _hash,
    "human_readable": _human_readable,
    "human_to_bytes": _human_to_bytes,
    "indent": _indent,
    "join": join,
    "md5": lambda text: _hash(text, "md5"),
    "normpath": posixpath.normpath,
    "path_join": _path_join,
    "quote": lambda value: shlex.quote(str(value)),
    "regex_escape": re.escape,
    "regex_findall": _regex_findall,
    "regex_replace": _regex_replace,
    "regex_search": _regex_search,
    "relpath": lambda path, start: posixpath.relpath(
        posixpath.join("/", path), posixpath.join("/", start)
    ),
    "replace": _replace,
    "sha1": _hash,
    "split": lambda text, separator=None, maxsplit=-1: text.split(separator, maxsplit),
    "splitext": lambda path: list(posixpath.splitext(path)),
    "urldecode": urllib.parse.unquote_plus,
    "urlsplit": _urlsplit,
}
