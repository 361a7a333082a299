"""Filters of playbooks that work on numbers, lists and mappings; `filters` has their table."""

import itertools
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from orchestrator.config import strict_yaml, yaml_text
from orchestrator.playbooks.bounds import bounded, bounded_whole, check, check_operands, weight

_LIST_MERGES: Mapping[str, Callable[[list[Any], list[Any]], list[Any]]] = {
    "replace": lambda _old, new: new,
    "keep": lambda old, _new: old,
    "append": lambda old, new: [*old, *new],
    "prepend": lambda old, new: [*new, *old],
    "append_rp": lambda old, new: [*(one for one in old if one not in new), *new],
    "prepend_rp": lambda old, new: [*new, *(one for one in old if one not in new)],
}


def _bool(value: Any) -> bool:
    """Ansible's: the words for yes are true, all else is false."""
    if isinstance(value, str):
        return value.lower() in {"yes", "on", "1", "true", "t", "y"}
    return value is True or value == 1


def _combine(
    *mappings: Mapping[str, Any], recursive: bool = False, list_merge: str = "replace"
) -> dict[str, Any]:
    """The later ones win."""
    combined: dict[str, Any] = {}
    if list_merge not in _LIST_MERGES:
        raise ValueError(f"'list_merge' is one of {', '.join(_LIST_MERGES)}")
    for mapping in mappings:
        if not isinstance(mapping, Mapping):
            raise TypeError("combine takes mappings")
        combined = _merged(combined, mapping, recursive=recursive, list_merge=list_merge)
    return combined


def _merged(
    old: Mapping[str, Any], new: Mapping[str, Any], *, recursive: bool, list_merge: str
) -> dict[str, Any]:
    merged = dict(old)
    for name, value in new.items():
        before = merged.get(name)
        if recursive and isinstance(before, Mapping) and isinstance(value, Mapping):
            merged[name] = _merged(before, value, recursive=True, list_merge=list_merge)
        elif isinstance(before, list) and isinstance(value, list):
            merged[name] = _LIST_MERGES[list_merge](before, value)
        else:
            merged[name] = value
    return merged


def _ternary(value: Any, if_true: Any, if_false: Any, if_none: Any = None) -> Any:
    if value is None and if_none is not None:
        return if_none
    return if_true if value else if_false


def _mandatory(value: Any) -> Any:
    """A value that is not there has failed before it comes here."""
    return value


def _to_json(value: Any, **options: Any) -> str:
    weight(value)
    known = {name: options[name] for name in ("indent", "sort_keys") if name in options}
    if len(known) < len(options) or known.get("indent", 0) > 16:
        raise ValueError("to_json takes 'indent', at most 16, and 'sort_keys'")
    return json.dumps(value, **known)


def _from_yaml(text: str) -> Any:
    """Strictly, as all YAML here is read."""
    parsed = strict_yaml.parse(text, "from_yaml")
    if parsed.problems or parsed.root is None:
        raise ValueError("; ".join(str(problem) for problem in parsed.problems) or "no YAML")
    return strict_yaml.to_python(parsed.root)


def _unique(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    seen = set()
    for value in bounded(values):
        key = json.dumps(value, sort_keys=True, default=str)
        if key not in seen:
            seen.add(key)
            found.append(value)
    return found


def _kept(values: Iterable[Any], others: Iterable[Any], *, is_kept: bool) -> list[Any]:
    """Those that are, or are not, among others; by their JSON, which is quick to find again."""
    keys = {json.dumps(one, sort_keys=True, default=str) for one in others}
    return [
        value
        for value in _unique(values)
        if (json.dumps(value, sort_keys=True, default=str) in keys) is is_kept
    ]


def _flatten(values: Any, levels: int | None = None, skip_nulls: bool = True) -> list[Any]:
    def walk(items: Iterable[Any], left: int | None) -> Iterator[Any]:
        for item in items:
            if skip_nulls and item in (None, "None", "null"):
                continue
            if isinstance(item, list | tuple) and left != 0:
                yield from walk(item, None if left is None else left - 1)
            else:
                yield item

    return bounded_whole(walk(values, levels))


def _product(*lists: Sequence[Any]) -> list[list[Any]]:
    check(math.prod(max(len(one), 1) for one in lists) * len(lists))
    return [list(one) for one in itertools.product(*lists)]


def _batch(values: Iterable[Any], size: int, fill_with: Any = None) -> list[list[Any]]:
    items = bounded(values)
    rows = [items[begin : begin + size] for begin in range(0, len(items), size)]
    if rows and fill_with is not None:
        check(size * (1 + weight(fill_with)))
        rows[-1] += [fill_with] * (size - len(rows[-1]))
    return rows


def _slice(values: Iterable[Any], slices: int, fill_with: Any = None) -> list[list[Any]]:
    items = bounded(values)
    check(slices)
    per, longer = divmod(len(items), slices)
    found, begin = [], 0
    for number in range(slices):
        end = begin + per + (1 if number < longer else 0)
        row = items[begin:end]
        if fill_with is not None and longer and number >= longer:
            row.append(fill_with)
        found.append(row)
        begin = end
    return found


def _extract(key: Any, container: Any, morekeys: Any = None) -> Any:
    found = container[key]
    more = [] if morekeys is None else morekeys if isinstance(morekeys, list) else [morekeys]
    for name in more:
        found = found[name]
    return found


def _subelements(values: Any, path: str | list[str], skip_missing: bool = False) -> list[Any]:
    names = path.split(".") if isinstance(path, str) else path
    items = list(values.values()) if isinstance(values, Mapping) else values
    found = []
    for item in items:
        inner = item
        for name in names:
            if name not in inner and skip_missing:
                inner = []
                break
            inner = inner[name]
        found += [[item, one] for one in inner]
        check(len(found))
    return found


def _pow(base: float, exponent: float) -> float:
    check_operands("**", base, exponent)
    return math.pow(base, exponent)


def _dict2items(
    value: Mapping[str, Any], key_name: str = "key", value_name: str = "value"
) -> list[dict[str, Any]]:
    if not isinstance(value, Mapping):
        raise TypeError("dict2items takes a mapping")
    return [{key_name: key, value_name: item} for key, item in value.items()]


def _items2dict(
    value: Iterable[Mapping[str, Any]], key_name: str = "key", value_name: str = "value"
) -> dict[str, Any]:
    return {str(item[key_name]): item[value_name] for item in value}


DATA_FILTERS: Mapping[str, Callable[..., Any]] = {
    "batch": _batch,
    "bool": _bool,
    "combine": _combine,
    "dict2items": _dict2items,
    "difference": lambda one, other: _kept(one, other, is_kept=False),
    "extract": _extract,
    "flatten": _flatten,
    "from_json": json.loads,
    "from_yaml": _from_yaml,
    "intersect": lambda one, other: _kept(one, other, is_kept=True),
    "items2dict": _items2dict,
    "log": lambda number, base=math.e: math.log10(number) if base == 10 else math.log(number, base),
    "mandatory": _mandatory,
    "pow": _pow,
    "product": _product,
    "root": lambda number, base=2: math.sqrt(number) if base == 2 else math.pow(number, 1 / base),
    "slice": _slice,
    "subelements": _subelements,
    "symmetric_difference": lambda one, other: (
        _kept(one, other, is_kept=False) + _kept(other, one, is_kept=False)
    ),
    "ternary": _ternary,
    "to_json": _to_json,
    "to_nice_json": lambda value, indent=4: _to_json(value, indent=indent, sort_keys=True),
    "to_nice_yaml": lambda value, indent=4: yaml_text.in_lines(value, indent),
    "to_yaml": yaml_text.in_short,
    "tojson": _to_json,
    "type_debug": lambda value: type(value).__name__,
    "union": lambda one, other: _unique([*one, *other]),
    "unique": _unique,
    "zip": lambda *lists: [list(one) for one in zip(*lists, strict=False)],
    "zip_longest": lambda *lists, fillvalue=None: [
        list(one) for one in itertools.zip_longest(*lists, fillvalue=fillvalue)
    ],
}
