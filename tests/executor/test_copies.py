"""A start on replicated data: the copies are brought together first, then judged as they are."""

import dataclasses

import pytest

from orchestrator.model import DrbdSpec, Reason, Refusal
from orchestrator.store.journal import RunState
from orchestrator.transport import Failed, FailureKind
from remote_helpers.replication.words import (
    Alone,
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Volume,
    is_down,
    to_json,
)
from tests.executor.runs import Loop, Stage
from tests.support.builders import LINUX1, LINUX2, a_group, a_resource
from tests.support.servers import InMemoryServers, _done

ON_TARGET = "- hosts: target\n  tasks:\n    - flow: {state: started}\n"
CONNECTS = ["connected r0 on linux1", "connected r0 on linux2"]
STARTS = ["started copies on linux2", "started database on linux2"]


def a_copy(connection, disk, peer_disk=Disk.UNKNOWN, alone=None):
    volume = Volume(
        number=0, minor=0, disk=disk, peer_disk=peer_disk, replicating=Replicating.OFF,
        size_bytes=1, out_of_sync_bytes=0, done_percent=None, left_s=None, rate_bytes_s=None,
    )  # fmt: skip
    down = is_down("r0", "8.4.11")
    return down._replace(
        is_up=True, role=Role.SECONDARY, connection=connection, volumes=(volume,), alone=alone
    )


DOWN = is_down("r0", "8.4.11")
IN_SYNC = a_copy(Connection.CONNECTED, Disk.UP_TO_DATE, Disk.UP_TO_DATE)
LEFT = a_copy(Connection.STAND_ALONE, Disk.CONSISTENT, alone=Alone.OPERATOR)
SPLIT = a_copy(Connection.STAND_ALONE, Disk.UP_TO_DATE, alone=Alone.SPLIT_BRAIN)


@dataclasses.dataclass
class Copies:
    """What each poll tells of r0 on both servers; to connect them leaves `then` behind."""

    stage: Stage
    now: dict[str, Replication]
    then: Replication

    def answer(self, server, request):
        servers = self.stage.servers
        if request.op == "poll":
            told = servers._poll(server, servers.servers[server], request)
            told.data["resources"]["copies"]["data"] = {
                "kind": "drbd",
                **to_json(self.now[server]),
            }
            return told
        if request.op == "copies.bring":
            stale = servers._stale(servers.servers[server], request)
            if stale is None:
                servers.log.append(f"{request.args['state']} r0 on {server}")
                self.now[server] = self.then
            return stale or _done({"changed": True, "detail": ""})
        if request.op == "check" and request.args["op"] == "copies.bring":
            return _done({"would": "change", "detail": "it would be brought up"})
        return None


@pytest.fixture
def stage(tmp_path):
    copies = a_resource("copies", spec=DrbdSpec(resource="r0"))
    group = a_group(copies, a_resource("database", "copies"))
    return Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)


def copies_of(stage, now, then=IN_SYNC, peer=None):
    """`peer`: how the copy on linux1 is, where it differs from the one to be started."""
    both = {LINUX1: peer or now, LINUX2: now}
    copies = Copies(stage=stage, now=both, then=then)
    stage.servers.hook = copies.answer
    return copies


async def test_copies_that_are_down_are_brought_up_on_both_sides_first(stage):
    copies_of(stage, DOWN)

    result = await stage.play(ON_TARGET)

    assert result.state is RunState.DONE
    assert sorted(stage.servers.log[:2]) == CONNECTS
    assert stage.servers.log[2:] == STARTS


async def test_copies_that_see_each_other_are_left_as_they_are(stage):
    copies_of(stage, IN_SYNC)

    assert (await stage.play(ON_TARGET)).state is RunState.DONE
    assert stage.servers.log == STARTS


async def test_nothing_starts_on_a_copy_that_may_lack_the_last_writes(stage):
    """Both lost power; neither knows who wrote last, and they did not find each other."""
    copies_of(stage, LEFT, then=LEFT)

    result = await stage.play(ON_TARGET)

    (failure,) = result.failures.values()
    assert failure.result == {"refused": "data-not-in-sync"}
    assert sorted(stage.servers.log) == CONNECTS


async def test_a_split_brain_is_not_connected_but_told(stage):
    """To connect again would change nothing, or throw away the writes of one side."""
    copies_of(stage, SPLIT)

    result = await stage.play(ON_TARGET)

    assert result.failures[LINUX2].result == {"refused": "split-brain"}
    assert stage.servers.log == []


async def test_nothing_starts_where_the_copy_is_not_seen(stage):
    """Its check answers, and says nothing of the data."""
    copies = copies_of(stage, IN_SYNC)

    def blind(server, request):
        told = copies.answer(server, request)
        if request.op == "poll" and server == LINUX2:
            del told.data["resources"]["copies"]["data"]
        return told

    stage.servers.hook = blind

    result = await stage.play(ON_TARGET)

    assert result.failures[LINUX2].result == {"refused": "data-unknown"}
    assert stage.servers.log == []


async def test_a_connection_that_fails_starts_nothing(stage):
    copies = copies_of(stage, DOWN)

    def refusing(server, request):
        if request.op == "copies.bring":
            return Failed(kind=FailureKind.FAILED, message="no such device")
        return copies.answer(server, request)

    stage.servers.hook = refusing

    result = await stage.play(ON_TARGET)

    assert result.failures[LINUX2].result == {"refused": "data-unknown"}
    assert stage.servers.log == []


def falls_silent_after_the_look(stage, copies):
    """linux1 answers the look at what it holds, and no more when its copy is to be looked at."""
    looks = []

    def hook(server, request):
        told = copies.answer(server, request)
        if request.op == "poll" and server == LINUX1:
            looks.append(server)
            stage.servers.servers[LINUX1].reachable = False
        return told

    stage.servers.hook = hook
    return looks


async def test_a_peer_that_falls_silent_before_its_copy_is_seen_stops_the_start(stage):
    looks = falls_silent_after_the_look(stage, copies_of(stage, IN_SYNC))

    result = await stage.play(ON_TARGET)

    assert looks == [LINUX1]
    assert result.failures[LINUX2].result == {"refused": "server-unreachable"}
    assert "silence says nothing of its data" in result.failures[LINUX2].message
    assert stage.servers.log == []


@pytest.mark.parametrize("refuses", [False, True])
async def test_in_a_guarded_group_its_loop_judges_such_a_silence(stage, refuses):
    """The right may have gone between the look and the start; only the loop knows."""
    copies = copies_of(stage, IN_SYNC)
    stage.servers.servers[LINUX1].reachable = False
    loop = stage.authorise = Loop(log=[])
    asked = []

    async def may_start(server):
        asked.append(server)
        gone = Refusal(reason=Reason.SOLO_POSSIBLE, evidence="it may serve", advice="wait")
        return gone if refuses and len(asked) > 1 else None

    loop.may_start = may_start
    copies.now[LINUX2] = a_copy(Connection.CONNECTING, Disk.UP_TO_DATE)

    result = await stage.play(ON_TARGET)

    assert asked == [LINUX2, LINUX2]
    if refuses:
        assert result.failures[LINUX2].result == {"refused": "solo-possible"}
    assert stage.servers.log == ([] if refuses else STARTS)


async def test_a_plan_says_that_the_copies_would_be_connected_and_judges_nothing_more(stage):
    copies_of(stage, DOWN)

    plan = await stage.foresee(ON_TARGET)

    assert plan.failures == {}
    would = {(step.title, step.server): step.would for step in plan.steps()}
    assert would["connect copies", LINUX1] == "would change"
    assert would["connect copies", LINUX2] == "would change"
    assert stage.servers.log == []


async def test_what_stands_on_data_that_is_promoted_already_is_started_again(stage):
    """Nothing is promoted: a split brain is told, and is no reason to leave the site down."""
    primary = SPLIT._replace(role=Role.PRIMARY)
    copies_of(stage, primary, peer=SPLIT)
    stage.servers.servers[LINUX2].states["copies"] = "started"

    result = await stage.play(ON_TARGET)

    assert result.failures == {}
    assert stage.servers.log == ["started database on linux2"]
