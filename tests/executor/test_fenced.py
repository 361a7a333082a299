"""A run that has a server switched off: the device is a program, run as every fence agent is."""

from __future__ import annotations

import os

import pytest

from orchestrator.errors import ConfigInvalid
from orchestrator.executor.power import PoweredTransport
from orchestrator.executor.progress import StepEnded
from orchestrator.fencing import Agents, Fenced, Fencer
from orchestrator.model import Status
from orchestrator.store.journal import RunState
from tests.executor.runs import NAMES, ControllerDied, all_on, titles, where
from tests.fencing import devices
from tests.fencing.devices import agent, orders
from tests.support.builders import LINUX1, LINUX2

TAKE_OVER = """
- name: Make sure that the source is off
  hosts: target
  tasks:
    - name: Switch it off
      fence: {server: "{{ source }}"}
    - name: Tell the others
      command: taking over, {{ lost_servers[source].state }}
- hosts: target
  tasks:
    - flow: started
"""
SWITCH = """
plug={plug}
case "$opt_action" in
  off) echo off > $plug;;
  on) rm -f $plug;;
  status) test -e $plug && exit 2; exit 0;;
esac
"""


class Devices:
    """As a command line by itself has them; what loses its power falls silent."""

    def __init__(self, stage, device):
        self._stage = stage
        self.may_reign = False
        self._fencer = Fencer({LINUX1: [device]}, Agents(os.environ), stage.clock)

    async def off(self, server):
        outcome = await self._fencer.fence(server)
        if isinstance(outcome, Fenced):
            self._stage.servers.servers[server].reachable = False
        return outcome

    async def read(self, server):
        return await self._fencer.status(server)

    def wants_order(self, _server):
        return self.may_reign


def powered(stage, folder, body, *, may_reign=False):
    device = agent(folder, "device", body.replace("{plug}", str(folder / "plug")))
    with_devices = Devices(stage, device)
    with_devices.may_reign = may_reign
    stage.around = lambda servers: PoweredTransport(
        transport=servers, devices=with_devices, servers=stage.group.server_names
    )
    return stage


@pytest.fixture
def switched(stage, tmp_path):
    """linux1 hangs on a switch that does what it is told; off while the file `plug` is there."""
    return powered(stage, tmp_path, SWITCH)


async def test_what_was_fenced_counts_as_stopped_for_the_start_on_its_peer(switched, tmp_path):
    switched.servers.servers[LINUX1].reachable = False

    result = await switched.play(TAKE_OVER)

    assert result.state is RunState.DONE, result.failures
    assert switched.servers.log[1:] == [f"started {name} on linux2" for name in NAMES]
    assert result.lost[LINUX1].state.value == "fenced"
    assert switched.servers.log[0] == "ran taking over, fenced on linux2"
    assert "fence_device 192.0.2.11 (level 1): status: it is off" in result.lost[LINUX1].evidence
    # asked, told, read back; and read once more at the moment of the start
    assert orders(tmp_path, "device") == ["status", "off", "status", "status"]


async def test_a_device_that_did_not_do_it_lets_nothing_start(stage, tmp_path):
    powered(stage, tmp_path, devices.LIES)
    stage.servers.servers[LINUX1].reachable = False

    result = await stage.play(TAKE_OVER)

    assert result.state is RunState.FAILED
    assert "refused (fence-failed): linux1 is not known to be off" in failure(result)
    assert "it still reads on" in failure(result)
    assert where(stage) == all_on(LINUX1)


def failure(result):
    return "; ".join(one.message for one in result.failures.values())


async def test_a_server_that_is_on_again_by_then_lets_nothing_start(switched, tmp_path):
    """Somebody presses the button between the fence and the start."""

    def hook(server, request):
        if request.op == "run" and server == LINUX2:
            (tmp_path / "plug").unlink()

    switched.servers.hook = hook

    result = await switched.play(TAKE_OVER)

    assert result.state is RunState.FAILED
    assert "linux1 was switched off by this run, and is not read as off now" in failure(result)
    assert where(switched) == all_on(LINUX1)


@pytest.mark.parametrize("was_done", [True, False])
async def test_a_fence_under_way_at_a_cut_is_looked_at_and_not_repeated(
    switched, tmp_path, was_done
):
    with pytest.raises(ControllerDied):
        await switched.play(TAKE_OVER, cut_after=1)
    assert orders(tmp_path, "device") == []
    if was_done:
        (tmp_path / "plug").write_text("off")
        switched.servers.servers[LINUX1].reachable = False

    result = await switched.play(TAKE_OVER)

    assert result.state is RunState.DONE, result.failures
    assert orders(tmp_path, "device").count("off") == (0 if was_done else 1)
    assert "Switch it off on linux2" in titles(switched, Status.CHANGED)
    assert result.lost[LINUX1].state.value == "fenced"


async def test_a_plan_asks_for_the_state_alone_and_goes_on_as_if_it_were_off(switched, tmp_path):
    plan = await switched.foresee(TAKE_OVER)

    assert set(orders(tmp_path, "device")) == {"status"}
    assert plan.failures == {}
    fence, told, *starts = plan.steps()
    assert (fence.would, fence.message) == ("would change", "linux1 is on; its devices answer")
    assert told.title == "Tell the others"
    assert {step.would for step in starts} == {"would change"}
    assert where(switched) == all_on(LINUX1)


async def test_a_plan_asks_nothing_more_of_a_server_that_is_off_by_then(switched):
    plan = await switched.foresee(f"{TAKE_OVER}- hosts: source\n  tasks: [{{command: x}}]\n")

    assert "linux1 is switched off by then" in plan.failures[LINUX1]


async def test_a_server_that_is_off_already_is_not_told_again(switched, tmp_path):
    (tmp_path / "plug").write_text("off")
    switched.servers.servers[LINUX1].reachable = False

    plan = await switched.foresee(TAKE_OVER)
    result = await switched.play(TAKE_OVER)

    assert next(plan.steps()).would == "would change nothing"
    assert result.state is RunState.DONE
    assert "off" not in orders(tmp_path, "device")


async def test_where_a_reign_may_run_it_is_told_although_it_is_off(stage, tmp_path):
    """The loop takes a server for off when it was ordered so, and by no other reading."""
    powered(stage, tmp_path, SWITCH, may_reign=True)
    (tmp_path / "plug").write_text("off")
    stage.servers.servers[LINUX1].reachable = False

    result = await stage.play(TAKE_OVER)

    assert result.state is RunState.DONE
    assert orders(tmp_path, "device").count("off") == 1
    assert "Switch it off on linux2" in titles(stage, Status.OK)


async def test_seen_only_asks(switched, tmp_path):
    playbook = """
- hosts: target
  tasks:
    - fence: {server: linux1, state: seen}
      register: power
    - debug: {msg: "{{ power.power }}"}
"""

    result = await switched.play(playbook)

    assert result.state is RunState.DONE
    said = [one.outcome for one in switched.progress if isinstance(one, StepEnded)]
    assert said[-1].message == "on"
    assert orders(tmp_path, "device") == ["status"]
    assert result.lost == {}


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ("linux2", "linux2 has no fencing device; write fencing: in the group's file"),
        ("\"{{ 'linux3' }}\"", "this run may not touch 'linux3', only linux1 and linux2"),
    ],
)
async def test_what_has_no_device_is_not_fenced(switched, server, words):
    playbook = f"- hosts: source\n  tasks: [{{fence: {{server: {server}, state: seen}}}}]\n"

    result = await switched.play(playbook)

    assert words in failure(result)


def test_a_server_that_the_group_has_not_is_said_before_the_run(stage):
    with pytest.raises(ConfigInvalid) as raised:
        stage.program("- hosts: source\n  tasks: [{fence: {server: linux}}]\n")

    assert "fence: 'linux' is no server of group web; did you mean" in str(raised.value.problems)
