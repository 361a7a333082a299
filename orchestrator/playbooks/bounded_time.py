"""Work that ends: what takes too much of the processor is cut off.

The race it prevents is one against the lease: a loop in a loop in a template, or `(a+)+b` on a line
of thirty letters, would keep the controller from everything else. Python looks for signals as it
goes, so a timer of processor time, not of the clock on the wall, ends it wherever the machine is
busy with.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class TakesTooLong(ValueError):
    pass


def can_be_limited() -> bool:
    """Only the main thread gets signals."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def limited(seconds: float, message: str) -> Iterator[None]:
    """Raises TakesTooLong with the message. One may stand within another: each has its end."""
    if not can_be_limited():
        yield
        return

    def cut_off(_number: int, _frame: FrameType | None) -> None:
        raise TakesTooLong(message)

    before = signal.signal(signal.SIGVTALRM, cut_off)
    left, _ = signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        used = seconds - signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)[0]
        signal.signal(signal.SIGVTALRM, before)
        if left:
            signal.setitimer(signal.ITIMER_VIRTUAL, max(left - used, 0.001))
