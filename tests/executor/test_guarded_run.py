"""A run in a guarded group: it starts and stops by its loop's word, and ends the old reign."""

import pytest

from orchestrator.model import Reason, Refusal
from orchestrator.store.journal import RunState
from tests.executor.runs import SWITCHOVER, ControllerDied, Loop, all_on, where
from tests.support.builders import LINUX1, LINUX2

UNCONFIRMED = Refusal(reason=Reason.STOP_UNCONFIRMED, evidence="no word of its end", advice="wait")


@pytest.fixture
def loop(stage):
    stage.authorise = Loop(log=stage.servers.log)
    return stage.authorise


async def test_the_old_reign_ends_between_the_last_stop_and_the_first_start(stage, loop):
    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.DONE
    asked = [line for line in loop.log if "database" in line or not line.startswith("st")]
    order = [line for line in asked if "address" not in line and "site" not in line]
    assert order == [
        "may stop on linux1",
        "stopped database on linux1",
        "has stopped on linux1",
        "may start on linux2",
        "started database on linux2",
    ]


async def test_where_the_end_of_a_reign_is_not_confirmed_nothing_starts_elsewhere(stage, loop):
    """A lease that may still run is a second active server."""
    loop.refuses["has stopped on linux1"] = UNCONFIRMED

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert not any("started" in line and "linux2" in line for line in loop.log)
    assert "may start on linux2" not in loop.log


async def test_nothing_is_stopped_where_the_other_one_could_not_take_over(stage, loop):
    loop.refuses["may stop on linux1"] = Refusal(
        reason=Reason.SERVER_UNREACHABLE, evidence="linux2 is silent", advice="bring it back"
    )

    result = await stage.play(SWITCHOVER)

    assert "linux2 is silent" in str(result.failures.values())
    assert where(stage) == all_on(LINUX1)
    assert not any(line.startswith("stopped") for line in loop.log)


async def test_a_part_of_the_service_may_stop_without_an_end_of_the_reign(stage, loop):
    part = "- hosts: source\n  tasks:\n    - flow: {state: stopped, resources: [address]}\n"

    result = await stage.play(part)

    assert result.state is RunState.DONE
    assert loop.log == ["may stop on linux1", "stopped address on linux1"]


async def test_every_step_that_changes_a_server_shows_its_guard_the_gate(stage, loop):
    shown = []

    def hook(server, request):
        if request.reign is not None:
            shown.append((request.op, request.reign.gate == loop.gate(server)))

    stage.servers.hook = hook

    await stage.play(SWITCHOVER + "    - command: /usr/bin/true\n")

    assert {op for op, _ in shown} == {"resource.start", "resource.stop", "run"}
    assert all(is_right for _, is_right in shown)


async def test_a_resumed_run_does_not_end_the_reign_that_has_ended(stage, loop):
    """It may have gone back since: the second end would be that of the new reign."""

    def die_at_the_first_start(_server, request):
        if request.op == "resource.start":
            raise ControllerDied

    stage.servers.hook = die_at_the_first_start
    with pytest.raises(ControllerDied):
        await stage.play(SWITCHOVER)
    stage.servers.hook = lambda _server, _request: None

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.DONE
    assert where(stage) == all_on(LINUX2)
    assert loop.log.count("has stopped on linux1") == 1


async def test_a_refusal_stands_for_a_resumed_run_too(stage, loop):
    """It went back because of it, and is half way back: now to start there after all would be the
    service on both.
    """
    loop.refuses["may start on linux2"] = UNCONFIRMED

    def die_on_the_way_back(server, request):
        if (server, request.op) == (LINUX1, "resource.start"):
            raise ControllerDied

    stage.servers.hook = die_on_the_way_back
    with pytest.raises(ControllerDied):
        await stage.play(SWITCHOVER)
    stage.servers.hook = lambda _server, _request: None
    del loop.refuses["may start on linux2"]

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert where(stage) == all_on(LINUX1)
    assert loop.log.count("may start on linux2") == 1
