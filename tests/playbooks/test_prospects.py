"""Whether a stop is for good, or a start is to follow: as the program says, whatever its name."""

import pytest

from orchestrator.playbooks.beside import Kept
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.parse import parse
from orchestrator.playbooks.prospects import starts_after, written
from orchestrator.playbooks.select import tasks_of
from tests.executor.runs import LIBRARY
from tests.graph.groups import billing


def stops(text):
    """Of each flow that stops: its path, and whether a start is to follow."""
    program = compile_program(parse(text, "test.yaml", Kept(LIBRARY)), billing())
    paths = [path for path, action in flows(program) if action == "stop"]
    return {path: starts_after(program, path) for path in paths}


def flows(program):
    for play in program.plays:
        for task in tasks_of(play.tasks):
            if task.flow:
                yield task.path, task.flow[0].action.value


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("stop", [False]),
        ("switchover", [True, True]),
        ("forced-failover", [True]),
        ("partition-resolution", [True]),
        # moved away first; what is stopped at the end stays so
        ("maintenance-in", [True, True, False]),
        ("rejoin", [False]),
    ],
)
def test_of_the_shipped_playbooks(name, found):
    assert list(stops(LIBRARY[f"{name}.yaml"]).values()) == found


def test_a_start_that_is_there_for_failures_does_not_follow():
    playbook = """
- hosts: source
  tasks:
    - block:
        - flow: stopped
        - command: tidy
      rescue:
        - flow: started
"""

    assert list(stops(playbook).values()) == [False]
    assert list(stops(playbook.replace("rescue", "always")).values()) == [True]


def test_a_start_by_a_handler_follows():
    playbook = """
- hosts: source
  handlers: [{name: again, flow: started}]
  tasks: [{flow: stopped, notify: again}]
"""

    assert list(stops(playbook).values()) == [True]


def test_a_turn_of_a_loop_is_of_the_task_that_is_written():
    assert written("1.2[3]~1") == "1.2"
