"""Runs that are cut off or stopped, and go on: done once, in the end the same."""

import pytest

from orchestrator.executor.progress import StepStarted
from orchestrator.model import ServerName
from orchestrator.store.journal import RunState
from orchestrator.transport import Done
from tests.executor.runs import (
    NAMES,
    SWITCHOVER,
    ControllerDied,
    Stage,
    all_on,
    failing,
    shipped,
    where,
)
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.servers import InMemoryServers


async def test_a_command_that_was_cut_is_not_repeated_blindly(stage):
    playbook = "- hosts: source\n  tasks:\n    - command: /usr/bin/pay-salaries\n"
    with pytest.raises(ControllerDied):
        await stage.play(playbook, cut_after=1)

    result = await stage.play(playbook)

    assert stage.servers.log == []
    assert "not repeated blindly" in result.failures[LINUX1].message


async def test_a_cut_step_is_done_again_only_where_its_check_can_tell(stage):
    """What its check finds done counts as changed: a handler must not be lost by a cut."""
    playbook = """
- hosts: source
  handlers:
    - name: told
      command: /usr/bin/tell
  tasks:
    - command: {cmd: /usr/bin/pay, creates: /paid}
      notify: told
"""
    with pytest.raises(ControllerDied):
        await stage.play(playbook, cut_after=1)

    def paid(server, request):
        needless = "not run, since /paid is there"
        if request.op == "check":
            return Done(data={"would": "nothing", "detail": needless, "result": {}}, took_s=0)
        if request.op == "run" and "creates" in request.args:
            return Done(data={"not_run": needless}, took_s=0)
        return None

    stage.servers.hook = paid
    result = await stage.play(playbook)

    assert result.state is RunState.DONE
    assert stage.servers.log == ["ran /usr/bin/tell on linux1"]


async def test_what_was_registered_set_and_notified_before_a_cut_is_there_after_it(stage):
    playbook = """
- hosts: source
  handlers:
    - {name: told, command: "tell {{ word }} {{ ran.rc }} {{ each.results | length }}"}
  tasks:
    - {command: first, register: ran, notify: told}
    - {set_fact: {word: "{{ inventory_hostname }}-{{ ran.rc }}"}}
    - {command: "each {{ item }}", loop: [1, 2], register: each}
    - {command: last}
"""

    def die_at_the_last(server, request):
        if request.op == "run" and request.args["argv"] == ["last"]:
            raise ControllerDied

    stage.servers.hook = die_at_the_last
    with pytest.raises(ControllerDied):
        await stage.play(playbook)

    def done_after_all(server, request):
        if request.op == "check":
            return Done(data={"would": "change", "detail": "it was not done"}, took_s=0)
        return None

    stage.servers.hook = done_after_all
    result = await stage.play(playbook)

    assert result.state is RunState.DONE
    assert [line.removeprefix("ran ") for line in stage.servers.log] == [
        "first on linux1",
        "each 1 on linux1",
        "each 2 on linux1",
        "last on linux1",
        "tell linux1-0 0 2 on linux1",
    ]


async def test_a_stopped_run_ends_between_steps_and_is_resumed(stage):
    run = []

    def stop_after_first(server, request):
        if request.op == "resource.stop":
            run[0].stop()

    stage.servers.hook = stop_after_first
    first = await stage.play(SWITCHOVER, on_run=run.append)
    stage.servers.hook = lambda _server, _request: None

    assert first.state is RunState.INTERRUPTED
    assert stage.servers.log == ["stopped address on linux1"]

    second = await stage.play(SWITCHOVER)

    assert second.state is RunState.DONE
    assert where(stage) == all_on(LINUX2)
    assert len(stage.servers.log) == 6


async def test_each_step_is_on_disk_before_it_is_asked_for(stage):
    started = []

    def hook(server, request):
        if request.op in ("resource.start", "resource.stop"):
            last = [one for one in stage.progress if isinstance(one, StepStarted)][-1]
            started.append((last.title, request.args["name"]))

    stage.servers.hook = hook
    await stage.play(SWITCHOVER)

    assert all(title.endswith(name) for title, name in started)
    assert len(started) == 6


@pytest.mark.parametrize("playbook", ["start", "stop", "switchover"])
@pytest.mark.parametrize("failure", [None, ("resource.start", "site", LINUX2)])
async def test_cut_after_every_record_and_resumed_it_ends_the_same(playbook, failure, tmp_path):
    group = a_group()

    def a_stage(name):
        (tmp_path / name).mkdir()
        active = None if playbook == "start" else LINUX1
        servers = InMemoryServers(group, active=ServerName(active) if active else None)
        if failure is not None:
            servers.hook = failing(*failure)
        return Stage(group=group, servers=servers, directory=tmp_path / name)

    whole = a_stage("whole")
    expected = await whole.play(shipped(playbook))

    for cut in range(1, whole.records):
        stage = a_stage(str(cut))
        with pytest.raises(ControllerDied):
            await stage.play(shipped(playbook), cut_after=cut)
        for name in NAMES:
            assert len(stage.servers.holders(name)) <= 1, f"cut {cut}: {name} on both"
        result = await stage.play(shipped(playbook))

        assert result.state is expected.state, f"cut {cut}"
        assert where(stage) == where(whole), f"cut {cut}"
        assert sorted(stage.servers.log) == sorted(whole.servers.log), f"cut {cut}"


async def test_a_start_that_has_ended_does_not_ask_for_the_peer_again(stage):
    """There and back, and cut in the last play: linux1 holds the service, as it should."""
    there_and_back = (
        SWITCHOVER
        + """
- hosts: target
  tasks:
    - flow: {state: stopped}
- hosts: source
  tasks:
    - flow: {state: started}
    - command: /usr/bin/true
"""
    )

    def die_at_the_command(server, request):
        if request.op == "run":
            raise ControllerDied

    stage.servers.hook = die_at_the_command
    with pytest.raises(ControllerDied):
        await stage.play(there_and_back)
    stage.servers.hook = lambda _server, _request: None

    result = await stage.play(there_and_back)

    assert "not repeated blindly" in result.failures[LINUX1].message
    assert where(stage) == all_on(LINUX1)
