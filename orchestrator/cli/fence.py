"""`hasys fence`: the fencing devices of a server, by hand."""

import asyncio
import getpass
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, TypeVar

import click

from orchestrator.cli.output import document
from orchestrator.cli.refused import refused
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.daemon import wire
from orchestrator.daemon.client import found
from orchestrator.errors import UsageError
from orchestrator.fencing import Attempt, Fenced, FenceOutcome, Power, Reading
from orchestrator.model import Group, Reason, Refusal, ServerName
from orchestrator.runtime.application import Application
from orchestrator.runtime.fencing import OwnDevices, fencer_of, is_on, switch_on_by_hand
from orchestrator.store.lock import group_lock

FAILED = 1
DEGRADED = 5

Result = TypeVar("Result")
Operation = Callable[[Application, Group, ServerName], Awaitable[Result]]


@click.command("fence")
@click.argument("group")
@click.argument("server")
@click.option(
    "--action",
    type=click.Choice(["status", "off", "on"]),
    default="status",
    show_default=True,
    help="Ask its devices, or switch the server off or on.",
)
@with_settings
def fence_command(group: str, server: str, action: str, settings: Settings) -> int:
    """Ask the fencing devices of a server, or let them switch it off or on.

    Off wants the server's name typed, on standard input, whatever --yes says. A server counts as
    off only when the devices have confirmed the order and say so when asked again.

    \b
    Examples:
      hasys fence billing linux1                 what do its devices say?
      hasys fence billing linux1 --action off
    """
    name = ServerName(server)
    if action == "off":
        return _off(group, name, settings)
    if action == "on":
        return _on(group, name, settings)
    return _status(group, name, settings)


def _status(group: str, server: ServerName, settings: Settings) -> int:
    async def operation(
        application: Application, of_group: Group, name: ServerName
    ) -> tuple[Reading, ...]:
        return await fencer_of(application, of_group).status(name)

    readings = _carried_out(group, server, settings, operation)
    if not readings:
        return refused([_no_device(server)], settings)
    _show(group, server, "status", readings[0].power, [one.attempt for one in readings], settings)
    return DEGRADED if any(one.power is Power.UNKNOWN for one in readings) else 0


def _off(group: str, server: ServerName, settings: Settings) -> int:
    typed = click.prompt(
        f"{server} will lose its power, and what runs there ends at once. Type its name",
        default="",
        show_default=False,
        err=True,
    )
    if typed != server:
        raise UsageError(f"{typed!r} was typed, not {server!r}: nothing was done")
    outcome = _carried_out(group, server, settings, _switch_off)
    if not isinstance(outcome, Fenced):
        return refused([outcome.refusal], settings)
    _show(group, server, "off", Power.OFF, outcome.attempts, settings)
    return 0


def _on(group: str, server: ServerName, settings: Settings) -> int:
    readings = _carried_out(group, server, settings, _switch_on)
    if not readings:
        return refused([_no_device(server)], settings)
    power = Power.ON if is_on(readings) else Power.UNKNOWN
    _show(group, server, "on", power, [one.attempt for one in readings], settings)
    return 0 if power is Power.ON else FAILED


async def _switch_off(application: Application, group: Group, server: ServerName) -> FenceOutcome:
    by = getpass.getuser()
    if (daemon := await found(application.state_directory)) is not None:
        return wire.outcome_from_json(await daemon.ask(_request(group, server, "off", by)))
    with group_lock(application.state_directory, group.name, f"fence {server} by {by}"):
        return await OwnDevices(application=application, group=group, by=by).off(server)


async def _switch_on(
    application: Application, group: Group, server: ServerName
) -> tuple[Reading, ...]:
    by = getpass.getuser()
    if (daemon := await found(application.state_directory)) is not None:
        return wire.readings_from_json(await daemon.ask(_request(group, server, "on", by)))
    with group_lock(application.state_directory, group.name, f"switch on {server} by {by}"):
        return await switch_on_by_hand(application, group, server, by)


def _request(group: Group, server: ServerName, action: str, by: str) -> dict[str, str]:
    return {"op": "fence", "group": group.name, "server": server, "action": action, "by": by}


def _carried_out(
    group: str, server: ServerName, settings: Settings, operation: Operation[Result]
) -> Result:
    """Raises UsageError for a server that is not one of the group's."""

    async def run() -> Result:
        async with settings.application() as application:
            of_group = application.group(group)
            if server not in of_group.server_names:
                names = " and ".join(of_group.server_names)
                raise UsageError(f"{server} is not a server of {group}", hint=f"it has {names}")
            return await operation(application, of_group, server)

    return asyncio.run(run())


def _no_device(server: ServerName) -> Refusal:
    return Refusal(
        reason=Reason.FENCE_NEEDED,
        evidence=f"{server} has no fencing device",
        advice="write fencing: in the group's file",
    )


def _show(
    group: str,
    server: ServerName,
    action: str,
    power: Power,
    attempts: Iterable[Attempt],
    settings: Settings,
) -> None:
    if settings.output == "json":
        content = {"group": group, "server": server, "action": action, "power": power.value}
        document("fence", {**content, "attempts": [_as_json(one) for one in attempts]})
        return
    for one in attempts:
        click.echo(f"{server}: {one}  {one.took_s:.1f} s")


def _as_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "device": attempt.device,
        "level": attempt.level,
        "action": attempt.action.value,
        "done": attempt.done,
        "saw": attempt.saw,
        "took_s": round(attempt.took_s, 3),
    }
