"""One event to all who want it, the store first: what was shown can be found again."""

from collections.abc import Callable, Sequence

from orchestrator.model import Event
from orchestrator.store.events import EventStore

Sink = Callable[[Event], None]


class Publisher:
    def __init__(self, store: EventStore, sinks: Sequence[Sink] = ()) -> None:
        self._store = store
        self._sinks = tuple(sinks)

    async def publish(self, event: Event) -> None:
        await self._store.append(event)
        for sink in self._sinks:
            sink(event)
