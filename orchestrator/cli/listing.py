"""`--list-tasks`, `--list-tags`, `--list-hosts`, `--syntax-check`: a playbook as it is written."""

import enum
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, assert_never

import click

from orchestrator.errors import UsageError
from orchestrator.model import Group
from orchestrator.playbooks.model import CompiledPlay, HostSelector, Program
from orchestrator.playbooks.select import tags_of, tasks_of

Command = TypeVar("Command", bound=Callable[..., int])
_WHEN_IT_RUNS = (
    HostSelector.ACTIVE,
    HostSelector.STANDBY,
    HostSelector.SOURCE,
    HostSelector.TARGET,
)


class Listing(enum.Enum):
    TASKS = "tasks"
    TAGS = "tags"
    HOSTS = "hosts"
    SYNTAX = "syntax"


def with_listing(command: Command) -> Command:
    """A command that can be asked what it would play: it gets `listing`, None: it shall play."""

    @click.option("--list-tasks", "listing", flag_value="tasks", help="List tasks; run nothing.")
    @click.option("--list-tags", "listing", flag_value="tags", help="List tags; run nothing.")
    @click.option("--list-hosts", "listing", flag_value="hosts", help="List servers; run nothing.")
    @click.option(
        "--syntax-check", "listing", flag_value="syntax", help="Check the files; run nothing."
    )
    @click.option("--step", is_flag=True, hidden=True)
    @functools.wraps(command)
    def listing_command(*args: Any, listing: str | None, step: bool, **options: Any) -> int:
        if step:
            raise UsageError(
                "--step: a run that holds the group does not wait for a person",
                hint="see each step before it is done: --check; choose with --tags, "
                "--start-at-task",
            )
        chosen = None if listing is None else Listing(listing)
        return command(*args, listing=chosen, **options)

    return listing_command  # type: ignore[return-value]


def show(written: tuple[Program, Group], listing: Listing) -> None:
    """In the shape in which Ansible lists; no server is asked."""
    program, group = written
    click.echo(f"\nplaybook: {program.playbook.file}")
    for number, play in enumerate(program.plays, start=1):
        if listing is Listing.SYNTAX:
            continue
        tags = "" if listing is Listing.HOSTS else f"\tTAGS: [{', '.join(play.play.tags)}]"
        click.echo(f"\n  play #{number} ({play.play.hosts}): {play.play.name}{tags}")
        for line in _lines(play, group, listing):
            click.echo(line)


def _lines(play: CompiledPlay, group: Group, listing: Listing) -> Iterator[str]:
    match listing:
        case Listing.TASKS:
            yield "    tasks:"
            for node in tasks_of(play.tasks):
                tags = ", ".join(sorted(node.task.directives.tags))
                yield f"      {node.task.name}\tTAGS: [{tags}]"
        case Listing.TAGS:
            yield f"      TASK TAGS: [{', '.join(sorted(set(tags_of(play.tasks))))}]"
        case Listing.HOSTS:
            yield from _hosts(play, group)
        case Listing.SYNTAX:
            pass
        case _:
            assert_never(listing)


def _hosts(play: CompiledPlay, group: Group) -> Iterator[str]:
    if play.selector in _WHEN_IT_RUNS:
        yield f"    hosts (1): shows when it runs, one of {', '.join(group.server_names)}"
        return
    names = group.server_names if play.selector is HostSelector.GROUP else (play.server or "",)
    yield f"    hosts ({len(names)}):"
    yield from (f"      {name}" for name in names)
