"""Fencing devices by hand and for `check --live`: the same orders and rules as for the loop."""

import os

from orchestrator.decision.finding import Finding, Weight
from orchestrator.fencing import (
    Agents,
    Attempt,
    Fenced,
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


async def fence_by_hand(
    application: Application, group: Group, server: ServerName, by: str
) -> FenceOutcome:
    """The caller holds the group: cut off by it, the steps of a run would be half done."""
    await application.publisher.publish(ordered_event(application, group, server, by))
    outcome = await fencer_of(application, group).fence(server)
    await application.publisher.publish(event_of(application, group, outcome, by))
    return outcome


def ordered_event(application: Application, group: Group, server: ServerName, by: str) -> Event:
    return Event(
        at=application.clock.utc(),
        group=group.name,
        kind="fence-ordered",
        severity=Severity.WARNING,
        text=f"{server} is to be switched off",
        server=server,
        source=by,
    )


def event_of(application: Application, group: Group, outcome: FenceOutcome, by: str) -> Event:
    """What everybody is told of a fencing, whoever ordered it."""
    match outcome:
        case Fenced(server=server, took_s=took_s):
            return Event(
                at=application.clock.utc(),
                group=group.name,
                kind="server-fenced",
                severity=Severity.WARNING,
                text=f"{server} was switched off and read back as off in {took_s:.1f} s",
                server=server,
                source=by,
            )
        case NotFenced(server=server, refusal=refusal):
            return Event(
                at=application.clock.utc(),
                group=group.name,
                kind="fence-failed",
                severity=Severity.CRITICAL,
                text=refusal.evidence,
                server=server,
                source=by,
            )


async def switch_on_by_hand(
    application: Application, group: Group, server: ServerName, by: str
) -> tuple[Reading, ...]:
    """The caller holds the group."""
    readings = await fencer_of(application, group).switch_on(server)
    if is_on(readings):
        event = Event(
            at=application.clock.utc(),
            group=group.name,
            kind="server-switched-on",
            severity=Severity.INFO,
            text=f"{server} was switched on",
            server=server,
            source=by,
        )
        await application.publisher.publish(event)
    return readings


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
