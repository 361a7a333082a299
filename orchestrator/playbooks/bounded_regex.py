"""Regular expressions that end: what is too long, or backtracks without end, is refused."""

import re
from collections.abc import Callable
from typing import Any, TypeVar

from orchestrator.playbooks.bounded_time import can_be_limited, limited

LONGEST_TEXT = 200_000
LONGEST_PATTERN = 1_000
SECONDS = 0.5
"""Of processor time, for one filter or test."""
_LONGEST_UNTIMED = 2_000

Found = TypeVar("Found")


def matching(action: Callable[..., Found], pattern: str, text: str, *flags: Any) -> Found:
    """`re.search` and its like; raises ValueError for what is too large or takes too long."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text of {len(text):,} characters is too long for a pattern")
    if not can_be_limited() and len(text) > _LONGEST_UNTIMED:
        # a short text bounds at least what is not meant to be a trap
        raise ValueError(f"a text of {len(text):,} characters is too long for a pattern here")
    re.compile(pattern, *flags)
    with limited(SECONDS, f"the pattern {pattern!r:.60} takes too long; make it simpler"):
        return action(pattern, text, *flags)
