"""The reference is what the code says, and the code's tables are what the executor does."""

from pathlib import Path

from orchestrator.executor.charter import Charter
from orchestrator.executor.scope import Scope, registered
from orchestrator.executor.task import DEFAULT_TIMEOUT_S
from orchestrator.model import ControllerId, Epoch, Outcome, RunId, ServerName, Status
from orchestrator.playbooks import keywords
from orchestrator.playbooks.arguments import find_problems
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.parse import parse
from orchestrator.playbooks.reference import as_markdown
from orchestrator.playbooks.variables import MAGIC, REGISTERED
from tests.graph.groups import billing

EXPLANATION = Path(__file__).parents[2] / "docs/explanation/playbooks-for-ansible-users.md"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "playbooks.md"


def test_the_page_is_up_to_date(*, rewrite: bool):
    if rewrite:
        PAGE.write_text(as_markdown())

    assert PAGE.read_text() == as_markdown()


def test_the_example_for_ansible_users_can_be_played():
    text = EXPLANATION.read_text().partition("```yaml\n")[2].partition("```")[0]

    assert compile_program(parse(text, "example.yaml"), billing()).plays


def test_no_keyword_is_both_there_and_refused():
    known = {*keywords.PLAY, *keywords.TASK, *keywords.BLOCK, *keywords.DIRECTIVES}

    assert not known & set(keywords.REFUSED)
    assert not known & set(MODULES)


def test_every_task_has_the_variables_that_the_reference_names():
    group = billing()
    charter = Charter(
        run=RunId("r-1"),
        group=group.name,
        playbook="start",
        file="start.yaml",
        text="",
        digest="",
        source=ServerName("linux2"),
        target=ServerName("linux1"),
        epoch=Epoch(1),
        controller=ControllerId("c-1"),
        servers=group.server_names,
        only=(),
        variables={},
        by="kim",
    )

    assert Scope(group, charter).of(ServerName("linux1"), {}).keys() == MAGIC.keys()


def test_the_reference_names_the_executors_own_deadline():
    assert f"({DEFAULT_TIMEOUT_S:g})" in keywords.DIRECTIVES["timeout"]


def test_registered_results_hold_what_the_reference_says():
    assert registered(Outcome(status=Status.OK)).keys() == REGISTERED.keys()


def test_defaults_are_of_the_kind_that_they_stand_for():
    for module in MODULES.values():
        defaults = {
            name: list(parameter.default)
            if isinstance(parameter.default, tuple)
            else parameter.default
            for name, parameter in module.parameters.items()
            if parameter.default is not None
        }
        complaints = find_problems(module.parameters, defaults)

        assert [wrong for wrong in complaints if wrong.name] == [], module.name
