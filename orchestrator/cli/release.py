"""`hasys release`: leave a group alone for good."""

import asyncio

import click

from orchestrator.cli.refused import refused
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.model import Group, Refusal
from orchestrator.runtime.application import Application
from orchestrator.runtime.release import Released, release


@click.command("release")
@click.argument("group")
@with_settings
def release_command(group: str, settings: Settings) -> int:
    """Remove what HA_SYS keeps on both servers of a group; the service goes on as it is.

    \b
    Example:
      hasys release billing
    """
    if not settings.yes:
        click.confirm(
            f"{group} will no longer be protected; its service keeps running. Go on?", abort=True
        )
    result = asyncio.run(_release(group, settings))
    if isinstance(result, tuple):
        return refused(result, settings)
    for server in result.released:
        click.echo(f"{server}: released")
    for server, silence in result.unreachable.items():
        click.echo(f"{server}: not reachable, its record stays: {silence}", err=True)
    return 4 if result.unreachable else 0


async def _release(group: str, settings: Settings) -> Released | tuple[Refusal, ...]:
    async with settings.application() as application:
        found_group = application.group(group)
        await _dismiss(application, found_group)
        return await release(application, found_group)


async def _dismiss(application: Application, group: Group) -> None:
    """Where guards hold the group they end first; their server serves on without them."""
    from orchestrator.daemon.client import found
    from orchestrator.daemon.leaving import dismiss
    from orchestrator.daemon.one_off import one_off

    if await application.states.pairing(group.name) is None:
        return
    daemon = await found(application.state_directory)
    if daemon is not None:
        await daemon.ask({"op": "dismiss", "group": group.name})
        return
    await one_off(application, group, dismiss)
    await application.states.forget(group.name)
