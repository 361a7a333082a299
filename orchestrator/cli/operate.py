"""`hasys start`, `stop`, `switchover` and `play`: each is a playbook and a wish."""

import dataclasses
import getpass
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from orchestrator.cli.extra_variables import parse_variables
from orchestrator.cli.listing import Listing, show, with_listing
from orchestrator.cli.planning import OrderOf, Planning, carry, foretell, with_planning
from orchestrator.cli.running import Following, with_following
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.errors import UsageError
from orchestrator.model import Group, ResourceName, ServerName
from orchestrator.playbooks import library
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.model import Program
from orchestrator.runtime.application import Application
from orchestrator.runtime.order import Order
from orchestrator.runtime.wishes import Wished, WishKind

Command = TypeVar("Command", bound=Callable[..., int])


@click.command("start")
@click.argument("group")
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@click.option("--on", "server", metavar="SERVER", help="Where; else where it runs or is preferred.")
@with_planning
@with_following
@with_settings
def start_command(
    group: str,
    resources: tuple[str, ...],
    server: str | None,
    settings: Settings,
    following: Following,
    planning: Planning,
) -> int:
    """Start a group's service, or single resources with what they need.

    \b
    Examples:
      hasys start billing
      hasys start billing --on linux2
      hasys start billing database       only the database and what it stands on
    """

    def order(application: Application) -> Order:
        found = application.group(group)
        wish = Wished(kind=WishKind.START, server=_server(found, server))
        made = _order(application, found, "start", wish)
        return dataclasses.replace(made, only=_resources(found, resources))

    return carry(order, settings, following, planning)


@click.command("stop")
@click.argument("group")
@click.argument("resources", nargs=-1, metavar="[RESOURCE]...")
@click.option("--on", "server", metavar="SERVER", help="Only on this server; else on both.")
@with_planning
@with_following
@with_settings
def stop_command(
    group: str,
    resources: tuple[str, ...],
    server: str | None,
    settings: Settings,
    following: Following,
    planning: Planning,
) -> int:
    """Stop a group's service, or single resources with what stands on them.

    \b
    Examples:
      hasys stop billing
      hasys stop billing --on linux2
      hasys stop billing database        the database and all that needs it
    """

    def order(application: Application) -> Order:
        found = application.group(group)
        limit = _server(found, server)
        wish = Wished(kind=WishKind.STOP, server=limit)
        made = _order(application, found, "stop", wish)
        return dataclasses.replace(made, only=_resources(found, resources), limit=limit)

    return carry(order, settings, following, planning)


@click.command("switchover")
@click.argument("group")
@click.option("--to", "server", metavar="SERVER", help="The server that shall be ACTIVE.")
@with_planning
@with_following
@with_settings
def switchover_command(
    group: str,
    server: str | None,
    settings: Settings,
    following: Following,
    planning: Planning,
) -> int:
    """Move the service to the other server, in order; refused when that one could not take over.

    \b
    Examples:
      hasys switchover billing
      hasys switchover billing --to linux2
    """

    def order(application: Application) -> Order:
        found = application.group(group)
        wish = Wished(kind=WishKind.SWITCHOVER, server=_server(found, server))
        return _order(application, found, "switchover", wish)

    return carry(order, settings, following, planning)


def _with_selection(command: Command) -> Command:
    """What a playbook is played with, and planned with: it comes as one mapping."""
    options = (
        click.argument("group"),
        click.argument("playbook"),
        click.option(
            "-e",
            "--extra-vars",
            multiple=True,
            metavar="KEY=VALUE|JSON|@FILE",
            help="Variables that win over all others; may be given several times.",
        ),
        click.option("-l", "--limit", metavar="SERVER", help="Touch only this server."),
        click.option(
            "-t", "--tags", multiple=True, metavar="TAGS", help="Only tasks with one of these."
        ),
        click.option(
            "--skip-tags", multiple=True, metavar="TAGS", help="No task with one of these."
        ),
        click.option(
            "--start-at-task", "start_at", default="", metavar="NAME", help="Leave out before."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command("play")
@_with_selection
@with_listing
@with_planning
@with_following
@with_settings
def play_command(
    settings: Settings,
    following: Following,
    planning: Planning,
    listing: Listing | None,
    **chosen: Any,
) -> int:
    """Run a playbook on a group: a file, or the name of one of `hasys playbooks list`.

    `source` is the ACTIVE server and `target` the other one.

    \b
    Examples:
      hasys play billing ./check-replica.yaml
      hasys play billing switchover -e reason="kernel upgrade"
      hasys play billing ./upgrade.yaml -l linux2 --tags packages,restart
      hasys play billing ./upgrade.yaml --check --diff
      hasys play billing ./upgrade.yaml --list-tasks
    """
    if listing is not None:
        show(_written(chosen, settings), listing)
        return 0
    return carry(_play_order(chosen), settings, following, planning)


@click.command("plan")
@_with_selection
@click.option("-D", "--diff", is_flag=True, help="Show what differs within files.")
@click.option("--offline", is_flag=True, help="Ask no server: the playbook as it is written.")
@with_settings
def plan_command(settings: Settings, diff: bool, offline: bool, **chosen: Any) -> int:
    """Say what a playbook would do with a group now, step by step; nothing is changed.

    Both servers are asked: what each step needs, and whether it would change anything. What only
    shows when it runs is said to be so. `hasys play ... --plan DIGEST` then does exactly that.

    \b
    Examples:
      hasys plan billing switchover
      hasys plan billing ./site-upgrade.yaml -e version=2.1 --diff
    """
    if offline:
        return _show_written(chosen, settings)
    return foretell(_play_order(chosen), settings, Planning(check=True, diff=diff))


def _show_written(chosen: Mapping[str, Any], settings: Settings) -> int:
    from orchestrator.playbooks.render import render_program

    program, group = _written(chosen, settings)
    click.echo(render_program(program, group), nl=False)
    return 0


def _written(chosen: Mapping[str, Any], settings: Settings) -> tuple[Program, Group]:
    """All that can be known of a play without asking a server."""
    from orchestrator.playbooks.compile import compile_program
    from orchestrator.runtime.application import load_checked

    configuration = load_checked(settings.inventory_directory())
    group = configuration.group(chosen["group"])
    extra = parse_variables(chosen["extra_vars"])
    _server(group, chosen["limit"])
    playbook = library.read(chosen["playbook"], configuration.directory)
    program = compile_program(
        playbook,
        group,
        variables=configuration.variables,
        extra=extra,
        selection=_selection(chosen),
    )
    return program, group


def _selection(chosen: Mapping[str, Any]) -> Selection:
    return Selection(
        tags=_words(chosen["tags"]),
        skip_tags=_words(chosen["skip_tags"]),
        start_at=chosen["start_at"],
    )


def _play_order(chosen: Mapping[str, Any]) -> OrderOf:
    variables = parse_variables(chosen["extra_vars"])

    def order(application: Application) -> Order:
        found = application.group(chosen["group"])
        made = _order(application, found, chosen["playbook"], Wished(kind=WishKind.PLAY))
        limit = _server(found, chosen["limit"])
        return dataclasses.replace(
            made, variables=variables, limit=limit, selection=_selection(chosen)
        )

    return order


def _order(application: Application, group: Group, playbook: str, wish: Wished) -> Order:
    return Order(
        group=group,
        playbook=library.read(playbook, application.configuration.directory),
        wish=wish,
        by=getpass.getuser(),
    )


def _server(group: Group, name: str | None) -> ServerName | None:
    if name is None or name in group.server_names:
        return None if name is None else ServerName(name)
    raise UsageError(
        f"{name!r} is not a server of {group.name}",
        hint=f"servers: {', '.join(group.server_names)}",
    )


def _resources(group: Group, names: tuple[str, ...]) -> frozenset[ResourceName]:
    unknown = sorted(set(names) - {str(name) for name in group.resources})
    if unknown:
        raise UsageError(
            f"{group.name} has no resource {', '.join(unknown)}",
            hint=f"resources: {', '.join(group.resources)}",
        )
    return frozenset(ResourceName(name) for name in names)


def _words(given: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word for text in given for part in text.split(",") if (word := part.strip()))
