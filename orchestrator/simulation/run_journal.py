"""The journal of a run in a simulated world: what is on disk when its process dies."""

import asyncio
import dataclasses

from orchestrator.model import Outcome, RunId, ServerName, StepId, Utc
from orchestrator.simulation.world import World
from orchestrator.store.journal import Journal, RunState, StepRecord


class SimJournal(Journal):
    """Keeps the promises of `store.journal`: an intention is on disk when it returns, and with it
    every end before it; an end alone may be lost.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.state = RunState.RUNNING
        self._disk: dict[StepId, StepRecord] = {}
        self._queued: list[StepRecord] = []

    def on_disk(self) -> list[StepRecord]:
        return list(self._disk.values())

    def die(self) -> None:
        """Of what was queued, any number of the first have come to disk."""
        kept = self._world.chance.randint(0, len(self._queued))
        self._write(self._queued[:kept])

    async def intend(
        self, run: RunId, step: StepId, title: str, server: ServerName | None, at: Utc
    ) -> None:
        del run
        self.flush()
        await asyncio.sleep(self._world.chance.uniform(0.0, 0.01))
        record = StepRecord(
            id=step, title=title, server=server, intended_at=at, finished_at=None, outcome=None
        )
        self._disk.setdefault(step, record)

    def finish(self, run: RunId, step: StepId, outcome: Outcome, at: Utc) -> asyncio.Future[None]:
        del run
        ended = dataclasses.replace(self._disk[step], finished_at=at, outcome=outcome)
        self._queued.append(ended)
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        written.set_result(None)
        return written

    def flush(self) -> None:
        self._write(self._queued)

    def _write(self, records: list[StepRecord]) -> None:
        for record in records:
            self._disk[record.id] = record
        self._queued = []

    async def mark(self, run: RunId, state: RunState, at: Utc, message: str = "") -> None:
        del run, at, message
        self.flush()
        self.state = state
