"""What `hasys --help` says of each command without importing it is what the command says itself."""

import subprocess
import sys

import click

from orchestrator.cli.main import COMMANDS, hasys
from orchestrator.cli.summaries import SUMMARIES

NO_LIMIT = 1000
HEAVY = {"asyncio", "asyncssh", "pydantic", "jinja2", "networkx", "yaml", "sqlite3"}
LOADED = "import sys; from orchestrator.cli.main import main; main({}); print(*sys.modules)"


def test_the_table_has_each_commands_first_sentence():
    context = click.Context(hasys)
    commands = {name: hasys.get_command(context, name) for name in COMMANDS}

    assert {
        name: command.get_short_help_str(NO_LIMIT) for name, command in commands.items()
    } == SUMMARIES


def test_help_imports_no_command_and_nothing_heavy():
    program = LOADED.format(["--help"])
    answer = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.splitlines()

    loaded = set(answer[-1].split())

    assert not HEAVY & loaded
    assert not {f"orchestrator.cli.{module}" for module in COMMANDS.values()} & loaded
