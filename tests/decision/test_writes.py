"""Frozen writes go on only after the other copy is noted as out of date, and never in a move."""

from __future__ import annotations

import dataclasses

import pytest

from orchestrator.decision.decide import decide
from orchestrator.decision.intents import Decision, LetWrite
from orchestrator.model import (
    DrbdSpec,
    GroupView,
    Mode,
    Reason,
    ResourceName,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.model.moment import Monotonic
from orchestrator.simulation.stage import Stage
from remote_helpers.replication.words import (
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Volume,
    is_down,
)
from tests.support.builders import a_resource

ALPHA, BETA = ServerName("alpha"), ServerName("beta")
COPIES = ResourceName("copies")


def a_copy(role: Role, *suspended: str) -> Replication:
    volume = Volume(
        number=0,
        minor=0,
        disk=Disk.UP_TO_DATE,
        peer_disk=Disk.UNKNOWN,
        replicating=Replicating.OFF,
        size_bytes=1 << 30,
        out_of_sync_bytes=0,
        done_percent=None,
        left_s=None,
        rate_bytes_s=None,
    )
    return Replication(
        resource="r0",
        version="8.4.11",
        is_up=True,
        role=role,
        peer_role=Role.UNKNOWN,
        connection=Connection.CONNECTING,
        suspended=suspended,
        volumes=(volume,),
        fencing="resource-and-stonith",
        handler="/var/lib/hasys/web/fence-peer",
    )


class Pair:
    """Alpha serves in reign 1; the link between the copies is cut, and alpha's writes wait."""

    def __init__(self, *lines: str) -> None:
        self.stage = Stage()
        for line in ("reign 1 alpha", "seen alpha reigning reign=1", "seen beta idle", *lines):
            self.stage.command(line)
        replicated = {COPIES: a_resource("copies", spec=DrbdSpec(resource="r0"))}
        resources = {**self.stage.group.resources, **replicated}
        self.group = dataclasses.replace(self.stage.group, resources=resources)
        self.state = self.stage.state
        self.unanswered: set[ServerName] = set()
        self.copies = {ALPHA: a_copy(Role.PRIMARY, "fencing"), BETA: a_copy(Role.SECONDARY)}

    def turn(self) -> Decision:
        guarded = self.stage.view()
        first, second = (self.with_copy(one) for one in guarded.view.servers)
        view = GroupView(servers=(first, second), taken_at=guarded.view.taken_at)
        guarded = dataclasses.replace(guarded, view=view)
        decision = decide(self.group, self.state, guarded, self.stage.now, self.stage.policy)
        self.state = decision.state
        return decision

    def with_copy(self, view: ServerView) -> ServerView:
        at = Monotonic(self.stage.now - 0.1)
        if view.server in self.unanswered:
            late = Unknown(reason=UnknownReason.TIMED_OUT, at=at)
            return dataclasses.replace(view, reach=late, data={COPIES: late})
        return dataclasses.replace(view, data={COPIES: Seen(value=self.copies[view.server], at=at)})

    def let(self, decision: Decision) -> list[ServerName]:
        return [one.server for one in decision.intents if isinstance(one, LetWrite)]


def test_the_note_comes_first_and_the_word_a_turn_later():
    pair = Pair()
    first = pair.turn()
    second = pair.turn()

    assert pair.let(first) == []
    assert first.state.outdated == {BETA}
    assert pair.let(second) == [ALPHA]
    assert second.state.outdated == {BETA}


def test_nothing_is_noted_while_a_move_is_under_way():
    pair = Pair("wish failover beta")
    decision = pair.turn()

    assert pair.let(decision) == []
    assert decision.state.outdated == frozenset()


def test_a_group_in_maintenance_is_not_touched():
    pair = Pair()
    pair.state = dataclasses.replace(pair.state, mode=Mode.MAINTENANCE)
    decision = pair.turn()

    assert pair.let(decision) == []
    assert decision.state.outdated == frozenset()


def test_a_server_without_the_reign_gets_no_word():
    pair = Pair("seen alpha idle")

    assert pair.let(pair.turn()) == []
    assert pair.let(pair.turn()) == []


def test_writes_that_a_person_froze_are_left_to_the_person():
    pair = Pair()
    pair.copies[ALPHA] = a_copy(Role.PRIMARY, "user")
    pair.turn()

    assert pair.let(pair.turn()) == []


@pytest.mark.parametrize(("age", "distrusted"), [("0.2", set()), ("9", {BETA})])
def test_one_late_answer_is_no_silence(age: str, distrusted: set[ServerName]):
    pair = Pair(f"seen alpha reigning reign=1 age={age}")
    pair.unanswered = {ALPHA}
    pair.copies[BETA] = a_copy(Role.SECONDARY)._replace(fencing="dont-care", handler="")

    assert pair.turn().state.outdated == distrusted


@pytest.mark.parametrize(("age", "stands_in_the_way"), [("0.2", False), ("9", True)])
def test_a_start_looks_at_both_copies_itself_while_both_answer(
    age: str, *, stands_in_the_way: bool
):
    """What was feared while one was silent is found out by the run, which connects them first."""
    pair = Pair("seen alpha idle", f"seen beta idle age={age}", "wish start alpha")
    pair.state = dataclasses.replace(pair.state, outdated=frozenset({ALPHA}))
    pair.copies = {ALPHA: is_down("r0", "8.4.11"), BETA: is_down("r0", "8.4.11")}
    if stands_in_the_way:
        pair.unanswered = {BETA}
    reasons = {one.reason for one in pair.turn().reasons}

    assert (Reason.DATA_OUT_OF_DATE in reasons) is stands_in_the_way
