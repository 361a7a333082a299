"""Mistakes and malice in a run: each ends cleanly, says where, and gives nothing away."""

import json

import pytest

from orchestrator.cli.transcript import Recap, Transcript
from orchestrator.errors import ConfigInvalid, UsageError
from orchestrator.model import RunId
from orchestrator.playbooks import library
from orchestrator.runtime.run_log import log_file, opened_log
from orchestrator.store.journal import RunState
from tests.executor.runs import Stage
from tests.support.builders import LINUX1, a_group
from tests.support.servers import InMemoryServers, _done

SECRET = "tr0ub4dor"


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)


def tasks(text):
    indented = "".join(f"    {line}\n" for line in text.strip("\n").splitlines())
    return f"- hosts: source\n  tasks:\n{indented}"


async def test_an_undefined_variable_within_a_rescue_ends_it_and_always_runs(stage):
    play = tasks("""
- block:
    - fail: {msg: broken}
  rescue:
    - name: Tell
      debug: {msg: "{{ whta }}"}
  always:
    - command: tidy up
""")

    result = await stage.play(play, variables={"what": "x"})

    assert result.state is RunState.FAILED
    assert result.failures[LINUX1].message == (
        "test.yaml:6:11: 'whta' is undefined; did you mean what?"
    )
    assert stage.servers.log == ["ran tidy up on linux1"]


@pytest.mark.parametrize(
    "template",
    [
        "{{ ('a' * 900000) ~ ('b' * 900000) }}",
        "{% for a in range(10000) %}{% for b in range(10000) %}{{ a * b }}{% endfor %}{% endfor %}",
    ],
)
async def test_a_template_that_eats_memory_or_time_is_a_failure_like_any_other(stage, template):
    play = tasks(f"""
- block:
    - debug: {{msg: "{template}"}}
  rescue:
    - command: rescued
""")

    result = await stage.play(play)

    assert result.state is RunState.DONE
    assert stage.servers.log == ["ran rescued on linux1"]


async def test_a_password_is_shown_nowhere_at_no_verbosity(stage, tmp_path):
    said = {"rc": 1, "stdout": "", "stderr": f"401 for {SECRET}", "truncated": False}
    stage.servers.hook = lambda _server, request: _done(said) if request.op == "run" else None
    play = tasks("""
- block:
    - name: Ask
      uri: {url: "http://localhost/", url_username: kim, url_password: "{{ password }}"}
      register: asked
  rescue:
    - debug: {msg: "{{ asked }} {{ ansible_failed_result }} {{ ansible_failed_task }}"}
""")

    result = await stage.play(play, variables={"password": SECRET})

    assert result.failures == {}
    with opened_log(tmp_path, RunId("r-1"), stage.clock) as log:
        for one in stage.progress:
            log.note(one)
    transcript, recap = Transcript(3), Recap()
    shown = [line for one in stage.progress for line in transcript.lines(one)]
    assert any("401 for ********" in line for line in shown)
    assert SECRET not in "\n".join([*shown, *recap.lines()])
    assert SECRET not in log_file(tmp_path, "r-1").read_text()
    journal = b"".join(path.read_bytes() for path in tmp_path.glob("hasys.db*"))
    given = json.dumps({"password": SECRET}).encode()
    assert SECRET.encode() not in journal.replace(given, b""), "only what was given with -e"


async def test_a_wrong_password_argument_does_not_tell_it(stage):
    play = tasks("""
- uri: {url: "http://localhost/", url_username: kim, url_password: "{{ [password] }}"}
""")

    result = await stage.play(play, variables={"password": SECRET})

    assert SECRET not in result.failures[LINUX1].message
    assert "url_password" in result.failures[LINUX1].message


async def test_no_server_has_the_role_of_a_play(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)

    result = await stage.play("- hosts: active\n  tasks:\n    - command: act\n")

    assert result.state is RunState.FAILED
    assert [one.message for one in result.failures.values()] == ["no server is ACTIVE"]
    assert stage.servers.log == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("- hosts: source\n  name: ä\n  tasks: []\n".encode("latin-1"), "not UTF-8"),
        ("- hosts: source\n  tasks: []\n".encode("utf-16"), "not UTF-8"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_playbook_in_another_encoding_is_refused_by_its_name(tmp_path, content, words):
    file = tmp_path / "old.yaml"
    file.write_bytes(content)

    with pytest.raises(UsageError, match=words) as caught:
        library.read(str(file), None)

    assert str(file) in caught.value.message


@pytest.mark.parametrize(
    "where", ["- import_playbook: vars.yaml", "- {hosts: source, vars_files: vars.yaml, tasks: []}"]
)
def test_so_is_a_file_beside_it_where_it_is_named(tmp_path, where):
    (tmp_path / "vars.yaml").write_bytes("a: ä\n".encode("latin-1"))
    file = tmp_path / "play.yaml"
    file.write_text(f"{where}\n")

    with pytest.raises(ConfigInvalid) as caught:
        library.read(str(file), None)

    assert f"{file}:1:" in caught.value.problems[0]
    assert "vars.yaml is not UTF-8" in caught.value.problems[0]


def test_a_bomb_of_aliases_is_refused_before_it_goes_off(tmp_path):
    levels = "\n".join(f"    l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 12))
    file = tmp_path / "bomb.yaml"
    file.write_text(f"- hosts: source\n  vars:\n    l0: &l0 [x]\n{levels}\n  tasks: []\n")

    with pytest.raises(ConfigInvalid) as caught:
        library.read(str(file), None)

    assert len(caught.value.problems) == 1
    assert "alias" in caught.value.problems[0]
