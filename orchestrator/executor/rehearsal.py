"""A run walked through without doing it: the same engine over servers that can only be asked.

Called by `runtime.plan`. Each step is foretold in place of being done (`executor.foretell`), on the
servers as earlier steps would have left them (`executor.foreseen`); nothing is written down.
"""

import asyncio
import dataclasses
from typing import Any

from orchestrator.clock import Clock
from orchestrator.executor.acting import Actor
from orchestrator.executor.aftermath import Aftermath
from orchestrator.executor.authority import Authority, ForeseenAuthority, Foresight
from orchestrator.executor.charter import Charter
from orchestrator.executor.copies import CopyKeeper
from orchestrator.executor.engine import Engine, Failures
from orchestrator.executor.flow import FlowRunner
from orchestrator.executor.foreseen import Foreseen
from orchestrator.executor.foretell import Foreteller, OnlySaid
from orchestrator.executor.interlock import Interlock
from orchestrator.executor.progress import Report
from orchestrator.executor.scope import Scope
from orchestrator.executor.step import StepRunner
from orchestrator.executor.task import Hands, TaskRunner
from orchestrator.executor.who import NobodyIsMeant, Who
from orchestrator.model import Group, Monotonic, Outcome, Status, Utc
from orchestrator.playbooks.later import Later
from orchestrator.playbooks.model import Program
from orchestrator.transport import Transport
from orchestrator.transport.read_only import ReadOnlyTransport

_EPOCH = "the number of a run's reign is drawn when it begins"


def foretelling_hands(
    group: Group,
    charter: Charter,
    transport: Transport,
    steps: StepRunner,
    clock: Clock,
    scope: Scope,
) -> Hands:
    """For `check_mode: true` in a run. They have no way to change a server."""
    as_then = Foreseen(ReadOnlyTransport(transport), charter.reign)
    actor = OnlySaid(Foreteller(as_then, group.name))
    look = _look(group, charter, as_then, clock, scope)
    return _hands(group, actor, as_then, steps, clock, look)


def _look(
    group: Group, charter: Charter, as_then: Foreseen, clock: Clock, scope: Scope
) -> Authority:
    return Interlock(
        group=group, reign=charter.reign, transport=as_then, clock=clock, lost=scope.lost
    )


def _hands(
    group: Group,
    actor: Actor,
    as_then: Foreseen,
    steps: StepRunner,
    clock: Clock,
    authority: Authority,
) -> Hands:
    copies = CopyKeeper(
        group=group, actor=actor, transport=as_then, authority=authority, clock=clock, steps=steps
    )
    flows = FlowRunner(group=group, actor=actor, authority=authority, steps=steps, copies=copies)
    return Hands(actor=actor, flows=flows)


async def rehearse(
    group: Group,
    charter: Charter,
    program: Program,
    transport: Transport,
    clock: Clock,
    report: Report,
    foresight: Foresight | None = None,
) -> Failures:
    """What would fail for certain, by server; all that was foretold goes to `report`.

    `foresight`: of the loop that looks after the group; None: there is none, or none answers.
    """
    hurrying = _Hurrying(clock)
    magic = {"ansible_check_mode": True, "epoch": Later(_EPOCH)}
    scope = Scope(group, charter, program.variables, magic)
    steps = StepRunner(run=charter.run, journal=_Nowhere(), clock=hurrying, report=report, past={})
    as_then = Foreseen(ReadOnlyTransport(transport), charter.reign)
    actor = Foreteller(as_then, group.name)
    authority = _look(group, charter, as_then, hurrying, scope)
    if foresight is not None:
        authority = ForeseenAuthority(look=authority, foresight=foresight)
    hands = _hands(group, actor, as_then, steps, hurrying, authority)
    tasks = TaskRunner(
        scope=scope,
        hands=hands,
        foretelling=hands,
        steps=steps,
        clock=hurrying,
        servers=charter.servers,
        shows_diff=True,
    )
    who = Who(
        group=group,
        charter=charter,
        scope=scope,
        steps=steps,
        transport=as_then,
        clock=hurrying,
    )
    aftermath = Aftermath(tasks=tasks, scope=scope)
    engine = Engine(tasks=tasks, scope=scope, aftermath=aftermath, who=who.meant, report=report)
    try:
        return await engine.walk(program)
    except NobodyIsMeant as nobody:
        return {charter.source: Outcome(status=Status.FAILED, message=str(nobody))}


@dataclasses.dataclass(frozen=True, slots=True)
class _Hurrying:
    """A clock on which nobody waits: a plan has nothing to wait for."""

    _clock: Clock

    def monotonic(self) -> Monotonic:
        return self._clock.monotonic()

    def utc(self) -> Utc:
        return self._clock.utc()

    async def sleep(self, seconds: float) -> None:
        del seconds


class _Nowhere:
    """The journal of what is not done."""

    async def intend(self, *about: Any) -> None:
        del about

    def finish(self, *about: Any) -> asyncio.Future[None]:
        del about
        written: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        written.set_result(None)
        return written

    def flush(self) -> None:
        pass
