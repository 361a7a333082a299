"""One step on one server: journal first, act, verify, journal.

The only place in the program that sends a mutating request.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, assert_never

from orchestrator.clock import Clock
from orchestrator.errors import Interrupted
from orchestrator.executor.judge import hidden
from orchestrator.executor.progress import Report, StepEnded, StepStarted
from orchestrator.model import Outcome, RunId, ServerName, Status, StepId, Utc
from orchestrator.store.journal import StepRecord
from orchestrator.transport import Done, Failed, Reply, Request, Transport, Unreachable

Act = Callable[[], Awaitable[Outcome]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    id: StepId
    title: str
    server: ServerName
    act: Act
    examine: Act | None = None
    """In place of `act` when the controller died while it was under way, so that nobody knows what
    it did. None: it may be asked for again, because it looks at the state before it acts."""
    is_hidden: bool = False
    """`no_log`: nothing of what it says is journaled or told; only the walk itself has it."""
    item: str = ""
    """In a loop: what people read of the item."""


class StepJournal(Protocol):
    """As much of a journal as steps need."""

    async def intend(
        self, run: RunId, step: StepId, title: str, server: ServerName | None, at: Utc
    ) -> None: ...

    def finish(
        self, run: RunId, step: StepId, outcome: Outcome, at: Utc
    ) -> asyncio.Future[None]: ...

    def flush(self) -> None: ...


class StepRunner:
    """Runs the steps of one run. `past` is what its journal held when this process began."""

    def __init__(
        self,
        *,
        run: RunId,
        journal: StepJournal,
        clock: Clock,
        report: Report,
        past: Mapping[StepId, StepRecord],
    ) -> None:
        self._run = run
        self._journal = journal
        self._clock = clock
        self._report = report
        self._past = past
        self._stopping = False
        self._being_written: set[asyncio.Future[None]] = set()
        self._unwritable: BaseException | None = None

    def is_past(self, step: StepId) -> bool:
        """Whether an earlier process of this run has come to this step."""
        return step in self._past

    def has_ended(self, step: StepId) -> bool:
        """Whether its outcome stands in the journal: it will not be done again."""
        past = self._past.get(step)
        return past is not None and past.outcome is not None

    def stop(self) -> None:
        """Begin no further step; those under way come to their end."""
        self._stopping = True

    async def perform(self, step: Step) -> Outcome:
        """Raises Interrupted when the run is to stop, StoreUnusable when it cannot be journaled."""
        past = self._past.get(step.id)
        if past is not None and past.outcome is not None:
            self._ended(step, past.outcome, replayed=True)
            return past.outcome
        if self._stopping:
            raise Interrupted("the run was stopped before its next step")
        await self._journal.intend(self._run, step.id, step.title, step.server, self._clock.utc())
        self._must_be_written()
        self._report(StepStarted(step=step.id, title=step.title, server=step.server))
        began = self._clock.monotonic()
        is_cut = past is not None and step.examine is not None
        outcome = await (step.examine() if is_cut and step.examine else step.act())
        outcome = dataclasses.replace(outcome, took_s=self._clock.monotonic() - began)
        # Not waited for: the next step's intention goes to disk with it, in one sync. No request
        # leaves before the ends of all steps that the run has seen are on disk.
        shown = hidden(outcome) if step.is_hidden else outcome
        written = self._journal.finish(self._run, step.id, shown, self._clock.utc())
        self._being_written.add(written)
        written.add_done_callback(self._note_written)
        self._ended(step, shown, replayed=False)
        return outcome

    async def settled(self) -> None:
        """The ends of all steps are on disk. Raises StoreUnusable when one cannot be written."""
        self._journal.flush()
        if self._being_written:
            await asyncio.wait(self._being_written)  # a gather that is cancelled would cancel them
        self._must_be_written()

    def _note_written(self, written: asyncio.Future[None]) -> None:
        self._being_written.discard(written)
        problem = written.exception()
        self._unwritable = self._unwritable or problem

    def _must_be_written(self) -> None:
        """Once an end could not be written, nothing further is begun, on whichever branch."""
        if self._unwritable is not None:
            raise self._unwritable

    def _ended(self, step: Step, outcome: Outcome, *, replayed: bool) -> None:
        self._report(
            StepEnded(
                step=step.id,
                title=step.title,
                server=step.server,
                outcome=outcome,
                replayed=replayed,
                item=step.item,
            )
        )


async def ask(
    transport: Transport,
    server: ServerName,
    request: Request,
    conclude: Callable[[Done], Outcome],
) -> Outcome:
    """One request as an outcome: a failure and a silence are outcomes too."""
    return outcome_of(await transport.call(server, request), conclude)


def outcome_of(reply: Reply, conclude: Callable[[Done], Outcome]) -> Outcome:
    match reply:
        case Done():
            return _concluded(reply, conclude)
        case Failed():
            return Outcome(
                status=Status.FAILED,
                message=reply.message,
                result={"kind": reply.kind.value, "detail": dict(reply.detail)},
            )
        case Unreachable():
            sent = "what it did there is not known" if reply.sent else "nothing was done there"
            return Outcome(
                status=Status.UNREACHABLE,
                message=f"{reply.kind.value}: {reply.message}; {sent}",
                result={"kind": reply.kind.name.lower(), "sent": reply.sent},
            )
        case _:
            assert_never(reply)


def _concluded(done: Done, conclude: Callable[[Done], Outcome]) -> Outcome:
    """An answer that is not what was asked for is the server's failure, not the run's end."""
    try:
        return conclude(done)
    except (AttributeError, KeyError, TypeError, ValueError) as odd:
        message = f"the answer cannot be read: {type(odd).__name__}: {odd}"
        return Outcome(status=Status.FAILED, message=message, result={"kind": "odd-answer"})
