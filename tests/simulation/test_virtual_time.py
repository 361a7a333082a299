"""Production coroutines run in the time of a world."""

import asyncio

import pytest

from orchestrator.simulation.virtual_time import WorldClock, run
from orchestrator.simulation.world import World


def test_sleeps_and_events_take_turns_in_virtual_time():
    world = World(1)
    clock = WorldClock(world)
    seen: list[tuple[str, float]] = []

    async def main() -> float:
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        world.at(30.0, lambda: future.set_result("event"))
        world.at(10.0, lambda: seen.append(("world", world.now)))
        await clock.sleep(20.0)
        seen.append(("slept", clock.monotonic()))
        seen.append((await future, clock.monotonic()))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5.0):
                await asyncio.Event().wait()
        return clock.monotonic()

    assert run(world, main()) == pytest.approx(35.0)
    assert seen == [("world", 10.0), ("slept", pytest.approx(20.0)), ("event", 30.0)]
    assert clock.utc().year == 2026


def test_waiting_for_what_cannot_come_is_an_error():
    async def main() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="nothing can happen"):
        run(World(1), main())
