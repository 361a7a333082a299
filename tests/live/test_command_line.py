"""What a person meets before any server is asked: help, completion, reading along."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.cli.main import COMMANDS
from tests.live.site import ENVIRONMENT, Controller

GROUPS = {"flow": ["show"], "playbooks": ["list", "show", "copy"]}
SUBCOMMANDS = [
    [name, *sub] for name in COMMANDS for sub in ([[one] for one in GROUPS.get(name, [])] or [[]])
]


@pytest.mark.parametrize("command", SUBCOMMANDS, ids=" ".join)
def test_the_help_of_every_command_has_an_example_of_it(command, tmp_path):
    answer = Controller(tmp_path, "web").hasys(*command, "--help")

    assert answer.code == 0
    assert "Example" in answer.out
    assert f"hasys {' '.join(command)}" in answer.out.partition("Example")[2]


def test_a_real_bash_completes_commands_from_the_script(tmp_path):
    program = Path(sys.executable).with_name("hasys")
    script = (
        f'source <("{program}" completion bash)\n'
        'COMP_WORDS=(hasys sw); COMP_CWORD=1; COMP_LINE="hasys sw"; COMP_POINT=8\n'
        "complete -p hasys\n"
        'function_name=$(complete -p hasys | sed -n "s/.*-F \\([^ ]*\\).*/\\1/p")\n'
        '"$function_name" hasys sw hasys\n'
        'printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    path = f"{program.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--norc", "-e", "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        env={**ENVIRONMENT, "PATH": path},
        cwd=tmp_path,
        check=False,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "switchover"


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    command = Controller(tmp_path, "web").command("schema")
    done = subprocess.run(
        ["bash", "-c", '"$@" | head -c 1', "bash", *command],
        capture_output=True,
        text=True,
        timeout=60,
        env=ENVIRONMENT,
        check=False,
    )

    assert done.stdout == "{"
    assert done.stderr == ""
