"""A run from its charter to its end: epoch on the servers, then the walk, each mark on disk."""

import asyncio
import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.clock import Clock
from orchestrator.errors import Interrupted
from orchestrator.executor.acting import Acting
from orchestrator.executor.aftermath import Aftermath
from orchestrator.executor.authority import Authorise, Authority, GatedTransport
from orchestrator.executor.charter import Charter
from orchestrator.executor.copies import CopyKeeper
from orchestrator.executor.engine import Engine, Failures
from orchestrator.executor.flow import FlowRunner
from orchestrator.executor.interlock import Interlock
from orchestrator.executor.lost import Lost, LostState
from orchestrator.executor.progress import Report
from orchestrator.executor.rehearsal import foretelling_hands
from orchestrator.executor.reign import raise_epoch
from orchestrator.executor.scope import Scope
from orchestrator.executor.settled import SettledTransport
from orchestrator.executor.step import StepRunner
from orchestrator.executor.taking import Taking
from orchestrator.executor.task import Hands, TaskRunner
from orchestrator.executor.who import NobodyIsMeant, Who
from orchestrator.model import (
    Group,
    Outcome,
    Refusal,
    ServerName,
    Status,
)
from orchestrator.playbooks.model import Program
from orchestrator.store.journal import Journal, RunState, StepRecord
from orchestrator.transport import Transport, Unreachable


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    charter: Charter
    state: RunState
    failures: Failures
    unreachable: Mapping[ServerName, Unreachable]
    """Servers that could not be told the run's epoch."""
    refusals: tuple[Refusal, ...]
    """Why a server did not accept the run; then no step was begun."""
    lost: Mapping[ServerName, Lost] = dataclasses.field(default_factory=dict)
    """Servers that fell silent, with what is known of them and by which evidence."""


@dataclasses.dataclass(kw_only=True)
class Run:
    """One execution of one charter in this process; a resumed run is a second `Run`."""

    charter: Charter
    program: Program
    group: Group
    journal: Journal
    transport: Transport
    clock: Clock
    report: Report
    past: Sequence[StepRecord] = ()
    """What the journal holds of it when it is resumed."""
    authorise: Authorise | None = None
    """None: the group has no guards; before a start the peer is looked at."""

    def __post_init__(self) -> None:
        self._scope = Scope(self.group, self.charter, self.program.variables)
        self._steps = StepRunner(
            run=self.charter.run,
            journal=self.journal,
            clock=self.clock,
            report=self.report,
            past={record.id: record for record in self.past},
        )

    def stop(self) -> None:
        """Begin no further step; `execute` returns when those under way have ended."""
        self._steps.stop()

    async def execute(self) -> RunResult:
        """The charter must be in the journal already. Raises StoreUnusable and nothing else."""
        raised = await raise_epoch(self.group, self.charter, self.transport)
        if raised.refusals:
            await self._mark(RunState.FAILED, raised.refusals[0].evidence)
            return self._result(RunState.FAILED, {}, raised.unreachable, raised.refusals)
        # Of a run that goes on, an earlier process may have a step there that nobody waited for.
        doubtful = raised.unreachable if self.past else ()
        try:
            failures = await self._walk(doubtful)
            await self._steps.settled()
        except Interrupted as interruption:
            await self._steps.settled()
            await self._mark(RunState.INTERRUPTED, interruption.message)
            return self._result(RunState.INTERRUPTED, {}, raised.unreachable)
        state = RunState.FAILED if failures else RunState.DONE
        message = "; ".join(f"{server}: {one.message}" for server, one in failures.items())
        await self._mark(state, message)
        return self._result(state, failures, raised.unreachable)

    def _engine(self, doubtful: Iterable[ServerName]) -> Engine:
        scope = self._scope
        settled = SettledTransport(self.transport, self.group, self.charter, doubtful)
        authority = self._authority(settled)
        transport = GatedTransport(settled, authority)
        starting = asyncio.Lock()
        taking = Taking(group=self.group, authority=authority, starting=starting)
        actor = Acting(
            transport=transport, reign=self.charter.reign, clock=self.clock, taking=taking
        )
        flows = FlowRunner(
            starting=starting,
            group=self.group,
            actor=actor,
            authority=authority,
            steps=self._steps,
            copies=CopyKeeper(
                group=self.group,
                actor=actor,
                transport=transport,
                authority=authority,
                clock=self.clock,
                steps=self._steps,
            ),
        )
        tasks = TaskRunner(
            scope=scope,
            hands=Hands(actor=actor, flows=flows),
            foretelling=foretelling_hands(
                self.group, self.charter, transport, self._steps, self.clock, scope
            ),
            steps=self._steps,
            clock=self.clock,
            servers=self.charter.servers,
            shows_diff=self.charter.diff,
        )
        who = Who(
            group=self.group,
            charter=self.charter,
            scope=scope,
            steps=self._steps,
            transport=self.transport,
            clock=self.clock,
        )
        aftermath = Aftermath(tasks=tasks, scope=scope)
        return Engine(
            tasks=tasks, scope=scope, aftermath=aftermath, who=who.meant, report=self.report
        )

    def _authority(self, transport: Transport) -> Authority:
        if self.authorise is not None:
            return self.authorise(transport, self.charter, self.program)
        return Interlock(
            group=self.group,
            reign=self.charter.reign,
            transport=transport,
            clock=self.clock,
            lost=self._scope.lost,
        )

    async def _walk(self, doubtful: Iterable[ServerName]) -> Failures:
        try:
            return await self._engine(doubtful).walk(self.program)
        except NobodyIsMeant as nobody:
            return {self.charter.source: Outcome(status=Status.FAILED, message=str(nobody))}

    async def _mark(self, state: RunState, message: str) -> None:
        await self.journal.mark(self.charter.run, state, self.clock.utc(), message)

    def _result(
        self,
        state: RunState,
        failures: Failures,
        unreachable: Mapping[ServerName, Unreachable],
        refusals: tuple[Refusal, ...] = (),
    ) -> RunResult:
        return RunResult(
            charter=self.charter,
            state=state,
            failures=failures,
            unreachable=unreachable,
            refusals=refusals,
            lost=self._lost(unreachable),
        )

    def _lost(self, unreachable: Mapping[ServerName, Unreachable]) -> Mapping[ServerName, Lost]:
        silent = {
            server: Lost(state=LostState.UNKNOWN, evidence=silence.message)
            for server, silence in unreachable.items()
        }
        return {**silent, **self._scope.lost.found}
