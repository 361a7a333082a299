"""Versions compared as Ansible's test `version` does: part by part, or by the rules of semver."""

import operator
import re
from collections.abc import Callable, Mapping
from typing import Any

_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    **dict.fromkeys(("==", "=", "eq"), operator.eq),
    **dict.fromkeys(("!=", "<>", "ne"), operator.ne),
    **dict.fromkeys(("<", "lt"), operator.lt),
    **dict.fromkeys(("<=", "le"), operator.le),
    **dict.fromkeys((">", "gt"), operator.gt),
    **dict.fromkeys((">=", "ge"), operator.ge),
}
_PART = re.compile(r"\d+|[a-z]+", re.IGNORECASE)
_SEMVER = re.compile(r"(\d+)\.(\d+)\.(\d+)(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")


def is_version(
    value: Any,
    version: Any,
    operator: str = "eq",
    strict: bool | None = None,
    version_type: str | None = None,
) -> bool:
    """Raises ValueError for what cannot be compared."""
    if operator not in _OPERATORS:
        raise ValueError(f"'version' compares by {', '.join(_OPERATORS)}, not by {operator!r}")
    kind = version_type or ("strict" if strict else "loose")
    if kind not in _KEYS:
        raise ValueError(f"'version_type' is one of {', '.join(_KEYS)}")
    key = _KEYS[kind]
    try:
        return _OPERATORS[operator](key(str(value)), key(str(version)))
    except TypeError:
        raise ValueError(f"{value} and {version} cannot be compared part by part") from None


def _loose(text: str) -> list[int | str]:
    return [int(part) if part.isdigit() else part for part in _PART.findall(text)]


def _strict(text: str) -> list[int | str]:
    if re.fullmatch(r"\d+(\.\d+){1,2}([ab]\d+)?", text) is None:
        raise ValueError(f"{text!r} is no version like 1.2, 1.2.3 or 1.2b1")
    numbers, _, pre = re.sub("([ab])", r"-\1", text).partition("-")
    padded = [*map(int, numbers.split(".")), 0][:3]
    return [*padded, pre or "z"]


def _semver(text: str) -> tuple[Any, ...]:
    """Before a release come its candidates; numbers in their names count as numbers."""
    found = _SEMVER.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no semantic version")
    numbers = tuple(int(found[number]) for number in (1, 2, 3))
    if found[4] is None:
        return (*numbers, 1, ())
    parts = found[4].split(".")
    named = tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in parts)
    return (*numbers, 0, named)


_KEYS: Mapping[str, Callable[[str], Any]] = {
    "loose": _loose,
    "strict": _strict,
    "semver": _semver,
    "semantic": _semver,
    "pep440": _loose,
}
