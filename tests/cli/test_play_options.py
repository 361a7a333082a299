"""What `hasys play` says without asking a server: lists, mistakes, variables."""

import pytest

from orchestrator.cli.extra_variables import parse_variables
from orchestrator.cli.main import main
from orchestrator.errors import UsageError

PLAYBOOK = """
- name: First
  hosts: group
  tags: all of it
  tasks:
    - {name: one, debug: , tags: [b, a]}
    - block:
        - {name: two, debug: }
- name: Second
  hosts: source
  tasks:
    - {name: three, debug: }
- hosts: linux2
  tasks: []
"""


@pytest.fixture
def play(tmp_path, capsys):
    inventory = tmp_path / "inventory"
    main(["init", str(inventory)])
    playbook = tmp_path / "test.yaml"
    playbook.write_text(PLAYBOOK)
    capsys.readouterr()

    def play(*options):
        code = main(["-i", str(inventory), "play", "billing", str(playbook), *options])
        out, err = capsys.readouterr()
        return code, (out + err).replace(str(tmp_path), "")

    return play


def test_tasks_are_listed_with_their_tags(play):
    assert play("--list-tasks") == (
        0,
        """
playbook: /test.yaml

  play #1 (group): First\tTAGS: [all of it]
    tasks:
      one\tTAGS: [a, all of it, b]
      two\tTAGS: [all of it]

  play #2 (source): Second\tTAGS: []
    tasks:
      three\tTAGS: []

  play #3 (linux2): linux2\tTAGS: []
    tasks:
""",
    )


def test_only_those_that_are_chosen_are_listed(play):
    _, shown = play("--list-tasks", "-t", "a")

    assert "one" in shown
    assert "three" not in shown


def test_tags_are_listed(play):
    assert "      TASK TAGS: [a, all of it, b]\n" in play("--list-tags")[1]


def test_servers_are_listed_as_far_as_they_are_known(play):
    _, shown = play("--list-hosts")

    assert "hosts (2):\n      linux1\n      linux2\n" in shown
    assert "hosts (1): shows when it runs, one of linux1, linux2\n" in shown
    assert "hosts (1):\n      linux2\n" in shown


def test_a_syntax_check_names_the_file(play):
    assert play("--syntax-check") == (0, "\nplaybook: /test.yaml\n")


def test_step_is_refused_with_what_to_do_instead(play):
    code, shown = play("--step")

    assert code == 2
    assert "--check" in shown


@pytest.mark.parametrize(
    ("given", "variables"),
    [
        (("a=1",), {"a": "1"}),
        (("a=1 b='x y'",), {"a": "1", "b": "x y"}),
        (("reason=kernel upgrade",), {"reason": "kernel upgrade"}),
        (("a=b=c",), {"a": "b=c"}),
        (("a=",), {"a": ""}),
        (('{"a": [1, true]}',), {"a": [1, True]}),
        (("a=1", "a=2"), {"a": "2"}),
        (("it=isn't",), {"it": "isn't"}),
    ],
)
def test_variables_as_they_are_given(given, variables):
    assert parse_variables(given) == variables


def test_variables_from_a_file(tmp_path):
    file = tmp_path / "vars.yaml"
    file.write_text("a: 1\nb: [x]\n")

    assert parse_variables((f"@{file}", "b=y")) == {"a": 1, "b": "y"}


@pytest.mark.parametrize("given", ["a", "1=2", "{a: 1}", "[1]", "=x", "source=x", "ansible_user=x"])
def test_what_is_no_variable_is_told(given):
    with pytest.raises(UsageError, match=r"^-e "):
        parse_variables((given,))
