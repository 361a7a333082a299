"""`hasys events` and `hasys history`: what happened, and which runs there were."""

import asyncio
from typing import Any

import click

from orchestrator.cli.output import coloured, document, duration, table
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.model import Event, GroupName
from orchestrator.store.journal import RunRecord

FOLLOW_EVERY_S = 0.5


@click.command("events")
@click.argument("group", required=False)
@click.option("-n", "--last", "count", default=50, show_default=True, help="How many.")
@click.option("-f", "--follow", is_flag=True, help="Go on showing new ones until Ctrl-C.")
@with_settings
def events_command(group: str | None, count: int, follow: bool, settings: Settings) -> int:
    """Show the events of a group, or of all groups, oldest first.

    \b
    Examples:
      hasys events billing -n 5
      hasys events --follow
      hasys events -o json
    """
    return asyncio.run(_events(group, count, follow=follow, settings=settings))


async def _events(group: str | None, count: int, *, follow: bool, settings: Settings) -> int:
    async with settings.application() as application:
        name = None if group is None else application.group(group).name
        found = await application.events.last(count, group=name)
        if settings.output == "json" and not follow:
            document("events", {"events": [_event_json(number, one) for number, one in found]})
            return 0
        _show(found)
        last = found[-1][0] if found else 0
        while follow:
            await application.clock.sleep(FOLLOW_EVERY_S)
            fresh = await application.events.after(last, group=name)
            _show(fresh)
            last = fresh[-1][0] if fresh else last
    return 0


def _show(found: list[tuple[int, Event]]) -> None:
    for _, event in found:
        where = event.server or "-"
        click.echo(
            f"{event.at.astimezone():%Y-%m-%d %H:%M:%S}  {coloured(event.severity.value):<8}"
            f"  {event.group}  {where}  {event.kind}  {event.text}  ({event.source})"
        )


def _event_json(number: int, event: Event) -> dict[str, Any]:
    return {
        "number": number,
        "at": event.at.isoformat(),
        "group": event.group,
        "kind": event.kind,
        "severity": event.severity.value,
        "server": event.server,
        "source": event.source,
        "run": event.run,
        "text": event.text,
    }


@click.command("history")
@click.argument("group", required=False)
@click.option("--run", "run_id", metavar="RUN", help="Show the steps of one run.")
@click.option("-n", "--last", "count", default=20, show_default=True, help="How many.")
@with_settings
def history_command(group: str | None, run_id: str | None, count: int, settings: Settings) -> int:
    """List runs, newest first, or the steps of one.

    \b
    Examples:
      hasys history billing
      hasys history --run r-20261124-031500-9c2f
    """
    return asyncio.run(_history(group, run_id, count, settings))


async def _history(group: str | None, run_id: str | None, count: int, settings: Settings) -> int:
    async with settings.application() as application:
        if run_id is not None:
            return await _steps(application, run_id, settings)
        name = None if group is None else GroupName(group)
        runs = await application.journal.runs(group=name, limit=count)
    if settings.output == "json":
        document("history", {"runs": [_run_json(run) for run in runs]})
        return 0
    table(
        ("RUN", "GROUP", "PLAYBOOK", "STATE", "STARTED", "TOOK", "MESSAGE"),
        [
            (
                run.id,
                run.group,
                run.playbook,
                run.state.value,
                f"{run.started_at.astimezone():%Y-%m-%d %H:%M:%S}",
                _took(run),
                run.message,
            )
            for run in runs
        ],
    )
    return 0


def _took(run: RunRecord) -> str:
    if run.ended_at is None:
        return "-"
    return duration((run.ended_at - run.started_at).total_seconds())


def _run_json(run: RunRecord) -> dict[str, Any]:
    return {
        "run": run.id,
        "group": run.group,
        "playbook": run.playbook,
        "state": run.state.value,
        "started_at": run.started_at.isoformat(),
        "ended_at": None if run.ended_at is None else run.ended_at.isoformat(),
        "source": run.charter.get("source"),
        "target": run.charter.get("target"),
        "epoch": run.charter.get("epoch"),
        "by": run.charter.get("by"),
        "message": run.message,
    }


async def _steps(application: Any, run_id: str, settings: Settings) -> int:
    steps = await application.journal.steps(run_id)
    rows = [
        (
            step.id,
            step.title,
            step.server or "-",
            "under way" if step.outcome is None else step.outcome.status.value,
            "-" if step.outcome is None else f"{step.outcome.took_s:.3f} s",
            "" if step.outcome is None else step.outcome.message,
        )
        for step in steps
    ]
    if settings.output == "json":
        names = ("step", "title", "server", "status", "took", "message")
        document(
            "run-steps",
            {"run": run_id, "steps": [dict(zip(names, row, strict=True)) for row in rows]},
        )
    else:
        table(("STEP", "WHAT", "SERVER", "STATUS", "TOOK", "MESSAGE"), rows)
    return 0
