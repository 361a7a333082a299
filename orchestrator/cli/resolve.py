"""`hasys resolve`: both servers hold the service, or neither; a person says which one shall."""

import asyncio
import getpass

import click

from orchestrator.cli.acting import act
from orchestrator.cli.output import coloured
from orchestrator.cli.running import Following, follow, with_following
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.decision.roles import GroupStatus, silence_of
from orchestrator.errors import NotAllowed, UsageError
from orchestrator.executor.run import RunResult
from orchestrator.model import Group, Refusal, Role, Seen, ServerName, Unknown
from orchestrator.playbooks import library
from orchestrator.runtime.application import Application
from orchestrator.runtime.observe import look
from orchestrator.runtime.order import Caller, Order
from orchestrator.runtime.wishes import Wished, WishKind

ROLES = {"active": Role.ACTIVE, "standby": Role.STANDBY}


@click.command("resolve")
@click.argument("group")
@click.option("--server", required=True, metavar="SERVER", help="The server that is spoken of.")
@click.option(
    "--role", required=True, type=click.Choice(tuple(ROLES)), help="What it shall be afterwards."
)
@with_following
@with_settings
def resolve_command(
    group: str, server: str, role: str, settings: Settings, following: Following
) -> int:
    """Decide where the service belongs when both servers hold it, or neither does.

    Shows what each of them holds, asks, stops the one and makes the other whole.

    \b
    Examples:
      hasys resolve billing --server linux2 --role active
      hasys resolve billing --server linux1 --role standby
    """
    seen = asyncio.run(_look(group, settings))
    keep = _kept(seen.group, server, ROLES[role])
    wish = Wished(kind=WishKind.RESOLVE, server=keep, epoch=seen.epoch)
    if not isinstance(wish(seen), tuple):
        _confirm(seen, keep, settings)

    async def operation(
        application: Application, caller: Caller
    ) -> RunResult | tuple[Refusal, ...]:
        found = application.group(group)
        order = Order(
            group=found,
            playbook=library.read("partition-resolution", application.configuration.directory),
            wish=wish,
            variables={"keep": keep},
            by=getpass.getuser(),
        )
        return await act(application, order, caller)

    return follow(operation, settings, following)


async def _look(group: str, settings: Settings) -> GroupStatus:
    async with settings.application() as application:
        return await look(application, application.group(group))


def _kept(group: Group, server: str, role: Role) -> ServerName:
    """The server that shall be ACTIVE."""
    if server not in group.server_names:
        raise UsageError(
            f"{server!r} is not a server of {group.name}",
            hint=f"servers: {', '.join(group.server_names)}",
        )
    name = ServerName(server)
    return name if role is Role.ACTIVE else group.peer_of(name).name


def _confirm(seen: GroupStatus, keep: ServerName, settings: Settings) -> None:
    """Raises NotAllowed when the person does not go on."""
    for line in _evidence(seen):
        click.echo(line, err=True)
    other = seen.group.peer_of(keep).name
    question = f"stop the service on {other}, and make {keep} the ACTIVE server?"
    if not settings.yes and not click.confirm(question, err=True):
        raise NotAllowed("not confirmed; nothing was done")


def _evidence(seen: GroupStatus) -> list[str]:
    """Both sides, part by part."""
    lines = []
    for view in seen.view.servers:
        lines.append(f"{view.server}  {coloured(seen.roles[view.server].value)}")
        if isinstance(view.reach, Unknown):
            lines.append(f"  {silence_of(view)}")
            continue
        for name, one in sorted(view.resources.items()):
            state = one.value.value if isinstance(one, Seen) else "unknown"
            lines.append(f"  {name}: {state}  {one.detail}")
    return lines
