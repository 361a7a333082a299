"""What a simulated controller stores and sends, one after the other, as `daemon.outbox` has it."""

from collections import deque
from collections.abc import Callable


class SimOutbox:
    """While the disk takes nothing, nothing that follows from what is to be stored leaves."""

    def __init__(self) -> None:
        self.disk_full = False
        self._waiting: deque[tuple[bool, Callable[[], None]]] = deque()

    def store(self, effect: Callable[[], None]) -> None:
        self._waiting.append((True, effect))
        self.flush()

    def send(self, effect: Callable[[], None]) -> None:
        self._waiting.append((False, effect))
        self.flush()

    def flush(self) -> None:
        while self._waiting and not (self.disk_full and self._waiting[0][0]):
            _, effect = self._waiting.popleft()
            effect()

    def clear(self) -> None:
        """The process died with what it had not done yet."""
        self._waiting.clear()
