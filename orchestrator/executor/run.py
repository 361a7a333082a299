"""A run from its charter to its end: epoch on the servers, then the walk, each mark on disk."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from orchestrator.clock import Clock
from orchestrator.decision.roles import status_of
from orchestrator.errors import Interrupted
from orchestrator.executor.acting import Acting
from orchestrator.executor.authority import Authorise, Authority, GatedTransport
from orchestrator.executor.charter import Charter
from orchestrator.executor.engine import Engine, Failures
from orchestrator.executor.flow import FlowRunner
from orchestrator.executor.interlock import Interlock
from orchestrator.executor.lost import Lost, LostState
from orchestrator.executor.progress import Report
from orchestrator.executor.reign import raise_epoch
from orchestrator.executor.scope import Scope
from orchestrator.executor.settled import SettledTransport
from orchestrator.executor.step import Step, StepRunner
from orchestrator.executor.task import TaskRunner
from orchestrator.model import (
    Group,
    Outcome,
    Refusal,
    Role,
    ServerName,
    Status,
    StepId,
)
from orchestrator.playbooks.model import CompiledPlay, HostSelector, Program
from orchestrator.probes.collect import collect
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


class _NobodyIsMeant(Exception):
    """A play's role is nobody's; caught in this file."""


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
        flows = FlowRunner(
            group=self.group,
            reign=self.charter.reign,
            transport=transport,
            authority=authority,
            steps=self._steps,
        )
        tasks = TaskRunner(
            scope=scope,
            flows=flows,
            steps=self._steps,
            acting=Acting(transport=transport, reign=self.charter.reign, clock=self.clock),
            clock=self.clock,
            servers=self.charter.servers,
        )
        return Engine(tasks=tasks, scope=scope, who=self._who, report=self.report)

    def _authority(self, transport: Transport) -> Authority:
        if self.authorise is not None:
            return self.authorise(transport, self.charter)
        return Interlock(
            group=self.group, reign=self.charter.reign, transport=transport, clock=self.clock
        )

    async def _who(self, number: int, play: CompiledPlay) -> tuple[ServerName, ...]:
        if play.asks_roles:
            self._scope.set_roles(
                active=_only(await self._by_role(f"{number}:active", Role.ACTIVE)),
                standby=_only(await self._by_role(f"{number}:standby", Role.STANDBY)),
            )
        meant = await self._selected(number, play)
        return tuple(server for server in meant if server in self.charter.servers)

    async def _selected(self, number: int, play: CompiledPlay) -> tuple[ServerName, ...]:
        match play.selector:
            case HostSelector.SOURCE:
                return (self.charter.source,)
            case HostSelector.TARGET:
                return (self.charter.target,)
            case HostSelector.GROUP:
                return self.group.server_names
            case HostSelector.SERVER:
                return (ServerName(play.server or ""),)
            case HostSelector.ACTIVE:
                return await self._holders_of(f"{number}:hosts", Role.ACTIVE)
            case HostSelector.STANDBY:
                return await self._holders_of(f"{number}:hosts", Role.STANDBY)

    async def _walk(self, doubtful: Iterable[ServerName]) -> Failures:
        try:
            return await self._engine(doubtful).walk(self.program)
        except _NobodyIsMeant as nobody:
            return {self.charter.source: Outcome(status=Status.FAILED, message=str(nobody))}

    async def _holders_of(self, step: str, role: Role) -> tuple[ServerName, ...]:
        """A play for a role that nobody has is a failure: passed over, it would look like done."""
        found = await self._by_role(step, role)
        if not found:
            raise _NobodyIsMeant(f"no server is {role.value}")
        return found

    async def _by_role(self, step: str, role: Role) -> tuple[ServerName, ...]:
        """A step of its own: a resumed run goes on with the servers that were found then."""

        async def look() -> Outcome:
            view = await collect(self.group, self.transport, self.clock)
            roles = status_of(self.group, view).roles
            found = [name for name in self.group.server_names if roles[name] is role]
            return Outcome(
                status=Status.OK,
                message=f"{', '.join(found) or 'no server'} is {role.value}",
                result={"servers": found},
            )

        outcome = await self._steps.perform(
            Step(
                id=StepId(step),
                title=f"who is {role.value}",
                server=self.charter.source,
                act=look,
            )
        )
        return tuple(ServerName(name) for name in outcome.result["servers"])

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


def _only(servers: tuple[ServerName, ...]) -> ServerName | None:
    return servers[0] if len(servers) == 1 else None
