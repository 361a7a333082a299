"""A controller that starts again knows what it must not forget, on its own clock."""

import datetime

import pytest

from orchestrator.model import GroupName, Mode, Monotonic, Reason, ServerName, Utc
from orchestrator.model.pairing import Link, Pairing
from orchestrator.model.state import (
    Goal,
    GoalKind,
    GroupState,
    History,
    NotedReign,
    ProofKind,
    Vote,
)
from orchestrator.store.database import Database
from orchestrator.store.group_states import GroupStates
from orchestrator.store.state_file import StoreUnusable
from remote_helpers.protocol.words import Registration, Reign

WEB = GroupName("web")
A, B = ServerName("linux1"), ServerName("linux2")
AT = Utc(datetime.datetime(2026, 11, 24, 3, 15, tzinfo=datetime.UTC))
LATER = Utc(AT + datetime.timedelta(seconds=60))
FIRST = Reign(1, "c-1", "n1", A, "boot-1")
STATE = GroupState(
    vote=Vote(
        registration=Registration(4, "c-1", "i-1"),
        acknowledged=frozenset({A, B}),
        chain={A: Registration(4, "c-1", "i-1")},
        reigns=(
            NotedReign(reign=FIRST, proof=ProofKind.STOPPED),
            NotedReign(
                reign=Reign(2, "c-1", "n2", B, "boot-7"),
                proven=((FIRST, ProofKind.STOPPED),),
                solo_number=3,
                solo_held=True,
            ),
        ),
        counters={A: 7},
    ),
    mode=Mode.MAINTENANCE,
    wanted=True,
    goal=Goal(
        kind=GoalKind.FAILOVER,
        target=B,
        source=A,
        since=Monotonic(900.0),
        reason=Reason.ACTIVE_SILENT,
    ),
    history=History(moves=(Monotonic(800.0),), well_since={A: Monotonic(5.0)}, both_seen=True),
    outdated=frozenset({A}),
)


@pytest.fixture
async def database(tmp_path):
    opened = await Database.open(tmp_path / "hasys.db")
    yield opened
    await opened.close()


async def test_vote_goal_and_history_survive(database):
    states = GroupStates(database)
    await states.save(WEB, STATE, Monotonic(1000.0), AT)
    loaded = await states.load(WEB, Monotonic(1060.0), LATER)
    assert loaded is not None
    assert loaded.vote == STATE.vote
    assert (loaded.mode, loaded.wanted, loaded.outdated) == (Mode.MAINTENANCE, True, {A})


async def test_times_move_to_the_clock_of_the_new_process(database):
    """After a reboot the clock begins anew: what was 100 s ago is 160 s ago a minute later."""
    states = GroupStates(database)
    await states.save(WEB, STATE, Monotonic(1000.0), AT)
    loaded = await states.load(WEB, Monotonic(5.0), LATER)
    assert loaded is not None
    assert loaded.goal is not None
    assert 5.0 - loaded.goal.since == 160.0
    assert 5.0 - loaded.history.moves[0] == 260.0


async def test_who_was_well_or_seen_is_not_known_any_more(database):
    states = GroupStates(database)
    await states.save(WEB, STATE, Monotonic(1000.0), AT)
    loaded = await states.load(WEB, Monotonic(1060.0), LATER)
    assert loaded is not None
    assert (loaded.history.well_since, loaded.history.both_seen) == ({}, False)


async def test_a_wall_clock_that_was_set_back_makes_nothing_older(database):
    states = GroupStates(database)
    await states.save(WEB, STATE, Monotonic(1000.0), LATER)
    loaded = await states.load(WEB, Monotonic(1000.0), AT)
    assert loaded is not None
    assert loaded.goal is not None
    assert loaded.goal.since == 900.0


async def test_a_state_that_cannot_be_read_is_not_taken_for_none(database):
    states = GroupStates(database)
    await states.save(WEB, STATE, Monotonic(1000.0), AT)
    await database.write(("UPDATE group_state SET document = '{\"vote\": 7}'", ()))
    with pytest.raises(StoreUnusable, match="the state of group web cannot be read"):
        await states.load(WEB, Monotonic(1000.0), AT)


async def test_a_pairing_survives_and_is_forgotten_with_its_group(database):
    states = GroupStates(database)
    pairing = Pairing(
        keys=("ab" * 32,),
        links=(Link(name="heartbeat", addresses={A: "10.1.0.1", B: "10.1.0.2"}, port=7407),),
        covers={A: "systemd", B: "device"},
    )
    await states.save_pairing(WEB, pairing)
    await states.save(WEB, STATE, Monotonic(1.0), AT)
    assert await states.pairing(WEB) == pairing
    assert pairing.is_covered
    await states.forget(WEB)
    assert await states.pairing(WEB) is None
    assert await states.load(WEB, Monotonic(1.0), AT) is None
