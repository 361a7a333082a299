"""Regular expressions that end: one that backtracks without end is cut off after half a second.

The race it prevents is one against the lease: `(a+)+b` on a line of thirty letters would keep the
controller from everything else. Python's matcher looks for signals as it goes, so a timer of
processor time, not of the clock on the wall, ends it wherever the machine is busy with.
"""

import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

LONGEST_TEXT = 200_000
LONGEST_PATTERN = 1_000
SECONDS = 0.5
"""Of processor time, for one filter or test."""
_LONGEST_UNTIMED = 2_000

Found = TypeVar("Found")


class TakesTooLong(ValueError):
    pass


def matching(action: Callable[..., Found], pattern: str, text: str, *flags: Any) -> Found:
    """`re.search` and its like; raises ValueError for what is too large or takes too long."""
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"a pattern has at most {LONGEST_PATTERN} characters")
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text of {len(text):,} characters is too long for a pattern")
    re.compile(pattern, *flags)
    with _limited(pattern, text):
        return action(pattern, text, *flags)


@contextmanager
def _limited(pattern: str, text: str) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        # no timer here: a short text bounds at least what is not meant to be a trap
        if len(text) > _LONGEST_UNTIMED:
            raise ValueError(f"a text of {len(text):,} characters is too long for a pattern here")
        yield
        return

    def cut_off(_number: int, _frame: FrameType | None) -> None:
        raise TakesTooLong(f"the pattern {pattern!r:.60} takes too long; make it simpler")

    before = signal.signal(signal.SIGVTALRM, cut_off)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        signal.signal(signal.SIGVTALRM, before)
