"""Runs on two servers in memory: order, failures, silence, and a cut at every record."""

import asyncio

import pytest

from orchestrator import resources
from orchestrator.executor.progress import StepEnded, StepStarted
from orchestrator.model import Epoch, ServerName, Status
from orchestrator.store.journal import RunState
from orchestrator.transport import Failed, FailureKind, Unreachable, UnreachableKind
from tests.executor.runs import ControllerDied, Stage
from tests.support.builders import LINUX1, LINUX2, a_group, a_resource
from tests.support.servers import InMemoryServers

NAMES = ("database", "site", "address")


def shipped(name):
    return (resources.playbook_library() / f"{name}.yaml").read_text()


START, STOP, SWITCHOVER = shipped("start"), shipped("stop"), shipped("switchover")


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)


def failing(op, name, server, *, times=1):
    """A hook: this operation fails there, so many times."""
    left = [times]

    def hook(asked, request):
        if (request.op, request.args.get("name"), asked) == (op, name, server) and left[0]:
            left[0] -= 1
            return Failed(kind=FailureKind.FAILED, message=f"{name} will not")
        return None

    return hook


def where(stage):
    return {name: stage.servers.holders(name) for name in NAMES}


def all_on(server):
    return {name: [server] for name in NAMES}


def titles(stage, status):
    return [
        f"{one.title} on {one.server}"
        for one in stage.progress
        if isinstance(one, StepEnded) and one.outcome.status is status
    ]


async def test_a_switchover_stops_downwards_and_starts_upwards(stage):
    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.DONE
    assert stage.servers.log == [
        "stopped address on linux1",
        "stopped site on linux1",
        "stopped database on linux1",
        "started database on linux2",
        "started site on linux2",
        "started address on linux2",
    ]


async def test_a_start_that_fails_on_the_target_goes_back(stage):
    stage.servers.hook = failing("resource.start", "site", LINUX2)

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert where(stage) == all_on(LINUX1)
    (failure,) = result.failures.values()
    assert "site will not" in failure.message
    assert "back on linux1" in failure.message


async def test_a_stop_that_fails_starts_nothing_elsewhere(stage):
    stage.servers.hook = failing("resource.stop", "site", LINUX1)

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert where(stage) == all_on(LINUX1)
    assert not any("linux2" in step for step in stage.servers.log)


async def test_nothing_starts_beside_what_the_peer_still_holds(stage):
    """The playbook asks for it; the executor refuses all the same."""
    careless = "- hosts: target\n  tasks:\n    - flow: {state: started}\n"

    result = await stage.play(careless)

    assert result.state is RunState.FAILED
    assert result.failures[LINUX2].result == {"refused": "runs-on-peer"}
    assert stage.servers.log == []


async def test_a_start_on_both_servers_at_once_starts_on_one(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)

    result = await stage.play("- hosts: group\n  tasks:\n    - flow: {state: started}\n")

    assert result.state is RunState.FAILED
    assert [len(stage.servers.holders(name)) for name in NAMES] == [1, 1, 1]
    (refused,) = result.failures.values()
    assert refused.result == {"refused": "runs-on-peer"}


async def test_nothing_starts_beside_a_silent_peer(stage):
    stage.servers.servers[LINUX1].reachable = False
    careless = "- hosts: target\n  tasks:\n    - flow: {state: started}\n"

    result = await stage.play(careless)

    assert result.failures[LINUX2].result == {"refused": "server-unreachable"}
    assert stage.servers.log == []


async def test_a_server_that_falls_silent_is_unreachable_not_stopped(stage):
    def hook(server, request):
        if request.op == "resource.stop" and request.args["name"] == "site":
            stage.servers.servers[server].reachable = False
            return Unreachable(kind=UnreachableKind.CONNECTION_LOST, message="gone", sent=True)
        return None

    stage.servers.hook = hook

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert "stop site on linux1" in titles(stage, Status.UNREACHABLE)
    assert stage.servers.holders("site") == ["linux1"]
    assert not any("started" in step for step in stage.servers.log)


async def test_rescue_runs_for_a_server_that_cannot_be_reached(stage):
    stage.servers.servers[LINUX1].reachable = False
    playbook = """
- hosts: source
  tasks:
    - block:
        - command: /usr/bin/true
      rescue:
        - set_fact: {lost: "{{ ansible_failed_result.unreachable }}"}
- hosts: target
  tasks:
    - assert: {that: "hostvars[source].lost"}
"""

    result = await stage.play(playbook)

    assert result.state is RunState.DONE


async def test_a_higher_epoch_on_a_server_stops_the_run_before_its_first_step(stage):
    for server in stage.servers.servers.values():
        server.record = {
            "promised": 9, "reigning": 9, "controller": "c-2", "run": "r-9", "counter": 3,
        }  # fmt: skip

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert [refusal.reason.value for refusal in result.refusals] == ["stale-epoch"] * 2
    assert stage.servers.log == []


async def test_an_epoch_raised_in_the_middle_ends_the_run_without_harm(stage):
    def hook(server, request):
        if request.op == "resource.start" and request.args["name"] == "site":
            for host in stage.servers.servers.values():
                host.record["promised"] = Epoch(99)

    stage.servers.hook = hook

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert [holder for name in NAMES for holder in stage.servers.holders(name)] == ["linux2"]


async def test_a_limited_run_touches_only_its_server(stage):
    await stage.play(STOP, servers=(LINUX2,))

    assert where(stage) == all_on(LINUX1)


async def test_a_command_that_was_cut_is_not_repeated_blindly(stage):
    playbook = "- hosts: source\n  tasks:\n    - command: /usr/bin/pay-salaries\n"
    with pytest.raises(ControllerDied):
        await stage.play(playbook, cut_after=1)

    result = await stage.play(playbook)

    assert stage.servers.log == []
    assert "not repeated blindly" in result.failures[LINUX1].message


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


async def records_of(stage, text):
    await stage.play(text)
    return stage.records


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


async def test_independent_resources_start_side_by_side(tmp_path):
    group = a_group(a_resource("one"), a_resource("two"), a_resource("last", "one", "two"))
    servers = InMemoryServers(group)
    stage = Stage(group=group, servers=servers, directory=tmp_path)
    both = asyncio.Barrier(2)
    call = servers.call

    async def meet(server, request):
        if request.op == "resource.start" and request.args["name"] in ("one", "two"):
            await asyncio.wait_for(both.wait(), timeout=5)
        return await call(server, request)

    servers.call = meet

    result = await stage.play(START)

    assert result.state is RunState.DONE
    assert servers.log[-1] == "started last on linux2"


async def test_a_play_for_a_role_that_nobody_has_is_a_failure_not_a_success(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)

    result = await stage.play("- hosts: active\n  tasks:\n    - command: /usr/bin/true\n")

    assert result.state is RunState.FAILED
    assert result.failures[LINUX1].message == "no server is ACTIVE"
    assert stage.servers.log == []


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
