"""Frozen writes go on only after the other copy is noted as out of date, and never in a move."""

from __future__ import annotations

import dataclasses

import pytest

from orchestrator.decision.intents import Decision, LetWrite
from orchestrator.model import Mode, Reason, ServerName
from remote_helpers.replication.words import Role, is_down
from tests.support.replicated_pair import ALPHA, BETA, ReplicatedPair, a_copy


def let(decision: Decision) -> list[ServerName]:
    return [one.server for one in decision.intents if isinstance(one, LetWrite)]


def test_the_note_comes_first_and_the_word_a_turn_later():
    pair = ReplicatedPair()
    first = pair.turn()
    second = pair.turn()

    assert let(first) == []
    assert first.state.outdated == {BETA}
    assert let(second) == [ALPHA]
    assert second.state.outdated == {BETA}


def test_what_stands_on_waiting_writes_is_no_failure_of_its_own():
    """It would use up the restarts, and then move the service."""
    pair = ReplicatedPair("seen alpha reigning reign=1 data=failed")
    turns = [pair.turn(), pair.turn()]

    assert not [
        one for turn in turns for one in turn.reasons if one.reason is Reason.RESOURCE_FAILED
    ]
    assert let(turns[1]) == [ALPHA]


def test_nothing_is_noted_while_a_move_is_under_way():
    pair = ReplicatedPair("wish failover beta")
    decision = pair.turn()

    assert let(decision) == []
    assert decision.state.outdated == frozenset()


def test_a_group_in_maintenance_is_not_touched():
    pair = ReplicatedPair()
    pair.state = dataclasses.replace(pair.state, mode=Mode.MAINTENANCE)
    decision = pair.turn()

    assert let(decision) == []
    assert decision.state.outdated == frozenset()


def test_a_server_without_the_reign_gets_no_word():
    pair = ReplicatedPair("seen alpha idle")

    assert let(pair.turn()) == []
    assert let(pair.turn()) == []


def test_writes_that_a_person_froze_are_left_to_the_person():
    pair = ReplicatedPair()
    pair.copies[ALPHA] = a_copy(Role.PRIMARY, "user")
    pair.turn()

    assert let(pair.turn()) == []


@pytest.mark.parametrize(("age", "distrusted"), [("0.2", set()), ("9", {BETA})])
def test_one_late_answer_is_no_silence(age: str, distrusted: set[ServerName]):
    pair = ReplicatedPair(f"seen alpha reigning reign=1 age={age}")
    pair.unanswered = {ALPHA}
    pair.copies[BETA] = a_copy(Role.SECONDARY)._replace(fencing="dont-care", handler="")

    assert pair.turn().state.outdated == distrusted


HELD_BACK = ("resource-and-stonith", "/var/lib/hasys/web/fence-peer")


@pytest.mark.parametrize(
    ("settings", "distrusted", "reason"),
    [
        (("", ""), set(), Reason.DATA_UNKNOWN),
        (HELD_BACK, set(), Reason.ACTIVE_SILENT),
        (("dont-care", ""), {BETA}, Reason.DATA_OUT_OF_DATE),
    ],
)
def test_settings_that_a_slow_server_has_not_told_are_waited_for(
    settings: tuple[str, str], distrusted: set[ServerName], reason: Reason
):
    """Neither a lasting doubt in a copy that was held back, nor an order for one that was not."""
    pair = ReplicatedPair("seen alpha reigning reign=1 age=9")
    pair.unanswered = {ALPHA}
    fencing, handler = settings
    pair.copies[BETA] = a_copy(Role.SECONDARY)._replace(fencing=fencing, handler=handler)
    decision = pair.turn()

    assert decision.state.outdated == distrusted
    assert reason in {one.reason for one in decision.reasons}
    assert (decision.state.goal is not None) is (settings == HELD_BACK)


def test_settings_that_come_late_let_the_move_begin():
    pair = ReplicatedPair("seen alpha reigning reign=1 age=9")
    pair.unanswered = {ALPHA}
    pair.copies[BETA] = a_copy(Role.SECONDARY)._replace(fencing="", handler="")
    waiting = pair.turn()
    pair.copies[BETA] = a_copy(Role.SECONDARY)
    moving = pair.turn()

    assert waiting.state.goal is None
    assert moving.state.goal is not None


@pytest.mark.parametrize(("back", "distrusted"), [(ALPHA, set()), (BETA, {BETA})])
def test_after_a_power_cut_of_both_who_served_last_has_every_write(
    back: ServerName, distrusted: set[ServerName]
):
    """Its peer was given no right to write after it; the other way round nobody knows."""
    away = ALPHA if back is BETA else BETA
    pair = ReplicatedPair(f"seen {back} idle", f"seen {away} idle age=9")
    pair.unanswered = {away}
    pair.copies = {ALPHA: is_down("r0", "8.4.11"), BETA: is_down("r0", "8.4.11")}

    assert pair.turn().state.outdated == distrusted


@pytest.mark.parametrize(("age", "stands_in_the_way"), [("0.2", False), ("9", True)])
def test_a_start_looks_at_both_copies_itself_while_both_answer(
    age: str, *, stands_in_the_way: bool
):
    """What was feared while one was silent is found out by the run, which connects them first."""
    pair = ReplicatedPair("seen alpha idle", f"seen beta idle age={age}", "wish start alpha")
    pair.state = dataclasses.replace(pair.state, outdated=frozenset({ALPHA}))
    pair.copies = {ALPHA: is_down("r0", "8.4.11"), BETA: is_down("r0", "8.4.11")}
    if stands_in_the_way:
        pair.unanswered = {BETA}
    reasons = {one.reason for one in pair.turn().reasons}

    assert (Reason.DATA_OUT_OF_DATE in reasons) is stands_in_the_way
