"""An event loop whose time is that of a `World`: production coroutines run in it unchanged.

Nothing waits. Where the loop would sleep until its next timer, the world plays its next event or
moves on to that timer, whichever comes first; so a run of minutes takes milliseconds, and two
runs of the same seed take the same turns in the same order.
"""

import asyncio
import datetime
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

from orchestrator.model.moment import Monotonic, Utc
from orchestrator.simulation.world import World

T = TypeVar("T")
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)


class WorldClock:
    """`orchestrator.clock.Clock` over the time of a world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def monotonic(self) -> Monotonic:
        return Monotonic(self.world.now)

    def utc(self) -> Utc:
        return Utc(BEGIN + datetime.timedelta(seconds=self.world.now))

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class _WorldSelector(selectors.SelectSelector):
    """Instead of waiting for a file, lets the world go on."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None or timeout > 0.0:
            self.world.go_on(timeout)
        return super().select(0)


class WorldLoop(asyncio.SelectorEventLoop):
    """Time is the world's."""

    def __init__(self, world: World) -> None:
        self.world = world
        super().__init__(_WorldSelector(world))

    def time(self) -> float:
        return self.world.now


def run(world: World, main: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end in the time of the world.

    Raises RuntimeError when it waits for what can never come: no timer and no event is left.
    """
    with asyncio.Runner(loop_factory=lambda: WorldLoop(world)) as runner:
        return runner.run(main)
