"""The schema for editors: what may be played fits it, what is misspelled does not."""

from pathlib import Path

import jsonschema
import pytest

from orchestrator.config import strict_yaml
from orchestrator.playbooks import keywords
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.schema import json_schema
from orchestrator.resources import playbook_library

TESTS = Path(__file__).parents[1]
GOOD = sorted(
    [
        *playbook_library().glob("*.yaml"),
        *(TESTS / "playbooks/compare").glob("*.yaml"),
        TESTS / "executor/everything.yaml",
    ]
)
VALIDATOR = jsonschema.Draft202012Validator(json_schema())


def read(text):
    """As YAML 1.2, which editors check."""
    return strict_yaml.to_python(strict_yaml.parse(text, "test.yaml").root)


@pytest.mark.parametrize("file", GOOD, ids=lambda file: file.stem)
def test_what_can_be_played_fits(file):
    VALIDATOR.validate(read(file.read_text()))


@pytest.mark.parametrize(
    "text",
    [
        "- {tasks: []}",
        "- {hosts: source, task: []}",
        "- {hosts: source, tasks: [{command: x, wen: true}]}",
        "- {hosts: source, tasks: [{comand: x}]}",
        "- {hosts: source, tasks: [{name: x}]}",
        "- {hosts: source, tasks: [{command: x, shell: x}]}",
        "- {hosts: source, tasks: [{wait_for: {prt: 1}}]}",
        "- {hosts: source, tasks: [{flow: {state: statred}}]}",
        "- {hosts: source, tasks: [{meta: end_batch}]}",
        "- {hosts: source, roles: [web]}",
        "- {import_playbook: a.yaml, hosts: source}",
        "hosts: source",
    ],
)
def test_what_is_misspelled_does_not(text):
    assert not VALIDATOR.is_valid(read(text))


def test_every_word_is_explained():
    task = json_schema()["$defs"]["task"]
    while "else" in task:
        task = task["else"]

    words = task["properties"]
    assert {*words} == {*keywords.TASK, *keywords.HANDLER, *keywords.DIRECTIVES, *MODULES}
    assert all(one["description"] for one in words.values())
