"""Fencing devices by hand and for `check --live`: the same orders and rules as for the loop."""

import dataclasses
import functools
import os

from orchestrator.decision.finding import Finding, Weight
from orchestrator.fencing import (
    Agents,
    Attempt,
    FenceOutcome,
    Fencer,
    NotFenced,
    Power,
    Reading,
)
from orchestrator.model import Event, Group, ServerName, Severity
from orchestrator.runtime.application import Application


def fencer_of(application: Application, group: Group) -> Fencer:
    return Fencer(group.fencing, Agents(os.environ), application.clock)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OwnDevices:
    """A group's devices where no loop looks after it; orders are told in the name of `by`.

    Whoever gives an order holds the group: cut off by it, the steps of a run would be half done.
    """

    application: Application
    group: Group
    by: str

    async def off(self, server: ServerName) -> FenceOutcome:
        application, group = self.application, self.group
        await application.publisher.publish(ordered_event(application, group, server, self.by))
        outcome = await fencer_of(application, group).fence(server)
        await application.publisher.publish(event_of(application, group, outcome, self.by))
        return outcome

    async def read(self, server: ServerName) -> tuple[Reading, ...]:
        return await fencer_of(self.application, self.group).status(server)

    def wants_order(self, _server: ServerName) -> bool:
        """There are no reigns."""
        return False


async def switch_on_by_hand(
    application: Application, group: Group, server: ServerName, by: str
) -> tuple[Reading, ...]:
    """The caller holds the group."""
    readings = await fencer_of(application, group).switch_on(server)
    if is_on(readings):
        event = _event(
            application,
            group,
            server,
            by,
            kind="server-switched-on",
            severity=Severity.INFO,
            text=f"{server} was switched on",
        )
        await application.publisher.publish(event)
    return readings


def ordered_event(application: Application, group: Group, server: ServerName, by: str) -> Event:
    return _event(
        application,
        group,
        server,
        by,
        kind="fence-ordered",
        severity=Severity.WARNING,
        text=f"{server} is to be switched off",
    )


def event_of(application: Application, group: Group, outcome: FenceOutcome, by: str) -> Event:
    """What everybody is told of a fencing, whoever ordered it."""
    tell = functools.partial(_event, application, group, outcome.server, by)
    if isinstance(outcome, NotFenced):
        text = outcome.refusal.evidence
        return tell(kind="fence-failed", severity=Severity.CRITICAL, text=text)
    text = f"{outcome.server} was switched off and read back as off in {outcome.took_s:.1f} s"
    return tell(kind="server-fenced", severity=Severity.WARNING, text=text)


def _event(
    application: Application,
    group: Group,
    server: ServerName,
    by: str,
    *,
    kind: str,
    severity: Severity,
    text: str,
) -> Event:
    return Event(
        at=application.clock.utc(),
        group=group.name,
        kind=kind,
        severity=severity,
        text=text,
        server=server,
        source=by,
    )


def is_on(readings: tuple[Reading, ...]) -> bool:
    return bool(readings) and all(one.power is Power.ON for one in readings)


async def device_findings(fencer: Fencer, server: ServerName, *, answers: bool) -> list[Finding]:
    """What is wrong with a server's devices; `answers`: whether the server itself does."""
    unheard = [one for one in await fencer.monitor(server) if not one.done]
    if unheard:
        return [_error(server, one, "it could not switch the server off now") for one in unheard]
    found: list[Finding] = []
    for reading in await fencer.status(server):
        if reading.power is Power.UNKNOWN:
            found.append(_error(server, reading.attempt, "without it nothing is read back"))
        elif reading.power is Power.OFF and answers:
            advice = "correct its options: this is the plug of something else"
            found.append(_error(server, reading.attempt, advice, ", while the server answers"))
    return found


def _error(server: ServerName, attempt: Attempt, advice: str, more: str = "") -> Finding:
    what = f"fencing device {attempt}{more}"
    return Finding(server=server, weight=Weight.ERROR, what=what, advice=advice)
