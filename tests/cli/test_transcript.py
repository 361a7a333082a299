"""What a person reads of a run, and that its log says the same again."""

import dataclasses

import click
import pytest

from orchestrator.cli.transcript import Recap, Transcript
from orchestrator.executor.progress import RunBegun, RunEnded
from orchestrator.model import Epoch, GroupName, RunId
from orchestrator.runtime.run_log import log_file, opened_log, progress_of, read_log
from tests.executor.runs import Stage
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.clock import JumpingClock
from tests.support.servers import InMemoryServers

PLAY = """
- name: First
  hosts: group
  handlers:
    - name: told
      debug: {msg: heard}
  tasks:
    - name: On {{ inventory_hostname }}
      command: say
      register: said
      notify: told
    - command: only {{ item }}
      loop: [a]
      when: inventory_hostname == source
    - fail: {msg: bad}
      ignore_errors: true
      when: inventory_hostname == source
    - block:
        - name: Break
          fail: {msg: worse}
          when: inventory_hostname == source
      rescue:
        - debug: {msg: mended}
    - name: Hidden
      command: secret
      no_log: true
- name: Nothing to do
  hosts: source
  tasks:
    - when: false
      block:
        - debug:
- name: Parts
  hosts: target
  tasks:
    - name: See them
      flow: stopped
"""
SEEN = """
PLAY [First] linux1, linux2 ***************************************************

TASK [On linux1] **************************************************************
changed: [linux1]  0.000 s
changed: [linux2] On linux2  0.000 s

TASK [command] ****************************************************************
skipped: [linux2] => (item=a)  0.000 s
changed: [linux1] => (item=a)  0.000 s

TASK [fail] *******************************************************************
failed: [linux1]  0.000 s  bad
skipped: [linux2]  0.000 s
...ignoring what is wrong on linux1

TASK [Break] ******************************************************************
failed: [linux1]  0.000 s  worse
skipped: [linux2]  0.000 s

TASK [debug] ******************************************************************
ok: [linux1]  0.000 s  mended

TASK [Hidden] *****************************************************************
changed: [linux1]  0.000 s  the output has been hidden because of 'no_log: true'
changed: [linux2]  0.000 s  the output has been hidden because of 'no_log: true'

RUNNING HANDLER [told] ********************************************************
ok: [linux1]  0.000 s  heard
ok: [linux2]  0.000 s  heard

PLAY [Parts] linux2 ***********************************************************

TASK [See them] ***************************************************************
ok: [linux2] stop address  0.000 s
ok: [linux2] stop site  0.000 s
ok: [linux2] stop database  0.000 s

PLAY RECAP ********************************************************************
linux1 : ok=6  changed=3  unreachable=0  failed=0  skipped=0  rescued=1  ignored=1
linux2 : ok=4  changed=2  unreachable=0  failed=0  skipped=3  rescued=0  ignored=0
"""

BEGUN = RunBegun(
    run=RunId("r-1"),
    group=GroupName("web"),
    playbook="test",
    source=LINUX1,
    target=LINUX2,
    epoch=Epoch(4),
    by="kim",
)
ENDED = RunEnded(state="done", failures={})


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)


def seen(progress, verbosity=0):
    transcript, recap = Transcript(verbosity), Recap()
    lines = []
    for one in progress:
        recap.note(one)
        lines += transcript.lines(one)
    return click.unstyle("\n".join([*lines, *recap.lines()]) + "\n")


async def test_a_run_reads_as_ansible_users_expect(stage):
    await stage.play(PLAY)

    assert seen(stage.progress) == SEEN


async def test_more_is_shown_for_each_v_and_never_what_is_hidden(stage):
    await stage.play(PLAY)

    assert '{"rc": 0' in seen(stage.progress, 1)
    assert "task path: test.yaml:8" in seen(stage.progress, 2)
    assert "begun: [linux1] On linux1" in seen(stage.progress, 3)
    assert '"censored"' in seen(stage.progress, 3)


async def test_the_log_says_the_same_again_and_only_that(stage, tmp_path):
    with opened_log(tmp_path, RunId("r-1"), JumpingClock()) as log:
        await stage.play(PLAY)
        for one in (BEGUN, *stage.progress, ENDED):
            log.note(one)

    again = [progress_of(record) for record in read_log(log_file(tmp_path, "r-1"))]

    assert log.problem == ""
    assert (again[0], again[-1]) == (BEGUN, ENDED)
    assert seen(again) == SEEN


@pytest.mark.parametrize("where", ["state", "file"])
async def test_a_log_that_cannot_be_written_stops_nothing(stage, tmp_path, where):
    if where == "state":
        (tmp_path / "runs").write_text("a file is in the way")
    with opened_log(tmp_path, RunId("r-1"), JumpingClock()) as log:
        pass
    await stage.play(PLAY)
    for one in stage.progress:
        log.note(one)  # to a file that is closed by now, or that never was

    assert "r-1.jsonl cannot be written" in log.problem


def test_the_log_has_none_of_the_variables_that_were_given():
    assert "variables" not in {field.name for field in dataclasses.fields(RunBegun)}
