"""What the loop stores and sends, carried out one after the other in that order.

The race it prevents: an order leaves before its note is on disk, the controller dies, and the next
one knows of no reign that may run on the server that took it.
"""

import asyncio
from collections.abc import Awaitable, Callable

from orchestrator.clock import Clock
from orchestrator.model.state import GroupState
from orchestrator.store.state_file import StoreUnusable

AGAIN_S = 1.0
"""Between two attempts at a disk that does not take the state."""

Save = Callable[[GroupState], Awaitable[None]]
Effect = Callable[[], None]


class Outbox:
    """`trouble`: told each time that the state cannot be stored; meanwhile nothing leaves."""

    def __init__(self, save: Save, clock: Clock, trouble: Callable[[StoreUnusable], None]) -> None:
        self._save = save
        self._clock = clock
        self._trouble = trouble
        self._waiting: asyncio.Queue[GroupState | Effect] = asyncio.Queue()

    def store(self, state: GroupState) -> None:
        self._waiting.put_nowait(state)

    def send(self, effect: Effect) -> None:
        """`effect` begins the sending and does not wait for its end."""
        self._waiting.put_nowait(effect)

    async def carry_out(self) -> None:
        """Until cancelled."""
        while True:
            item = await self._waiting.get()
            if isinstance(item, GroupState):
                await self._stored(item)
            else:
                item()
            self._waiting.task_done()

    async def emptied(self) -> None:
        """Everything so far is on disk or on its way."""
        await self._waiting.join()

    async def _stored(self, state: GroupState) -> None:
        while True:
            try:
                await self._save(state)
            except StoreUnusable as unusable:
                self._trouble(unusable)
                await self._clock.sleep(AGAIN_S)
            else:
                return
