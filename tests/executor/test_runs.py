"""Runs on two servers in memory: order, failures, silence, and a cut at every record."""

import asyncio

from orchestrator.model import Epoch, Status
from orchestrator.store.journal import RunState
from orchestrator.transport import Unreachable, UnreachableKind
from tests.executor.runs import (
    NAMES,
    START,
    STOP,
    SWITCHOVER,
    Stage,
    all_on,
    failing,
    titles,
    where,
)
from tests.support.builders import LINUX1, LINUX2, a_group, a_resource
from tests.support.servers import InMemoryServers


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
