"""`hasys release`: leave a group alone for good."""

import asyncio

import click

from orchestrator.cli.refused import refused
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.model import Refusal
from orchestrator.runtime.application import opened
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
    async with opened(
        settings.inventory_directory(),
        settings.state_directory(),
        accept_new_host_keys=settings.accept_new_host_keys,
    ) as application:
        return await release(application, application.group(group))
