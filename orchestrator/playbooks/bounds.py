"""How much a value in a template may be: sizes are checked before a value is made.

Called by `sandbox` for operators and filters, and by filters whose result grows faster than what
they are given.
"""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

LARGEST = 1_000_000
"""Characters and items that any value in a template may have."""
LONGEST_RANGE = 10_000
SECONDS = 2.0
"""Of processor time, for one text with its templates."""
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


def check(size: int) -> None:
    if size > LARGEST:
        raise TooLarge


def check_operands(operator: str, left: Any, right: Any) -> None:
    """Raises TooLarge for what `left operator right` would make."""
    numbers = isinstance(left, int | float) and isinstance(right, int | float)
    if operator == "+" and not numbers:
        check(weight(left) + weight(right))
    elif operator == "*" and not numbers:
        thing, times = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(times, int):
            check(weight(thing) * max(times, 0))
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
    check(len(found))
    return found


def bounded_whole(values: Iterable[Any]) -> list[Any]:
    """The same for values that are made one by one: all of them together are bounded."""
    found, size = [], 0
    for value in values:
        size += 1 + weight(value)
        check(size)
        found.append(value)
    return found


def bounded_range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > LONGEST_RANGE:
        raise TooLarge
    return numbers
