"""The helper's own end of the SSH channel: lines in, lines out, and nobody else on it.

Standard input and output are moved away at the start: what a module or a child prints by mistake
goes to standard error, never between the replies.
"""

import os
import select
import sys
import threading
from typing import Any, List, Optional

LONGEST_LINE = 8 * 1024 * 1024
"""A longer request is thrown away up to its end and answered with an error."""


class TooLong(Exception):
    """A line longer than LONGEST_LINE; its bytes are gone."""


class Channel:
    """Reads requests in the main thread; replies may come from any thread."""

    def __init__(self, receiving: int, sending: int, received: bytes = b"") -> None:
        self._receiving = receiving
        self._sending = sending
        self._received = bytearray(received)
        self._searched = 0
        self._skipping = False
        self._write_lock = threading.Lock()

    def lines(self, timeout: Optional[float]) -> Optional[List[bytes]]:
        """Whole lines that have arrived, waiting for some; None when the other side has ended.

        Raises TooLong once for each line that is too long.
        """
        if not self._has_line() and not self._receive(timeout):
            return None
        whole: List[bytes] = []
        if self._has_line():
            *whole, rest = bytes(self._received).split(b"\n")
            self._received = bytearray(rest)
        self._searched = len(self._received)
        if self._skipping and whole:
            self._skipping = False
            del whole[0]
        elif self._skipping:
            self._forget()
        if len(self._received) > LONGEST_LINE and not whole:
            self._forget()
            self._skipping = True
            raise TooLong
        return whole

    def _has_line(self) -> bool:
        """Looks at new bytes only: a long line comes in hundreds of pieces."""
        return self._received.find(b"\n", self._searched) >= 0

    def _forget(self) -> None:
        self._received = bytearray()
        self._searched = 0

    def _receive(self, timeout: Optional[float]) -> bool:
        poller = select.poll()
        poller.register(self._receiving, select.POLLIN)
        if not poller.poll(None if timeout is None else max(0.0, timeout) * 1000):
            return True
        data = os.read(self._receiving, 256 * 1024)
        self._received += data
        return bool(data)

    def send(self, line: bytes) -> None:
        """The whole line or, when nobody listens any more, an OSError."""
        view = memoryview(line + b"\n")
        with self._write_lock:
            while view:
                view = view[os.write(self._sending, view) :]


def take_over() -> Channel:
    """Move stdin and stdout to descriptors that no child inherits.

    The start program has read through a buffer, which may hold the first lines already. A read1
    larger than the buffer leaves nothing behind in it.
    """
    buffer: Any = sys.stdin.buffer
    received = buffer.read1(256 * 1024)
    receiving, sending = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    return Channel(receiving, sending, received)
