"""Virtual time and the network: one queue of events, one generator of chance."""

import dataclasses
import heapq
import random
from collections.abc import Callable
from typing import Any

DELAY_S = 0.002


@dataclasses.dataclass(slots=True)
class Link:
    """One direction between two places."""

    delay_s: float = DELAY_S
    loss: float = 0.0
    duplicates: float = 0.0
    extra_s: float = 0.0
    """Random delay on top, which also reorders."""
    cut: bool = False

    def mend(self) -> None:
        """All but a cut."""
        self.delay_s, self.loss, self.duplicates, self.extra_s = DELAY_S, 0.0, 0.0, 0.0


class World:
    """Everything that happens, in order of time and then of arrival."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.chance = random.Random(seed)  # noqa: S311 - a replayable simulation, no secret
        self.now = 0.0
        self.steps = 0
        self._queue: list[tuple[float, int, Callable[..., object], tuple[Any, ...]]] = []
        self._number = 0
        self.links: dict[tuple[str, str], Link] = {}
        self.after_event: Callable[[], None] = lambda: None
        self.log: list[str] | None = None

    def at(self, delay: float, act: Callable[..., object], *args: Any) -> None:
        self._number += 1
        heapq.heappush(self._queue, (self.now + max(delay, 0.0), self._number, act, args))

    def run(self, until: float) -> None:
        """Plays the queue up to `until`."""
        queue = self._queue
        while queue and queue[0][0] <= until:
            self.now, _, act, args = heapq.heappop(queue)
            act(*args)
            self.steps += 1
            self.after_event()
        self.now = until

    def go_on(self, timeout: float | None) -> None:
        """Plays the next event if it comes within `timeout`; else lets that time pass."""
        if self._queue and (timeout is None or self._queue[0][0] <= self.now + timeout):
            self.now, _, act, args = heapq.heappop(self._queue)
            act(*args)
            self.steps += 1
            self.after_event()
        elif timeout is None:
            raise RuntimeError("nothing can happen any more")
        else:
            self.now += timeout

    def note(self, text: str) -> None:
        """A line of the story, kept only when somebody reads it."""
        if self.log is not None:
            self.log.append(f"{self.now:9.3f} {text}")

    def link(self, sender: str, receiver: str) -> Link:
        found = self.links.get((sender, receiver))
        if found is None:
            found = self.links[sender, receiver] = Link()
        return found

    def send(
        self, sender: str, receiver: str, act: Callable[..., None], *args: Any, stalls: bool = False
    ) -> None:
        """A message; `stalls`: a stream, which may deliver long after a cut instead of losing."""
        link = self.link(sender, receiver)
        chance = self.chance
        if link.cut or (link.loss and chance.random() < link.loss):
            if stalls and chance.random() < 0.5:
                self.at(chance.uniform(0.1, 20.0), act, *args)
            return
        delay = link.delay_s * (0.5 + chance.random())
        if link.extra_s:
            delay += chance.random() * link.extra_s
        self.at(delay, act, *args)
        if link.duplicates and chance.random() < link.duplicates:
            self.at(delay + chance.random() * 8.0, act, *args)
