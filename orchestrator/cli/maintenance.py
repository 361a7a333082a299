"""`hasys maintenance`: a person works on the servers; watch, touch nothing."""

import asyncio
from typing import Any

import click

from orchestrator.cli.output import document
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.model import Mode

MODES = {"on": Mode.MAINTENANCE, "off": Mode.AUTOMATIC}


@click.command("maintenance")
@click.argument("group")
@click.argument("wanted", metavar="on|off", type=click.Choice(tuple(MODES)))
@with_settings
def maintenance_command(group: str, wanted: str, settings: Settings) -> int:
    """Put a group into maintenance, or take it out: while it is on nothing moves by itself.

    The active server goes on alone, without anybody's vote, so that work on networks, on the
    standby or on the controller cannot stop the service.

    \b
    Examples:
      hasys maintenance billing on
      hasys maintenance billing off
    """
    answer = asyncio.run(_change(group, MODES[wanted], settings))
    if settings.output == "json":
        document("maintenance", {"group": group, **answer})
    elif answer["done"]:
        click.echo(f"{group}: maintenance is {wanted}")
    else:
        click.echo(f"{group}: maintenance is {wanted}, but the active does not answer", err=True)
    return 0 if answer["done"] else 4


async def _change(name: str, mode: Mode, settings: Settings) -> dict[str, Any]:
    from orchestrator.cli.acting import ask_loop
    from orchestrator.daemon.maintenance import change

    request = {"op": "mode", "mode": mode.value}
    return await ask_loop(settings, name, request, lambda steward: change(steward, mode))
