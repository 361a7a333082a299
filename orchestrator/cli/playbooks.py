"""`hasys playbooks`: what can be played."""

import click

from orchestrator.cli.output import document, table
from orchestrator.cli.settings import Settings, with_settings
from orchestrator.playbooks import library


@click.group("playbooks")
@click.pass_context
def playbooks_command(ctx: click.Context) -> None:
    """Look at the playbooks that come with HA_SYS and at the site's own."""
    del ctx


@playbooks_command.command("list")
@with_settings
def playbooks_list(settings: Settings) -> int:
    """List playbooks; one of the site's replaces the shipped one of the same name.

    \b
    Example:
      hasys playbooks list
    """
    found = library.find_all(settings.inventory_directory())
    if settings.output == "json":
        content = [
            {"name": one.name, "file": str(one.path), "summary": one.summary} for one in found
        ]
        document("playbooks", {"playbooks": content})
    else:
        rows = [(one.name, "shipped" if one.is_shipped else "site", one.summary) for one in found]
        table(("NAME", "FROM", "SUMMARY"), rows)
    return 0


@playbooks_command.command("show")
@click.argument("playbook")
@with_settings
def playbooks_show(playbook: str, settings: Settings) -> int:
    """Print a playbook's text.

    \b
    Example:
      hasys playbooks show switchover
    """
    click.echo(library.find(playbook, settings.inventory_directory()).text(), nl=False)
    return 0


@playbooks_command.command("copy")
@click.argument("playbook")
@with_settings
def playbooks_copy(playbook: str, settings: Settings) -> int:
    """Copy a shipped playbook into the site's `playbooks` folder, to be changed there.

    \b
    Example:
      hasys playbooks copy switchover
    """
    for path in library.copy(playbook, settings.inventory_directory()):
        click.echo(f"wrote {path}")
    return 0
