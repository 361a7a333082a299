"""`hasys init`, `check`, `inventory` and `schema`: the files that people write."""

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.output import document, table
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.model import Group, Login

DEGRADED = 5


@click.command("init")
@click.argument("directory", type=click.Path(path_type=Path), default=Path("inventory"))
@with_settings
def init_command(directory: Path, settings: Settings) -> int:
    """Write a commented example inventory to start from.

    \b
    Examples:
      hasys init                     into ./inventory
      hasys init /etc/hasys
    """
    del settings
    from orchestrator.config.example import write_example

    for written in write_example(directory):
        click.echo(f"wrote {written}")
    click.echo(f"now edit them, then: hasys -i {directory} check")
    return 0


@click.command("check")
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@click.option("--live", is_flag=True, help="Also log in and compare with what is there.")
@with_settings
def check_command(groups: tuple[str, ...], live: bool, settings: Settings) -> int:
    """Check the configuration; with --live also both servers of each group.

    Exit code 65 for bad files, 5 when a server lacks something, 4 when one does not answer.

    \b
    Examples:
      hasys check
      hasys check --live billing
    """
    from orchestrator.fencing import Agents
    from orchestrator.fencing.validate import check_devices
    from orchestrator.runtime.application import load_checked

    directory = settings.inventory_directory()
    configuration = load_checked(directory)
    asyncio.run(check_devices(configuration, Agents(os.environ)))
    if not live:
        names = ", ".join(sorted(configuration.groups)) or "no groups"
        if settings.output == "json":
            document("check", {"groups": sorted(configuration.groups), "findings": []})
        else:
            click.echo(f"{directory}: no problems found in {names}")
        return 0
    return asyncio.run(_check_live(groups, settings))


async def _check_live(names: tuple[str, ...], settings: Settings) -> int:
    from orchestrator.cli.findings import show_findings
    from orchestrator.runtime.live_check import check_live

    async with settings.application() as application:
        wanted = names or tuple(sorted(application.configuration.groups))
        groups = [application.group(name) for name in wanted]
        looks = await asyncio.gather(*(check_live(application, group) for group in groups))
        found = list(zip(groups, looks, strict=True))
    return show_findings(found, settings)


@click.command("inventory")
@click.argument("groups", nargs=-1, metavar="[GROUP]...")
@with_settings
def inventory_command(groups: tuple[str, ...], settings: Settings) -> int:
    """Show groups and servers as they were read, without passwords.

    \b
    Examples:
      hasys inventory
      hasys inventory billing -o json
    """
    from orchestrator.runtime.application import load_checked

    configuration = load_checked(settings.inventory_directory())
    found = [
        group
        for name, group in sorted(configuration.groups.items())
        if not groups or name in groups
    ]
    if settings.output == "json":
        document("inventory", {"groups": [_group_json(group) for group in found]})
        return 0
    table(
        ("GROUP", "SERVER", "LOGIN", "PREFERRED", "MODE", "RESOURCES"),
        [
            (
                group.name,
                server.name,
                _login_text(server.login),
                "yes" if server.name == group.preferred_active else "",
                group.mode.value,
                ", ".join(group.resources),
            )
            for group in found
            for server in group.servers
        ],
    )
    return 0


def _login_text(login: Login) -> str:
    return f"{login.user}@{login.address}:{login.port}"


def _group_json(group: Group) -> dict[str, Any]:
    return {
        "group": group.name,
        "mode": group.mode.value,
        "preferred_active": group.preferred_active,
        "servers": [
            {
                "name": server.name,
                "address": server.login.address,
                "port": server.login.port,
                "user": server.login.user,
                "become": server.login.become,
            }
            for server in group.servers
        ],
        "resources": {
            name: {"type": resource.type, "after": [after.resource for after in resource.after]}
            for name, resource in group.resources.items()
        },
        "variables": json.loads(json.dumps(dict(group.variables), default=str)),
    }


@click.command("schema")
@click.argument("kind", type=click.Choice(["group", "playbook"]), default="group")
@with_settings
def schema_command(kind: str, settings: Settings) -> int:
    """Print the JSON Schema of a group's file, or of playbooks, for editors.

    \b
    Examples:
      hasys schema > group.schema.json
      # yaml-language-server: $schema=group.schema.json     first line of groups/billing.yaml
      hasys schema playbook > playbook.schema.json
    """
    del settings
    from orchestrator.config import schema as groups
    from orchestrator.playbooks import schema as playbooks

    found = playbooks.json_schema() if kind == "playbook" else groups.json_schema()
    click.echo(json.dumps(found, indent=2))
    return 0
