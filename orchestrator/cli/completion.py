"""`hasys completion`: the shell's own script, made by click."""

import click
from click.shell_completion import get_completion_class

from orchestrator.cli.settings import Settings, with_settings


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@with_settings
def completion_command(shell: str, settings: Settings) -> int:
    """Print the completion script of a shell.

    \b
    Examples:
      source <(hasys completion bash)
      hasys completion zsh > ~/.zfunc/_hasys
    """
    del settings
    from orchestrator.cli.main import hasys

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"no completion for {shell}")
    click.echo(made(hasys, {}, "hasys", "_HASYS_COMPLETE").source())
    return 0
