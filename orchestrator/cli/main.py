"""`hasys`: the command and its subcommands, loaded when they are called."""

import importlib
import sys
from typing import Any

import click
from click.shell_completion import CompletionItem

from orchestrator.cli.settings import Settings, settings_options
from orchestrator.cli.summaries import SUMMARIES
from orchestrator.errors import ConfigInvalid, HasysError

COMMANDS = {
    "init": "configure",
    "check": "configure",
    "inventory": "configure",
    "schema": "configure",
    "authorize": "authorize",
    "flow": "flow",
    "status": "status",
    "explain": "explain",
    "start": "operate",
    "stop": "operate",
    "switchover": "operate",
    "failover": "failover",
    "resolve": "resolve",
    "fence": "fence",
    "play": "operate",
    "maintenance": "maintenance",
    "rekey": "rekey",
    "resume": "resume",
    "rollback": "rollback",
    "run": "run",
    "reload": "reload",
    "release": "release",
    "playbooks": "playbooks",
    "plan": "operate",
    "events": "events",
    "history": "events",
    "simulate": "simulate",
    "completion": "completion",
    "demo": "demo",
}
"""Name -> module of this package that holds the function of the same name."""
COMPLETION_WIDTH = 45
"""Of what a shell shows beside a command's name."""


class LazyGroup(click.Group):
    """Imports a subcommand's module when it is needed: the controller's libraries are heavy."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"orchestrator.cli.{COMMANDS[cmd_name]}")
        command = getattr(module, f"{cmd_name}_command")
        if not isinstance(command, click.Command):
            raise TypeError(cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """As click does it, but by the table: asking each command would import them all."""
        del ctx
        limit = formatter.width - 6 - max(len(name) for name in COMMANDS)
        rows = [(name, _summary(name, limit)) for name in COMMANDS]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """As click does it, but by the table: somebody waits with a finger on the key."""
        names = [
            CompletionItem(name, help=_summary(name, COMPLETION_WIDTH))
            for name in COMMANDS
            if name.startswith(incomplete)
        ]
        return names + click.Command.shell_complete(self, ctx, incomplete)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise click.UsageError(f"{error.message}{_did_you_mean(args[0])}", ctx) from None


def _summary(name: str, width: int) -> str:
    return click.Command(name, help=SUMMARIES[name]).get_short_help_str(width)


def _did_you_mean(word: str) -> str:
    import difflib

    close = difflib.get_close_matches(word, COMMANDS, n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: 0 done, 1 failed, 2 usage, 3 refused, 4 unreachable, 5 degraded, "
    "65 bad files, 70 our bug, 75 busy, 77 not allowed, 130 interrupted.",
)
@settings_options
@click.version_option(package_name="hasys", prog_name="hasys")
@click.pass_context
def hasys(ctx: click.Context, /, **options: Any) -> None:
    """Keep a service running on a pair of servers, with nothing installed on them.

    \b
    Examples:
      hasys init ./inventory               a commented example to start from
      hasys check --live billing           is everything there that the group needs?
      hasys start billing                  start the service on the preferred server
      hasys switchover billing             move it to the other one, in order
      hasys status -o json                 how all groups are, for a program
    """
    ctx.obj = Settings.from_options(options)


def run() -> None:
    """The console script: errors become exit codes here and nowhere else."""
    sys.exit(main(sys.argv[1:]))


def main(arguments: list[str]) -> int:
    try:
        code = hasys.main(arguments, prog_name="hasys", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("interrupted", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except HasysError as error:
        _say(error)
        return error.exit_code
    except BrokenPipeError:
        # The reader went away (`hasys events | head`): nothing is wrong.
        sys.stderr.close()
        return 0
    except Exception as error:  # noqa: BLE001 - no traceback may reach a person
        return _our_bug(error)
    return code if isinstance(code, int) else 0


def _say(error: HasysError) -> None:
    if isinstance(error, ConfigInvalid):
        for problem in error.problems:
            click.echo(problem, err=True)
    click.echo(f"hasys: {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)


def _our_bug(error: Exception) -> int:
    import tempfile
    import traceback

    with tempfile.NamedTemporaryFile(
        "w", prefix="hasys-", suffix=".traceback", delete=False
    ) as file:
        traceback.print_exception(error, file=file)
    click.echo(f"hasys: internal error: {type(error).__name__}: {error}", err=True)
    click.echo(f"  this is a bug; please report it with {file.name}", err=True)
    return 70
