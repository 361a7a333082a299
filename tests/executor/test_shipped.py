"""The shipped playbooks on two servers: where the service is afterwards, and what was asked for."""

import pytest

from orchestrator.errors import ConfigInvalid
from orchestrator.model import Status
from orchestrator.store.journal import RunState
from orchestrator.transport import Failed, FailureKind
from tests.executor.runs import (
    NAMES,
    NEEDED,
    ControllerDied,
    Stage,
    all_on,
    failing,
    shipped,
    titles,
    where,
)
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.servers import InMemoryServers


@pytest.fixture
def stage(tmp_path):
    """The service runs on linux1, which the group prefers: the source of each run."""
    group = a_group()
    servers = InMemoryServers(group, active=LINUX1)
    return Stage(group=group, servers=servers, directory=tmp_path)


def ran(stage):
    return [line.removeprefix("ran ") for line in stage.servers.log if line.startswith("ran ")]


async def test_failover_starts_on_the_target_when_the_source_is_stopped(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)

    result = await stage.play(shipped("failover"))

    assert result.state is RunState.DONE
    assert where(stage) == all_on(LINUX2)


async def test_failover_starts_nothing_while_the_source_may_hold_the_service(stage):
    stage.servers.servers[LINUX1].reachable = False

    result = await stage.play(shipped("failover"))

    assert result.state is RunState.FAILED
    assert where(stage) == all_on(LINUX1)


async def test_failback_moves_the_service_to_the_preferred_server(tmp_path):
    group = a_group()
    servers = InMemoryServers(group, active=LINUX2)
    stage = Stage(group=group, servers=servers, directory=tmp_path)
    back = {"source": LINUX2, "target": LINUX1, "variables": {"check": "look"}}

    result = await stage.play(shipped("failback"), **back)

    assert result.state is RunState.DONE
    assert where(stage) == all_on(LINUX1)
    assert ran(stage) == ["look on linux1"]


async def test_failback_leaves_the_service_at_home(stage):
    result = await stage.play(shipped("failback"))

    assert result.state is RunState.DONE
    assert stage.servers.log == []


@pytest.mark.parametrize("keep", [LINUX1, LINUX2])
async def test_a_partition_is_resolved_for_the_server_that_is_named(stage, keep):
    for host in stage.servers.servers.values():
        host.states["database"] = "started"
    stage.servers.servers[LINUX2].states["site"] = "started"

    result = await stage.play(shipped("partition-resolution"), variables={"keep": keep})

    assert result.failures == {}
    assert where(stage) == all_on(keep)


async def test_no_partition_is_resolved_for_nobody(stage):
    result = await stage.play(shipped("partition-resolution"), variables={"keep": "linux3"})

    assert "-e keep=linux1" in result.failures[LINUX1].message
    assert stage.servers.log == []


async def test_a_server_in_maintenance_is_empty(stage):
    wanted = {"server": LINUX1, "prepare": "tell balancer"}

    result = await stage.play(shipped("maintenance-in"), variables=wanted)

    assert result.failures == {}
    assert where(stage) == all_on(LINUX2)
    assert ran(stage) == ["tell balancer on linux1"]


async def test_a_standby_goes_into_maintenance_without_a_move(stage):
    result = await stage.play(shipped("maintenance-in"), variables={"server": LINUX2})

    assert result.state is RunState.DONE
    assert where(stage) == all_on(LINUX1)
    assert stage.servers.log == []


@pytest.mark.parametrize(("back", "at"), [("no", LINUX1), ("yes", LINUX2)])
async def test_a_server_comes_back_from_maintenance(stage, back, at):
    stage.servers.servers[LINUX2].states["database"] = "started"
    wanted = {"server": LINUX2, "check": "look", "back": back}

    result = await stage.play(shipped("maintenance-out"), variables=wanted)

    assert result.failures == {}
    assert ran(stage) == ["look on linux2"]
    assert where(stage) == all_on(at)


async def test_a_server_that_rejoins_is_cleaned_and_its_data_renewed(stage):
    stage.servers.servers[LINUX2].states["site"] = "started"

    result = await stage.play(shipped("rejoin"), variables={"sync": "renew", "check": "look"})

    assert result.failures == {}
    assert ran(stage) == ["renew on linux2", "look on linux2"]
    assert where(stage) == all_on(LINUX1)


@pytest.mark.parametrize(("back", "at"), [("no", LINUX2), ("yes", LINUX1)])
async def test_an_upgrade_rolls_from_the_standby_to_the_active(stage, back, at):
    wanted = {"pre_check": "before", "upgrade": "upgrade", "post_check": "after", "back": back}

    result = await stage.play(shipped("rolling-upgrade"), variables=wanted)

    assert result.failures == {}
    assert ran(stage)[2:] == [
        "upgrade on linux2",
        "after on linux2",
        "upgrade on linux1",
        "after on linux1",
    ]
    assert where(stage) == all_on(at)


async def test_no_server_is_upgraded_while_the_service_runs_there(stage):
    holders = []

    def look(server, request):
        if request.op == "run":
            holders.append((server, stage.servers.holders("site")))

    stage.servers.hook = look

    await stage.play(shipped("rolling-upgrade"), variables={"upgrade": "upgrade"})

    assert holders == [(LINUX2, [LINUX1]), (LINUX1, [LINUX2])]


async def test_an_upgrade_that_fails_on_the_standby_leaves_the_service_alone(stage):
    def hook(server, request):
        if request.op == "run" and server == LINUX2:
            return Failed(kind=FailureKind.FAILED, message="no")
        return None

    stage.servers.hook = hook

    result = await stage.play(shipped("rolling-upgrade"), variables={"upgrade": "upgrade"})

    assert result.state is RunState.FAILED
    assert where(stage) == all_on(LINUX1)
    assert stage.servers.log == []


async def test_an_application_is_restarted_with_all_that_stands_on_it(stage):
    wanted = {"resource": "site", "between": "renew"}

    result = await stage.play(shipped("restart"), variables=wanted)

    assert result.failures == {}
    assert stage.servers.log == [
        "stopped address on linux1",
        "stopped site on linux1",
        "ran renew on linux1",
        "started site on linux1",
        "started address on linux1",
    ]


async def test_what_was_stopped_for_a_restart_is_started_even_if_something_fails(stage):
    stage.servers.hook = failing("resource.stop", "site", LINUX1)

    result = await stage.play(shipped("restart"), variables={"resource": "site"})

    assert result.state is RunState.FAILED
    assert where(stage) == all_on(LINUX1)


async def test_a_restart_needs_the_name_of_a_part(stage):
    with pytest.raises(ConfigInvalid) as caught:
        await stage.play(shipped("restart"))

    assert "only variables of -e are known before the run begins" in caught.value.problems[0]


async def test_a_part_is_started_first_and_the_rest_after_a_check(tmp_path):
    group = a_group()
    stage = Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)
    wanted = {"first": "database", "between": "look"}

    result = await stage.play(shipped("start-in-stages"), variables=wanted)

    assert result.failures == {}
    assert stage.servers.log[:2] == ["started database on linux2", "ran look on linux2"]
    assert where(stage) == all_on(LINUX2)


async def test_forced_failover_goes_on_when_the_stop_fails(stage):
    stage.servers.hook = failing("resource.stop", "address", LINUX1)

    await stage.play(shipped("forced-failover"))

    assert "stop address on linux1" in titles(stage, Status.FAILED)


@pytest.mark.parametrize("name", [*NEEDED, "failback", "failover", "rejoin"])
async def test_cut_after_every_record_and_resumed_it_ends_the_same(name, tmp_path):
    wanted = {"variables": NEEDED.get(name, {})}

    def a_stage(folder):
        (tmp_path / folder).mkdir()
        group = a_group()
        active = None if name in ("failover", "start-in-stages") else LINUX1
        servers = InMemoryServers(group, active=active)
        return Stage(group=group, servers=servers, directory=tmp_path / folder)

    whole = a_stage("whole")
    await whole.play(shipped(name), **wanted)

    for cut in range(1, whole.records):
        stage = a_stage(str(cut))
        with pytest.raises(ControllerDied):
            await stage.play(shipped(name), cut_after=cut, **wanted)
        assert all(len(stage.servers.holders(one)) <= 1 for one in NAMES), f"cut {cut}"
        result = await stage.play(shipped(name), **wanted)

        # a command that was cut is not repeated blindly: then the run ends there, and says so
        said = " ".join(one.message for one in result.failures.values())
        if "not repeated blindly" not in said:
            assert result.failures == {}, f"cut {cut}"
            assert where(stage) == where(whole), f"cut {cut}"
            assert sorted(stage.servers.log) == sorted(whole.servers.log), f"cut {cut}"
