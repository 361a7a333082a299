"""Tests of playbooks (`is ...`) that Jinja has not; called by `sandbox`."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.playbooks.bounded_regex import matching
from orchestrator.playbooks.data_filters import DATA_FILTERS
from orchestrator.playbooks.versions import is_version


def _asks(word: str) -> Callable[[Any], bool]:
    def test(result: Any) -> bool:
        needed = "failed" if word == "succeeded" else word
        if not isinstance(result, Mapping) or needed not in result:
            raise TypeError(f"'is {word}' asks about a registered result")
        if word == "succeeded":
            return not result["failed"] and not result.get("unreachable", False)
        return bool(result.get(word, False))

    return test


def _matching(action: Callable[..., Any]) -> Callable[..., bool]:
    def test(
        text: str,
        pattern: str,
        ignorecase: bool = False,
        multiline: bool = False,
    ) -> bool:
        flags = (re.IGNORECASE if ignorecase else 0) | (re.MULTILINE if multiline else 0)
        return matching(action, pattern, str(text), flags) is not None

    return test


def _regex(text: str, pattern: str, match_type: str = "search", **flags: bool) -> bool:
    actions = {"search": re.search, "match": re.match, "fullmatch": re.fullmatch}
    return _matching(actions[match_type])(text, pattern, **flags)


def _truthy(value: Any, convert_bool: bool = False) -> bool:
    return bool(DATA_FILTERS["bool"](value)) if convert_bool else bool(value)


TESTS: Mapping[str, Callable[..., bool]] = {
    "all": all,
    "any": any,
    "changed": _asks("changed"),
    "contains": lambda container, item: item in container,
    "failed": _asks("failed"),
    "falsy": lambda value, convert_bool=False: not _truthy(value, convert_bool),
    "match": _matching(re.match),
    "nan": lambda value: value != value,  # noqa: PLR0124 - what NaN is known by
    "regex": _regex,
    "search": _matching(re.search),
    "skipped": _asks("skipped"),
    "subset": lambda one, other: all(item in other for item in one),
    "succeeded": _asks("succeeded"),
    "success": _asks("succeeded"),
    "superset": lambda one, other: all(item in one for item in other),
    "truthy": _truthy,
    "unreachable": _asks("unreachable"),
    "version": is_version,
}


def is_unreachable(context: Mapping[str, Any], subject: Any) -> bool:
    """The test `unreachable`, of a registered result or of a server by its name."""
    if not isinstance(subject, str):
        return TESTS["unreachable"](subject)
    if subject not in context.get("hostvars", {}):
        raise TypeError(f"'is unreachable': {subject!r} is no server of the group")
    return subject in context.get("lost_servers", {})


def is_reachable(context: Mapping[str, Any], subject: Any) -> bool:
    return not is_unreachable(context, subject)
