"""`hasys failover --force`: a person makes a server ACTIVE, knowing what that overrides."""

from collections.abc import Mapping
from typing import Any

import click

from orchestrator.cli.running import Following, follow, with_following
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.errors import NotAllowed, UsageError
from orchestrator.executor.run import RunResult
from orchestrator.model import Group, Refusal, ResourceName, ServerName
from orchestrator.runtime.application import Application
from orchestrator.runtime.order import Caller
from orchestrator.store.copies import CopyRecord


@click.command("failover")
@click.argument("group")
@click.option("--force", "forced", is_flag=True, help="Whatever stands in the way.")
@click.option("--to", "server", metavar="SERVER", help="The server that shall be ACTIVE.")
@click.option(
    "--yes-i-accept",
    "accepted",
    default="",
    metavar="RISKS",
    help="data-loss, two-actives or both, with a comma: instead of typing the server's name.",
)
@with_following
@with_settings
def failover_command(
    group: str,
    forced: bool,
    server: str | None,
    accepted: str,
    settings: Settings,
    following: Following,
) -> int:
    """Make a server ACTIVE by force; say what that overrides and what may be lost.

    For an orderly move there is `hasys switchover`; the failover of a server that is lost comes by
    itself where `hasys run` looks after the group.

    \b
    Examples:
      hasys failover billing --force --to linux2
      hasys failover billing --force --to linux2 --yes-i-accept data-loss,two-actives
    """
    if not forced or server is None:
        raise UsageError(
            "failover by hand needs --force and --to SERVER",
            hint=f"in good order: hasys switchover {group}",
        )
    risks = frozenset(word.strip() for word in accepted.split(",") if word.strip())

    async def operation(
        application: Application, caller: Caller
    ) -> RunResult | tuple[Refusal, ...]:
        found = application.group(group)
        return await _force(application, found, ServerName(server), risks, caller)

    return follow(operation, settings, following)


async def _force(
    application: Application,
    group: Group,
    server: ServerName,
    accepted: frozenset[str],
    caller: Caller,
) -> RunResult | tuple[Refusal, ...]:
    from orchestrator.daemon.client import found
    from orchestrator.daemon.force import force, forcing
    from orchestrator.daemon.one_off import one_off
    from orchestrator.daemon.steward import Steward

    kept = await application.copies.of(group.name)
    daemon = await found(application.state_directory)
    if daemon is not None:
        request = {"op": "force-preview", "group": group.name, "to": server}
        preview = await daemon.ask(request)
        _confirm(preview, server, accepted, kept)
        return await daemon.force(group.name, server, preview["token"], caller)

    async def here(steward: Steward) -> RunResult | tuple[Refusal, ...]:
        preview = forcing(steward, server)
        _confirm(preview, server, accepted, kept)
        return await force(steward, server, preview["token"], caller)

    return await one_off(application, group, here)


def _confirm(
    preview: dict[str, Any],
    server: ServerName,
    accepted: frozenset[str],
    kept: Mapping[ResourceName, CopyRecord],
) -> None:
    """Raises NotAllowed when the person does not accept what it may cost."""
    overrides = preview["overrides"]
    click.echo(f"forcing {server} to be ACTIVE overrides:", err=True)
    for one in overrides:
        click.echo(f"  - {one['text']}" + (f"  ({one['risk']})" if one["risk"] else ""), err=True)
    for name, copies in kept.items():
        at = copies.in_sync_at
        when = "never" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M:%S}"
        click.echo(f"  {name}: both copies were last seen in sync: {when}", err=True)
    if not overrides:
        click.echo("  nothing: hasys switchover would do the same in good order", err=True)
    missing = sorted({one["risk"] for one in overrides if one["risk"]} - accepted)
    if not missing:
        return
    if accepted:
        raise NotAllowed(f"not accepted: {', '.join(missing)}", hint="--yes-i-accept names them")
    typed = click.prompt(f"type {server} to go ahead", default="", show_default=False, err=True)
    if typed != server:
        raise NotAllowed("not confirmed; nothing was done")
