"""`hasys explain`: what is seen, how old it is, what could be done, what stands in the way."""

import asyncio
from collections.abc import Callable
from typing import Any

import click

from orchestrator.cli.output import coloured, document
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.cli.standing import Standing, observed, told
from orchestrator.decision import movement
from orchestrator.decision.movement import Movement
from orchestrator.decision.roles import GroupStatus
from orchestrator.model import Refusal, Unknown
from orchestrator.runtime.bind import unfinished_refusal
from orchestrator.store.journal import RunRecord

Verdict = Movement | tuple[Refusal, ...]

WISHES: dict[str, Callable[[GroupStatus], Verdict]] = {
    "start": lambda seen: movement.plan_start(seen, None),
    "stop": lambda seen: movement.plan_stop(seen, None),
    "switchover": lambda seen: movement.plan_switchover(seen, None),
}


@click.command("explain")
@click.argument("group")
@with_settings
def explain_command(group: str, settings: Settings) -> int:
    """Say what is seen of a group, how old it is, what could be done now, and why not more.

    Nothing is changed. Each answer carries its evidence; each reason has a runbook.

    \b
    Examples:
      hasys explain billing
      hasys explain billing -o json | jq '.wishes[] | select(.possible | not)'
    """
    seen, unfinished, standing = asyncio.run(_look(group, settings))
    verdicts: dict[str, Verdict] = {
        name: wish(seen) if unfinished is None else (unfinished_refusal(unfinished),)
        for name, wish in WISHES.items()
    }
    if settings.output == "json":
        document("explain", _as_json(seen, unfinished, verdicts, standing))
        return 0
    for view in seen.view.servers:
        age = seen.view.taken_at - view.reach.at
        how = f"seen {max(0.0, age):.1f} s ago"
        if isinstance(view.reach, Unknown):
            how = f"not seen: {view.reach.detail}"
        click.echo(f"{view.server}  {coloured(seen.roles[view.server].value)}  {how}")
    for problem in seen.problems:
        click.echo(f"  ! {problem}")
    click.echo()
    for name, verdict in verdicts.items():
        _show(name, verdict)
    _by_itself(seen, standing)
    return 0


def _by_itself(seen: GroupStatus, standing: Standing | None) -> None:
    """What the loop would do, or why it does nothing."""
    if standing is None:
        click.echo(f"\nby itself: nothing, its safety level is {seen.safety.value}")
        return
    does = "nothing" if standing["goal"] is None else standing["goal"]
    click.echo(f"\nby itself: {does}, its safety level is {standing['safety']}")
    for reason in standing["reasons"]:
        click.echo(f"  {told(reason)}")
        if reason["advice"]:
            click.echo(f"    {reason['advice']}")


async def _look(
    group: str, settings: Settings
) -> tuple[GroupStatus, RunRecord | None, Standing | None]:
    async with settings.application() as application:
        found = application.group(group)
        unfinished = await application.journal.unfinished(found.name)
        (seen,) = await observed(application, (found,))
        return seen.status, unfinished, seen.standing


def _show(name: str, verdict: Verdict) -> None:
    if isinstance(verdict, Movement):
        where = f"from {verdict.source} to {verdict.target}" if name == "switchover" else ""
        where = where or f"on {verdict.target if name == 'start' else verdict.source}"
        click.echo(f"{name}: possible, {where}")
        return
    for refusal in verdict:
        click.echo(f"{name}: refused ({refusal.reason.value}): {refusal.evidence}")
        if refusal.advice:
            click.echo(f"  {refusal.advice}")


def _as_json(
    seen: GroupStatus,
    unfinished: RunRecord | None,
    verdicts: dict[str, Verdict],
    standing: Standing | None,
) -> dict[str, Any]:
    return {
        "group": seen.group.name,
        "active": seen.active,
        "safety": seen.safety.value if standing is None else standing["safety"],
        "goal": None if standing is None else standing["goal"],
        "reasons": [] if standing is None else standing["reasons"],
        "unfinished_run": None if unfinished is None else unfinished.id,
        "servers": [
            {
                "name": view.server,
                "role": seen.roles[view.server].value,
                "reachable": not isinstance(view.reach, Unknown),
                "age_s": round(max(0.0, seen.view.taken_at - view.reach.at), 3),
            }
            for view in seen.view.servers
        ],
        "problems": list(seen.problems),
        "wishes": [_wish_json(name, verdict) for name, verdict in verdicts.items()],
    }


def _wish_json(name: str, verdict: Verdict) -> dict[str, Any]:
    if isinstance(verdict, Movement):
        return {
            "wish": name,
            "possible": True,
            "source": verdict.source,
            "target": verdict.target,
            "refusals": [],
        }
    refusals = [
        {"reason": one.reason.value, "evidence": one.evidence, "advice": one.advice}
        for one in verdict
    ]
    return {"wish": name, "possible": False, "refusals": refusals}
