"""Which tasks `--tags`, `--skip-tags` and `--start-at-task` choose, by Ansible's rules."""

import pytest

from orchestrator.errors import UsageError
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.filters import FILTERS
from orchestrator.playbooks.parse import parse
from orchestrator.playbooks.select import tasks_of
from tests.graph.groups import billing

TEXT = """
- hosts: source
  tasks:
    - {name: plain, debug: }
    - {name: web, debug: , tags: "web, both"}
    - {name: sure, debug: , tags: always}
    - {name: rare, debug: , tags: [never, rare]}
    - block:
        - {name: inner, debug: , tags: db}
      tags: both
"""


def chosen(**selection):
    program = compile_program(parse(TEXT, "test.yaml"), billing(), selection=Selection(**selection))
    return [node.task.name for play in program.plays for node in tasks_of(play.tasks)]


@pytest.mark.parametrize(
    ("selection", "names"),
    [
        ({}, ["plain", "web", "sure", "inner"]),
        ({"tags": ("web",)}, ["web", "sure"]),
        ({"tags": ("both",)}, ["web", "sure", "inner"]),
        ({"tags": ("rare",)}, ["sure", "rare"]),
        ({"tags": ("tagged",)}, ["web", "sure", "inner"]),
        ({"tags": ("untagged",)}, ["plain", "sure"]),
        ({"skip_tags": ("both",)}, ["plain", "sure"]),
        ({"skip_tags": ("always",)}, ["plain", "web", "inner"]),
        ({"start_at": "sure"}, ["sure", "inner"]),
        ({"start_at": "in*"}, ["inner"]),
    ],
)
def test_the_tasks_that_are_chosen(selection, names):
    assert chosen(**selection) == names


@pytest.mark.parametrize("selection", [{"tags": ("wbe",)}, {"start_at": "wbe"}])
def test_a_slip_is_told_and_does_not_run_nothing(selection):
    with pytest.raises(UsageError, match="wbe") as caught:
        chosen(**selection)

    assert "did you mean web?" in caught.value.hint


def test_a_pattern_that_backtracks_without_end_is_cut_off():
    with pytest.raises(ValueError, match="takes too long"):
        FILTERS["regex_search"]("a" * 40 + "!", "(a+)+b")
