"""The controller's half: standing, answers, proofs, solo."""

import dataclasses

import pytest

from orchestrator.decision import lease_length, orders
from orchestrator.decision import vote as votes
from orchestrator.decision.intents import NoteOrder
from orchestrator.model import ServerName
from orchestrator.model.state import ProofKind, Vote
from remote_helpers.protocol import reporting
from remote_helpers.protocol.messages import Question, Report
from remote_helpers.protocol.words import NOBODY, Registration, Reign
from tests.protocol.builders import fresh, now, reigning

A, B = ServerName("alpha"), ServerName("beta")
PAIR = (A, B)
CLOCK = votes.Clockwork(error=0.0, margin_s=0.25)
ORDER = NoteOrder(server=B, boot="beta-boot1", forced=False)
OLD = Registration(5, "c1", "i1")


def report(registered: Registration, server: str = "beta", **changes: object) -> Report:
    one = reigning() if server == "alpha" else fresh()
    said = reporting.report(one, now(11.0))
    return said._replace(registered=registered, **changes)  # type: ignore[arg-type]


def full() -> Vote:
    """Registered on both under term 5, with reign 1 of alpha noted."""
    vote, ballot = Vote(registration=OLD), votes.Ballot()
    for name in PAIR:
        said = report(OLD, name)
        vote, ballot = votes.acknowledge(vote, ballot, PAIR, name, said, 0.0, CLOCK)
    return vote


def asked(vote: Vote) -> Question:
    noted = votes.newest(vote)
    assert noted is not None
    return Question(noted.reign, "g1", 100.0)


def test_a_restart_has_standing_where_it_follows_itself():
    vote = votes.begin(full(), "c1", "i2", (), take_over=False)
    assert votes.request(vote, B, report(OLD)).expected == OLD
    vote, _ = votes.acknowledge(
        vote, votes.Ballot(), PAIR, B, report(vote.registration), 0.0, CLOCK
    )
    assert votes.has_standing(vote, PAIR, B)
    assert not votes.has_standing(vote, PAIR, A)


def test_a_take_over_has_standing_on_both_or_nowhere():
    vote = votes.begin(full(), "c1", "i2", (), take_over=True)
    assert votes.request(vote, B, report(OLD)).expected is None
    vote, _ = votes.acknowledge(
        vote, votes.Ballot(), PAIR, B, report(vote.registration), 0.0, CLOCK
    )
    assert not votes.has_standing(vote, PAIR, B)


def test_registered_once_on_one_server_is_no_chain():
    vote, _ = votes.acknowledge(
        Vote(registration=OLD), votes.Ballot(), PAIR, B, report(OLD), 0.0, CLOCK
    )
    vote = votes.begin(vote, "c1", "i2", (), take_over=False)
    assert votes.request(vote, B, None).expected == NOBODY
    vote, _ = votes.acknowledge(
        vote, votes.Ballot(), PAIR, B, report(vote.registration), 0.0, CLOCK
    )
    assert not votes.has_standing(vote, PAIR, B)


def test_a_registration_counts_as_an_answer_with_the_longest_lease_told_there():
    vote, ballot = Vote(registration=OLD), votes.Ballot()
    said = report(OLD, "alpha", lease_max=8.0)
    vote, ballot = votes.acknowledge(vote, ballot, PAIR, A, said, 100.0, CLOCK)
    assert list(ballot.promises.values()) == [108.25]


def test_the_promise_is_noted_with_the_answer_and_only_the_newest_reign_has_one():
    vote = full()
    question = asked(vote)
    ballot, answer = votes.answer(
        vote, votes.Ballot(), PAIR, question, silent=False, now=100.0, clockwork=CLOCK
    )
    assert answer is not None
    assert ballot.promises[question.reign] == 103.25
    later = orders.note_order(vote, ORDER, "n")
    for other, silent in ((later, False), (vote, True)):
        after, answer = votes.answer(
            other, ballot, PAIR, question, silent=silent, now=101.0, clockwork=CLOCK
        )
        assert (after, answer) == (ballot, None)


def test_after_a_burned_order_the_reign_before_it_is_answered_again():
    vote = full()
    question = asked(vote)
    vote = orders.note_order(vote, ORDER, "n")
    vote = votes.prove(vote, vote.reigns[-1].reign, ProofKind.BURNED)
    _, answer = votes.answer(
        vote, votes.Ballot(), PAIR, question, silent=False, now=1.0, clockwork=CLOCK
    )
    assert answer is not None
    again = orders.note_order(vote, ORDER, "n")
    assert again.reigns[-1].reign.epoch == 3, "a burned number is not used again"
    assert again.reigns[-1].run_out == (question.reign,)


def test_an_order_that_was_taken_proves_what_it_left_to_run_out_unless_forced():
    for forced, proof in ((False, ProofKind.RUN_OUT), (True, None)):
        vote = orders.note_order(full(), dataclasses.replace(ORDER, forced=forced), "n")
        taken = votes.learn(vote, report(OLD, reign=vote.reigns[-1].reign))
        assert taken.reigns[0].proof is proof
    assert vote.reigns[-1].reign.epoch == 1001


def test_a_reign_not_ours_and_never_answered_here_is_not_said_to_have_run_out():
    vote = votes.learn(Vote(registration=OLD), report(OLD, "alpha"))
    assert votes.half_over_at(votes.Ballot(), vote.reigns[0]) is None


def test_solo_is_noted_before_it_is_sent_and_struck_by_the_last_end_only():
    vote = full()
    reign = asked(vote).reign
    vote = votes.give_solo(vote, reign)
    assert votes.newest(vote).solo_held  # type: ignore[union-attr]
    assert votes.give_solo(vote, reign) == vote, "the same number while it is repeated"
    ending = votes.ask_solo_end(vote, reign)
    assert votes.solo_ended(ending, reign, 1) == ending
    assert not votes.newest(votes.solo_ended(ending, reign, 2)).solo_held  # type: ignore[union-attr]
    again = votes.give_solo(ending, reign)
    assert votes.newest(again).solo_number == 3  # type: ignore[union-attr]
    assert votes.solo_ended(again, reign, 3) == again, "no end was asked for under that number"


def test_a_fallen_counter_is_a_lost_record():
    vote, fell = votes.remember(full(), B, report(OLD, counter=9))
    assert not fell
    vote, fell = votes.remember(vote, B, report(OLD, counter=3))
    assert fell
    assert B not in vote.acknowledged
    assert B not in vote.chain


def test_a_shorter_lease_is_let_go_when_the_longer_is_over():
    vote = lease_length.change(full(), 1.5)
    assert (vote.lease_s, vote.lease_max_s) == (1.5, 3.0)
    assert lease_length.let_go(vote, 10.0, 13.0, CLOCK) == vote
    assert lease_length.let_go(vote, 10.0, 13.3, CLOCK).lease_max_s == 1.5
    longer = lease_length.change(vote, 9.0)
    assert longer.lease_max_s == 9.0


def lengths(alpha: float, beta: float) -> dict[ServerName, Report]:
    """Alpha reigns, beta holds nothing."""
    return {A: report(OLD, "alpha", lease=alpha), B: report(OLD, "beta", lease=beta)}


@pytest.mark.parametrize(
    ("alpha", "beta", "told", "controller_too"),
    [
        (3.0, 3.0, (A,), False),  # beta's promises of the old length still carry the reign
        (1.5, 3.0, (B,), False),
        (1.5, 1.5, (), True),
        (1.0, 1.0, (B,), False),  # raised again: who holds is the last to ask less often
        (1.0, 1.5, (A,), False),
    ],
)
def test_the_holder_lives_by_a_shorter_lease_before_anybody_promises_it(
    alpha: float, beta: float, told: tuple[ServerName, ...], *, controller_too: bool
):
    reports = lengths(alpha, beta)

    assert lease_length.to_tell(full(), 1.5, reports) == told
    assert lease_length.may_lower(full(), 1.5, reports) is controller_too


def test_of_a_server_that_was_never_heard_nobody_knows_whether_it_holds():
    reports = lengths(3.0, 3.0)
    del reports[A]

    assert lease_length.to_tell(full(), 1.5, reports) == ()
    assert not lease_length.may_lower(full(), 1.5, reports)


def test_no_unproven_reign_is_ever_forgotten():
    vote = full()
    first = vote.reigns[0]
    for number in range(40):
        vote = orders.note_order(vote, ORDER, f"n{number}")
        vote = votes.prove(vote, vote.reigns[-1].reign, ProofKind.BURNED)
    assert first in vote.reigns
    assert len(vote.reigns) < 20
    other = Reign(1, "c9", "x", "alpha", "boot9")
    assert votes.prove(vote, other, ProofKind.STOPPED) == vote
    assert dataclasses.replace(first) in votes.unproven(vote)
