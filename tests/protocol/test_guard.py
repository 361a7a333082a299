"""The rules of the guard, one test a rule; the races are told in docs/explanation/safety.md."""

from remote_helpers.protocol import control, gate, guard, holder
from remote_helpers.protocol.messages import (
    Answer,
    Order,
    Proven,
)
from remote_helpers.protocol.words import Registration
from tests.protocol.builders import (
    HOLDER,
    TERMS,
    answered,
    fresh,
    now,
    ordered,
    question,
    reign,
    reigning,
)

OTHER = Registration(2, "c2", "i2")


def names(outputs: guard.Outputs) -> list[str]:
    return [type(one).__name__ for one in outputs]


def test_the_order_is_no_grant():
    one, reply = ordered(fresh(), 1, 10.0)
    assert reply.accepted
    assert one.holder.phase == holder.ORDERED
    assert one.gate == gate.CLOSED


def test_the_order_is_on_disk_before_it_is_acknowledged():
    order = Order(HOLDER, reign(1, "beta"), (), (), forced=False, adopts=False)
    _, outputs = control.on_control(fresh(), order, now(10.0))
    assert names(outputs)[0] == "Save"
    assert outputs[0].record.promised == 1


def test_a_lease_counts_from_the_question():
    one = answered(reigning(at=10.0), 11.0, 12.5)
    assert one.holder.lease_end == 14.0
    assert answered(one, 10.5, 12.6).holder.lease_end == 14.0, "an older answer takes nothing away"


def test_an_answer_that_is_over_when_it_comes_gives_nothing():
    one = reigning(at=10.0)
    assert answered(one, 10.2, 13.3).holder.lease_end == 13.0


def test_an_answer_to_another_boot_guard_or_reign_is_not_taken():
    one = reigning(at=10.0)
    asked = question(1, "alpha", 10.5)
    for wrong in (
        asked._replace(reign=reign(1, "alpha", "boot0")),
        asked._replace(incarnation="alpha-g0"),
        asked._replace(asked_at=9.9),
        asked._replace(asked_at=100000.0),
    ):
        after, _ = guard.on_answer(one, Answer(wrong, 3.0, HOLDER), now(11.0))
        assert after == one


def test_no_answer_is_worth_more_than_the_longest_lease_on_record():
    one = reigning(at=10.0)
    asked = question(1, "alpha", 11.0)
    one, _ = guard.on_answer(one, Answer(asked, 60.0, HOLDER), now(11.0))
    assert one.holder.lease_end == 14.0


def test_an_answer_of_a_controller_that_is_not_registered_is_not_taken():
    one = reigning(at=10.0)
    asked = question(1, "alpha", 11.0)
    after, _ = guard.on_answer(one, Answer(asked, 3.0, OTHER), now(11.0))
    assert after == one


def test_no_reign_begins_on_a_lease_shorter_than_the_watchdog():
    one, _ = ordered(fresh("alpha", "beta"), 1, 10.0)
    one = answered(one, 10.0, 12.1)
    assert one.holder.phase == holder.ORDERED
    assert answered(one, 12.2, 12.2).holder.phase == holder.REIGNING


def test_demotion_begins_a_budget_before_the_end_and_is_never_called_off():
    one = reigning(at=10.0)
    one, outputs = guard.tick(one, now(12.0))
    assert names(outputs) == ["Publish", "Demote"]
    assert one.gate == gate.CLOSED
    one = answered(one, 11.9, 12.1)
    assert one.holder.phase == holder.EMERGENCY
    _, outputs = guard.tick(one, now(13.0))
    assert names(outputs) == ["Reset"]


def test_a_guard_that_wakes_with_its_lease_over_resets_at_once():
    _, outputs = guard.tick(reigning(at=10.0), now(13.5))
    assert names(outputs) == ["Reset"]


def test_a_demotion_that_is_done_in_time_needs_no_reset():
    one, _ = guard.tick(reigning(at=10.0), now(12.0))
    one, _ = guard.checked(one, held=True)
    assert one.holder.phase == holder.EMERGENCY
    one, _ = guard.checked(one, held=False)
    assert guard.tick(one, now(14.0))[1] == ()


def test_who_may_answer_the_peer():
    asked = question(1, "alpha", 10.0)
    one, outputs = guard.on_question(fresh(), asked, now(10.0))
    assert isinstance(outputs[0].message, Answer)
    for silent in (
        fresh()._replace(held=True),
        fresh()._replace(held=None),
        ordered(fresh(), 1, 10.0)[0],
        reigning("beta", "alpha"),
        fresh()._replace(mute_until=11.0),
    ):
        assert guard.on_question(silent, asked, now(10.0))[1] == ()
    itself = question(1, "beta", 10.0)
    assert guard.on_question(one, itself, now(10.0))[1] == ()


def test_the_promise_is_noted_in_the_step_that_answers():
    one, _ = guard.on_question(fresh(), question(1, "alpha", 10.0), now(10.0))
    assert dict(one.grantor.promises)[reign(1, "alpha")] == 13.25
    _, reply = ordered(one, 2, 13.2, run_out=())
    assert reply.why == "promise-out"
    _, reply = ordered(one, 2, 13.3)
    assert reply.accepted


def test_a_proof_frees_only_the_reign_that_it_names():
    one, _ = guard.on_question(fresh(), question(1, "alpha", 10.0), now(10.0))
    one, _ = guard.on_question(one, question(2, "alpha", 10.1), now(10.1))
    second = Proven(reign(2, "alpha"), "burned")
    assert ordered(one, 3, 10.2, proven=(second,))[1].why == "promise-out"
    first = Proven(reign(1, "alpha"), "stopped")
    assert ordered(one, 3, 10.2, proven=(first, second))[1].accepted


def test_a_new_guard_counts_as_having_answered():
    one = guard.start(
        ("group", "beta", "alpha"), "beta-boot1", "beta-g2", TERMS, fresh().record, 3.0, now(10.0)
    )
    one, _ = guard.checked(one, held=False)
    assert ordered(one, 1, 13.0)[1].why == "promise-out"
    assert ordered(one, 1, 13.3)[1].accepted


def test_a_guard_that_takes_over_goes_on_with_lease_and_promises():
    one = guard.take_over(reigning(at=10.0), "alpha-g2", now(11.0))
    assert one.holder.phase == holder.REIGNING
    assert one.holder.lease_end == 13.0
    asked = question(1, "alpha", 11.5)
    assert guard.on_answer(one, Answer(asked, 3.0, HOLDER), now(11.6))[0] == one, "to the old guard"
