"""What templates may do with values: filters and tests as Ansible users know them, and bounds.

Plain functions; `sandbox` hands them to Jinja. Not here on purpose: whatever reads files, clocks,
the environment or dice, and whatever makes much of little (`center`, `format`, `indent`, `batch`).
"""

import json
import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Any

from orchestrator.config.problems import did_you_mean
from orchestrator.playbooks.bounded_regex import matching

LARGEST = 1_000_000
"""Characters and items that any value in a template may have."""
LONGEST_RANGE = 10_000
_LARGEST_NUMBER_BITS = 4096


class TooLarge(Exception):
    """A value that would need more memory than templates are given."""


def weight(value: Any, left: int = LARGEST) -> int:
    """Characters and items of a value, counted to `left` and no further."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, Mapping):
        total = 0
        for name, item in value.items():
            total += 1 + weight(name) + weight(item, left - total)
            if total > left:
                raise TooLarge
        return total
    if isinstance(value, list | tuple | set | frozenset):
        total = 0
        for item in value:
            total += 1 + weight(item, left - total)
            if total > left:
                raise TooLarge
        return total
    return 1


def check_operands(operator: str, left: Any, right: Any) -> None:
    """Raises TooLarge for what `left operator right` would make."""
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if operator == "+" and not numbers:
        _check(weight(left) + weight(right))
    elif operator == "*" and not numbers:
        thing, times = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(times, int):
            _check(weight(thing) * max(times, 0))
    elif operator in ("*", "**") and isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        if (
            bits + right.bit_length() if operator == "*" else bits * abs(right)
        ) > _LARGEST_NUMBER_BITS:
            raise TooLarge
    elif operator == "%" and isinstance(left, str):
        raise TypeError("'%' formats no text in playbooks; put values together with '~'")


def bounded(values: Iterable[Any]) -> list[Any]:
    found = list(islice(values, LARGEST + 1))
    _check(len(found))
    return found


def bounded_range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise TooLarge
    return numbers


def hint_for(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, known)


def _check(size: int) -> None:
    if size > LARGEST:
        raise TooLarge


def _bool(value: Any) -> bool:
    """Ansible's: the words for yes are true, all else is false."""
    if isinstance(value, str):
        return value.lower() in {"yes", "on", "1", "true", "t", "y"}
    return value is True or value == 1


def _join(values: Iterable[Any], separator: str = "", attribute: str | None = None) -> str:
    items = bounded(values)
    texts = [str(item[attribute] if attribute is not None else item) for item in items]
    _check(sum(map(len, texts)) + len(separator) * len(texts))
    return separator.join(texts)


def _replace(text: str, old: str, new: str, count: int = -1) -> str:
    found = text.count(old) if count < 0 else min(text.count(old), count)
    _check(len(text) + found * len(new))
    return text.replace(old, new, count)


def _regex_search(text: str, pattern: str, *groups: str, ignorecase: bool = False) -> Any:
    """The match, or those groups of it that are asked for as Ansible does, by backslash 1."""
    found = matching(re.search, pattern, text, re.IGNORECASE if ignorecase else 0)
    if found is None:
        return None
    names = [re.sub(r"\\(?:g<)?(\w+)>?", r"\1", group) for group in groups]
    chosen = [found[int(name) if name.isdigit() else name] for name in names]
    return chosen or found[0]


def _regex_replace(text: str, pattern: str, replacement: str, *, ignorecase: bool = False) -> str:
    pieces, size, end = [], 0, 0
    for found in matching(_all_matches, pattern, text, re.IGNORECASE if ignorecase else 0):
        piece = text[end : found.start()] + found.expand(replacement)
        size += len(piece)
        _check(size)
        pieces.append(piece)
        end = found.end()
    return "".join([*pieces, text[end:]])


def _regex_findall(text: str, pattern: str, *, ignorecase: bool = False) -> list[Any]:
    return matching(re.findall, pattern, text, re.IGNORECASE if ignorecase else 0)


def _all_matches(pattern: str, text: str, flags: int) -> list[re.Match[str]]:
    return bounded(re.finditer(pattern, text, flags))


def _combine(*mappings: Mapping[str, Any]) -> dict[str, Any]:
    """The later ones win; what is inside of values is not mixed."""
    combined: dict[str, Any] = {}
    for mapping in mappings:
        if not isinstance(mapping, Mapping):
            raise TypeError("combine takes mappings")
        combined.update(mapping)
    return combined


def _ternary(value: Any, if_true: Any, if_false: Any, if_none: Any = None) -> Any:
    if value is None and if_none is not None:
        return if_none
    return if_true if value else if_false


def _map(values: Iterable[Any], *, attribute: str, default: Any = None) -> list[Any]:
    """Only `map(attribute='name')`: filters by name would multiply work unseen."""
    return [
        item.get(attribute, default) if isinstance(item, Mapping) else default
        for item in bounded(values)
    ]


def _to_json(value: Any) -> str:
    weight(value)
    return json.dumps(value)


def _dict2items(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": item} for key, item in value.items()]


def _items2dict(value: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {str(item["key"]): item["value"] for item in value}


FILTERS: Mapping[str, Callable[..., Any]] = {
    "basename": posixpath.basename,
    "bool": _bool,
    "combine": _combine,
    "dict2items": _dict2items,
    "difference": lambda one, other: [item for item in one if item not in other],
    "dirname": posixpath.dirname,
    "from_json": json.loads,
    "intersect": lambda one, other: [item for item in one if item in other],
    "items2dict": _items2dict,
    "join": _join,
    "map": _map,
    "quote": lambda value: shlex.quote(str(value)),
    "regex_findall": _regex_findall,
    "regex_replace": _regex_replace,
    "regex_search": _regex_search,
    "replace": _replace,
    "split": lambda text, separator=None: text.split(separator),
    "ternary": _ternary,
    "to_json": _to_json,
}
JINJA_FILTERS = (
    *("abs", "capitalize", "count", "d", "default", "first", "float", "int", "last", "length"),
    *("list", "lower", "max", "min", "reject", "rejectattr", "reverse", "round", "select"),
    *("selectattr", "sort", "string", "sum", "title", "trim", "unique", "upper"),
)


def _asks(word: str) -> Callable[[Any], bool]:
    def test(result: Any) -> bool:
        needed = "failed" if word == "succeeded" else word
        if not isinstance(result, Mapping) or needed not in result:
            raise TypeError(f"'is {word}' asks about a registered result")
        if word == "succeeded":
            return not result["failed"] and not result.get("unreachable", False)
        return bool(result.get(word, False))

    return test


TESTS: Mapping[str, Callable[..., bool]] = {
    "changed": _asks("changed"),
    "failed": _asks("failed"),
    "match": lambda text, pattern: matching(re.match, pattern, text) is not None,
    "search": lambda text, pattern: matching(re.search, pattern, text) is not None,
    "skipped": _asks("skipped"),
    "succeeded": _asks("succeeded"),
    "success": _asks("succeeded"),
    "unreachable": _asks("unreachable"),
}
JINJA_TESTS = (
    *("==", "!=", ">", ">=", "<", "<=", "eq", "equalto", "ne", "gt", "ge", "lt", "le", "in"),
    *("boolean", "defined", "divisibleby", "even", "false", "float", "integer", "iterable"),
    *("lower", "mapping", "none", "number", "odd", "sameas", "sequence", "string", "true"),
    *("undefined", "upper"),
)


def is_unreachable(context: Mapping[str, Any], subject: Any) -> bool:
    """The test `unreachable`, of a registered result or of a server by its name."""
    if not isinstance(subject, str):
        return TESTS["unreachable"](subject)
    if subject not in context.get("hostvars", {}):
        raise TypeError(f"'is unreachable': {subject!r} is no server of the group")
    return subject in context.get("lost_servers", {})
