"""What a playbook becomes, and that no text whatever does more than be refused."""

import contextlib

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.errors import ConfigInvalid
from orchestrator.playbooks import keywords
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.parse import parse
from orchestrator.playbooks.template import TemplateText

TEXT = """\
# A comment
- hosts: source
  gather_facts: false
  vars:
    url: "http://{{ address }}/"
  tasks:
    - name: Look
      ansible.builtin.command: /usr/bin/look --at 'the moon'
      register: seen
      until: seen.rc == 0
      retries: 5
      delay: 500ms
      timeout: 1m
      when:
        - true
        - seen is not defined
    - block:
        - debug:
      rescue:
        - fail:
            msg: "{{ ansible_failed_result.msg }}"
"""


def test_a_playbook_with_everything():
    playbook = parse(TEXT, "site/look.yaml")
    (play,) = playbook.plays
    look, block = play.tasks

    assert (playbook.name, playbook.text) == ("look", TEXT)
    assert (play.name, play.hosts, play.position.line) == ("source", "source", 2)
    assert isinstance(play.variables["url"], TemplateText)
    assert (look.module, look.args) == ("command", {"cmd": "/usr/bin/look --at 'the moon'"})
    assert (look.until.retries, look.until.delay_s, look.timeout_s) == (5, 0.5, 60.0)
    assert look.when == ("true", "seen is not defined")
    assert str(look.places["cmd"]) == "site/look.yaml:8:32"
    assert (block.name, block.tasks[0].name, block.rescue[0].module) == ("block", "debug", "fail")


def test_the_same_text_has_the_same_digest_and_another_has_not():
    assert parse(TEXT, "a.yaml").digest == parse(TEXT, "b.yaml").digest
    assert parse(TEXT, "a.yaml").digest != parse(TEXT + "\n", "a.yaml").digest


WORDS = st.sampled_from(
    [*keywords.PLAY, *keywords.TASK, *keywords.BLOCK, *MODULES, "loop", "msg", "that", "port", "x"]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-2, 9), st.sampled_from(["", "started", "{{ a }}", "{{"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=4),
    max_leaves=25,
)


def written(value: object) -> str:
    """Flow-style YAML; of JSON only what YAML reads alike."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case int():
            return str(value)
        case str():
            return f"'{value}'"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}: {written(item)}" for key, item in value.items()) + "}"


def problems_of(text: str) -> tuple[str, ...]:
    try:
        parse(text, "any.yaml")
    except ConfigInvalid as invalid:
        return invalid.problems
    return ()


@settings(deadline=None)
@given(VALUES)
def test_whatever_stands_in_a_file_is_read_or_refused_with_its_place(value):
    problems = problems_of(written(value))

    assert all(problem.startswith("any.yaml") for problem in problems)


@settings(deadline=None)
@given(VALUES)
def test_whatever_stands_in_a_task_is_read_or_refused(value):
    with contextlib.suppress(ConfigInvalid):
        parse(f"- hosts: all\n  tasks:\n    - {written(value)}\n", "any.yaml")


@settings(deadline=None)
@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_or_refused(text):
    with contextlib.suppress(ConfigInvalid):
        parse(text, "any.yaml")
    with contextlib.suppress(ConfigInvalid):
        parse(f"- hosts: all\n  tasks:\n    - debug:\n        msg: {text}\n", "any.yaml")
