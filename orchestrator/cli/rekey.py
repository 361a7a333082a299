"""`hasys rekey`: a new key for the heartbeats of a pair."""

import asyncio

import click

from orchestrator.cli.settings import Settings, with_settings


@click.command("rekey")
@click.argument("group")
@with_settings
def rekey_command(group: str, settings: Settings) -> int:
    """Give the guards of a group a new key for their heartbeats; the service goes on.

    \b
    Example:
      hasys rekey billing
    """
    asyncio.run(_rekey(group, settings))
    click.echo(f"{group}: both guards use the new key, the old one is taken no more")
    return 0


async def _rekey(name: str, settings: Settings) -> None:
    from orchestrator.daemon.client import found
    from orchestrator.daemon.one_off import one_off
    from orchestrator.daemon.rekey import rekey
    from orchestrator.runtime.application import opened

    async with opened(
        settings.inventory_directory(),
        settings.state_directory(),
        accept_new_host_keys=settings.accept_new_host_keys,
    ) as application:
        group = application.group(name)
        daemon = await found(application.state_directory)
        if daemon is not None:
            await daemon.ask({"op": "rekey", "group": name})
        else:
            await one_off(application, group, rekey)
