"""`hasys reload`: the daemon reads its configuration anew."""

import asyncio
from typing import Any

import click

from orchestrator.cli.settings import Settings, with_settings
from orchestrator.errors import UsageError


@click.command("reload")
@with_settings
def reload_command(settings: Settings) -> int:
    """Let the daemon read its configuration anew; files with problems change nothing.

    \b
    Example:
      hasys check && hasys reload
    """
    answer = asyncio.run(_reload(settings))
    for name in answer["changed"]:
        click.echo(f"{name}: looked after by its new definition")
    for name in answer["gone"]:
        click.echo(f"{name}: not in the files any more; it goes on until hasys release {name}")
    for name, why in answer["refused"].items():
        click.echo(f"{name}: goes on by the definition before: {why}", err=True)
    if not answer["changed"] and not answer["refused"]:
        click.echo("no group has changed")
    return 1 if answer["refused"] else 0


async def _reload(settings: Settings) -> dict[str, Any]:
    from orchestrator.daemon.client import found

    daemon = await found(settings.state_directory())
    if daemon is None:
        raise UsageError("no daemon runs on this state directory", hint="hasys run begins one")
    return await daemon.ask({"op": "reload"})
