"""`hasys authorize`: what to write on a server so that a login can do nothing but this."""

from pathlib import Path

import click

from orchestrator.cli.output import document
from orchestrator.cli.settings import Settings, with_settings


@click.command("authorize")
@click.argument("server")
@click.option(
    "--key",
    "key_file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The controller's public key; else KEY.pub beside the key that the inventory names.",
)
@with_settings
def authorize_command(server: str, key_file: Path | None, settings: Settings) -> int:
    """Print the authorized_keys line, and the sudoers line for a login that is not root.

    The key then starts the helper and nothing else: no shell, no tunnel, no file copy.

    \b
    Examples:
      hasys authorize linux1
      hasys authorize linux1 --key /etc/hasys/id_ed25519.pub | ssh root@linux1 \\
        'cat >> ~hasys/.ssh/authorized_keys'
    """
    from orchestrator.errors import UsageError
    from orchestrator.model import ServerName
    from orchestrator.runtime.application import load_checked
    from orchestrator.transport.authorize import authorized_keys_line, sudoers_line

    servers = load_checked(settings.inventory_directory()).servers
    found = servers.get(ServerName(server))
    if found is None:
        raise UsageError(f"there is no server {server!r}", hint=f"servers: {', '.join(servers)}")
    login = found.login
    if key_file is None:
        if login.key_file is None:
            raise UsageError(
                f"the inventory names no key for {server}", hint="give the public key with --key"
            )
        key_file = login.key_file.with_name(f"{login.key_file.name}.pub")
    try:
        line = authorized_keys_line(key_file.read_text(), login)
    except OSError as error:
        raise UsageError(f"{key_file}: {error.strerror}", hint="give it with --key") from None
    sudoers = sudoers_line(login) if login.become else None
    if settings.output == "json":
        document("authorize", {"authorized_keys": line, "sudoers": sudoers})
        return 0
    click.echo(f"# for ~{login.user}/.ssh/authorized_keys on {server}", err=True)
    click.echo(line)
    if sudoers is not None:
        click.echo(f"# for /etc/sudoers.d/hasys on {server}", err=True)
        click.echo(sudoers)
    return 0
