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
    from orchestrator.cli.acting import ask_loop
    from orchestrator.daemon.rekey import rekey

    await ask_loop(settings, name, {"op": "rekey"}, rekey)
