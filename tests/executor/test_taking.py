"""A task that would start a part of the group's service needs the right that a flow needs."""

import ipaddress

import pytest

from orchestrator.executor.taking import label_of
from orchestrator.model import CommandSpec, DrbdSpec, IpSpec, MountSpec, ProcessSpec, SystemdSpec
from orchestrator.store.journal import RunState
from orchestrator.transport import Done
from tests.executor.runs import Stage
from tests.support.builders import LINUX1, LINUX2, a_group, a_resource
from tests.support.servers import InMemoryServers

SITE = a_resource("site", spec=SystemdSpec(unit="site"))


@pytest.fixture
def stage(tmp_path):
    group = a_group(SITE)
    stage = Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)

    def units(server, request):
        if request.op not in ("unit", "unit.take"):
            return None
        stage.servers.log.append(f"{request.op} {request.args['name']} on {server}")
        before = {"running": False, "enabled": False}
        return Done(data={"changed": True, "detail": "", "before": before, "status": {}}, took_s=0)

    stage.servers.hook = units
    return stage


def starting(unit):
    return f"- hosts: target\n  tasks:\n    - service: {{name: {unit}, state: started}}\n"


async def test_a_unit_of_the_group_is_not_started_beside_the_peer_that_holds_it(stage):
    result = await stage.play(starting("site"))

    assert result.failures[LINUX2].result == {"refused": "runs-on-peer"}
    assert stage.servers.log == []


async def test_where_a_flow_could_start_it_the_guard_is_asked_as_it_acts(stage):
    stage.servers.servers[LINUX1].states["site"] = "stopped"

    result = await stage.play(starting("site.service"))

    assert result.failures == {}
    assert stage.servers.log == ["unit.take site.service on linux2"]


async def test_any_other_unit_is_started_anywhere(stage):
    result = await stage.play(starting("cron"))

    assert result.state is RunState.DONE
    assert stage.servers.log == ["unit cron on linux2"]


@pytest.mark.parametrize(
    ("spec", "label"),
    [
        (SystemdSpec(unit="site"), "unit:site.service"),
        (SystemdSpec(unit="site.timer"), "unit:site.timer"),
        (MountSpec(path="/srv/", device="/dev/sdb1", fstype="ext4"), "path:/srv"),
        (MountSpec(path="/", device="/dev/sdb1", fstype="ext4"), "path:/"),
        (
            IpSpec(interface=ipaddress.ip_interface("10.0.0.70/24"), device="eth0"),
            "address:10.0.0.70",
        ),
        (ProcessSpec(start="site", pattern="site"), "process:it"),
        (DrbdSpec(resource="r0"), "drbd:r0"),
        (CommandSpec(start="a", stop="b", check="c"), "resource:it"),
    ],
)
def test_a_resource_is_known_by_the_name_that_modules_have_for_it(spec, label):
    assert label_of(a_resource("it", spec=spec)) == label
