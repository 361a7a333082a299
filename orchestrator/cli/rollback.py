"""`hasys rollback`: take back what a run changed, as far as that can be done."""

import asyncio
import dataclasses
import getpass
from collections.abc import Sequence

import click

from orchestrator.cli.output import document
from orchestrator.cli.planning import Planning, carry, with_planning
from orchestrator.cli.running import Following, with_following
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.errors import NotAllowed, UsageError
from orchestrator.model import NoUndo, RunId
from orchestrator.playbooks.parse import parse
from orchestrator.runtime.application import Application
from orchestrator.runtime.order import Order
from orchestrator.runtime.rollback import FILE, ROLLS_BACK, Back, playbook_of, taken_back
from orchestrator.runtime.wishes import Wished, WishKind
from orchestrator.store.journal import RunRecord, RunState

LOOKED_AT = 200
"""Runs of the group that are searched for one that came after."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    record: RunRecord
    backs: tuple[Back, ...]
    later: tuple[RunRecord, ...]


@click.command("rollback")
@click.argument("run")
@click.option("--list", "only_list", is_flag=True, help="Say what can be taken back; do nothing.")
@with_planning
@with_following
@with_settings
def rollback_command(
    run: str, only_list: bool, settings: Settings, following: Following, planning: Planning
) -> int:
    """Take back what a run changed, the last step first; lists first what it can and what not.

    It is a run of its own: it holds the group, stands in the history, can be planned and resumed.

    \b
    Examples:
      hasys rollback r-20261124-031500-9c2f
      hasys rollback r-20261124-031500-9c2f --list
      hasys rollback r-20261124-031500-9c2f --check
    """
    found = asyncio.run(_look(run, settings))
    if only_list and settings.output == "json":
        _show_json(found)
        return 0
    _show(found, settings)
    if only_list:
        return 0
    possible = [back for back in found.backs if not isinstance(back.how, NoUndo)]
    if not possible:
        raise UsageError(f"nothing of {run} can be taken back")
    if not (planning.check or planning.plan or settings.yes):
        _confirm(found, len(possible))
    written = playbook_of(found.record, found.backs)

    def order(application: Application) -> Order:
        group = application.group(found.record.group)
        return Order(
            group=group,
            playbook=parse(written.text, FILE),
            wish=Wished(kind=WishKind.PLAY),
            variables=written.variables,
            by=getpass.getuser(),
        )

    return carry(order, settings, following, planning)


async def _look(run: str, settings: Settings) -> _Found:
    async with settings.application() as application:
        record = await application.journal.run(RunId(run))
        if record is None:
            raise UsageError(f"there is no run {run!r}", hint="hasys history lists them")
        if record.state.is_unfinished:
            raise UsageError(
                f"run {run} has not come to its end",
                hint=f"go on with it: hasys resume {run}, or end it: hasys resume {run} --abandon",
            )
        backs = taken_back(await application.journal.steps(record.id))
        newest_first = await application.journal.runs(group=record.group, limit=LOOKED_AT)
    later = [one for one in newest_first if one.started_at > record.started_at]
    for one in later:
        is_of_it = one.charter.get("variables", {}).get(ROLLS_BACK) == run
        if is_of_it and one.state is RunState.DONE:
            raise UsageError(f"run {one.id} has taken {run} back already")
    return _Found(record=record, backs=backs, later=tuple(later))


def _show(found: _Found, settings: Settings) -> None:
    quiet = settings.output == "json"
    record = found.record
    _say(f"{record.playbook} on {record.group}, run {record.id}, the last step first:", quiet)
    for back in found.backs:
        _say(f"  {_described(back)}", quiet)
    if not found.backs:
        _say("  it changed nothing", quiet)
    if found.later:
        names = ", ".join(f"{one.id} ({one.playbook})" for one in found.later[:5])
        _say(f"after it came {names}: what those changed may be changed back with it", quiet)


def _described(back: Back) -> str:
    step = f"[{back.step.server}] {back.step.title}"
    if isinstance(back.how, NoUndo):
        return f"cannot be taken back: {step}: {back.how.reason}"
    return f"taken back by {back.how.module}: {step}"


def _say(line: str, quiet: bool) -> None:
    """Beside a document for a program, people read on standard error."""
    click.echo(line, err=quiet)


def _show_json(found: _Found) -> None:
    document(
        "rollback",
        {
            "run": found.record.id,
            "steps": [
                {
                    "step": back.step.id,
                    "title": back.step.title,
                    "server": back.step.server,
                    "taken_back_by": None if isinstance(back.how, NoUndo) else back.how.module,
                    "reason": back.how.reason if isinstance(back.how, NoUndo) else None,
                }
                for back in found.backs
            ],
            "later": [one.id for one in found.later],
        },
    )


def _confirm(found: _Found, possible: int) -> None:
    left = len(found.backs) - possible
    stays = f"; {left} cannot be taken back and stay as they are" if left else ""
    steps: Sequence[str] = ("step", "steps")
    question = f"Take back {possible} {steps[possible != 1]}{stays}. Go on?"
    if not click.confirm(question, err=True):
        raise NotAllowed("not confirmed; nothing was done")
