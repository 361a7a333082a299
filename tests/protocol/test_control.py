"""What a controller may ask of a guard, one test a rule (docs/explanation/safety.md)."""

from remote_helpers.protocol import control, gate, guard, holder, watchdog
from remote_helpers.protocol.messages import (
    Lease,
    Members,
    Order,
    Plan,
    Register,
    Solo,
    Status,
    Stop,
    Withdraw,
)
from remote_helpers.protocol.record import decode, encode
from remote_helpers.protocol.words import NOBODY, Registration
from tests.protocol.builders import (
    HOLDER,
    TERMS,
    answered,
    beat,
    fresh,
    now,
    ordered,
    question,
    reign,
    reigning,
    told,
)

OTHER = Registration(2, "c2", "i2")


def names(outputs: guard.Outputs) -> list[str]:
    return [type(one).__name__ for one in outputs]


def test_a_withdrawal_is_refused_while_the_active_is_heard_and_ends_by_itself():
    one, _ = guard.on_beat(fresh(), beat(1, "alpha"), now(10.0))
    wish = Withdraw(HOLDER, reign(1, "alpha"), False)
    assert told(one, wish, 10.5)[1].why == "active-heard"
    one, reply = told(one, wish, 10.8)
    assert reply.accepted
    assert guard.on_question(one, question(1, "alpha", 11.0), now(11.0))[1] == ()
    assert guard.on_question(one, question(1, "alpha", 11.6), now(11.6))[1] != ()


def test_an_order_is_refused_while_the_active_is_heard_and_without_a_withdrawal():
    old = reign(1, "alpha")
    one, _ = guard.on_beat(fresh(), beat(1, "alpha"), now(10.0))
    assert ordered(one, 2, 10.1, run_out=(old,))[1].why == "active-heard"
    assert ordered(one, 2, 12.0, run_out=(old,))[1].why == "not-withdrawn"
    one, _ = told(one, Withdraw(HOLDER, old, False), 12.0)
    assert ordered(one, 2, 12.1, run_out=(old,))[1].accepted


def test_a_guard_tells_what_it_refuses_also_when_it_only_heard_of_a_higher_reign():
    """A controller without that history orders above it, instead of below it for ever."""
    one, _ = guard.on_beat(fresh(), beat(1001, "alpha"), now(10.0))
    one, refused = ordered(one, 2, 20.0)
    assert refused.why == "stale-epoch"
    assert ordered(one, refused.report.promised, 20.0)[1].why == "stale-epoch"
    assert ordered(one, refused.report.promised + 1, 20.0)[1].accepted


def test_what_else_refuses_an_order():
    one = fresh()
    assert ordered(one, 1, 10.0, registration=OTHER)[1].why == "not-registered"
    late = Order(HOLDER, reign(1, "beta", "boot0"), (), (), forced=False, adopts=False)
    assert told(one, late, 10.0)[1].why == "not-for-this-boot"
    assert ordered(one._replace(held=True), 1, 10.0)[1].why == "not-clean"
    burned, _ = told(one, Stop(HOLDER, reign(4, "beta")), 10.0)
    assert ordered(burned, 4, 10.0)[1].why == "stale-epoch"
    assert ordered(reigning("beta", "alpha"), 5, 10.0)[1].why == "busy"


def test_stop_says_which_reign_and_how_it_ended():
    one = reigning(at=10.0)
    one, reply = told(one, Stop(HOLDER, reign(1, "alpha")), 10.1)
    assert (reply.accepted, reply.why) == (False, "in-progress")
    one, _ = guard.checked(one, held=False)
    one, reply = told(one, Stop(HOLDER, reign(1, "alpha")), 10.2)
    assert (reply.accepted, reply.why, reply.reign) == (True, "stopped", reign(1, "alpha"))
    one, reply = told(one, Stop(HOLDER, reign(7, "alpha")), 10.3)
    assert (reply.accepted, reply.why) == (True, "burned")
    assert told(one, Stop(HOLDER, reign(8, "beta")), 10.4)[1].why == "not-mine"


def test_burned_refuses_orders_but_not_questions_of_a_lower_reign():
    one, reply = told(fresh(), Stop(HOLDER, reign(2, "beta")), 10.0)
    assert reply.why == "burned"
    assert guard.on_question(one, question(1, "alpha", 10.1), now(10.1))[1] != ()


def test_a_confirmed_stop_needs_every_resource_checked():
    one = guard.start(
        ("group", "alpha", "beta"), "alpha-boot2", "g2", TERMS, reigning().record, 3.0, now(10.0)
    )
    wish = Stop(HOLDER, reign(1, "alpha"))
    assert told(one, wish, 10.0)[1].why == "not-clean"
    one, outputs = guard.checked(one, held=True)
    assert names(outputs) == ["Publish", "Demote"]
    assert told(one, wish, 10.1)[1].why == "not-clean"
    one, _ = guard.checked(one, held=False)
    assert told(one, wish, 10.2)[1].accepted


def test_solo_needs_reign_number_holder_and_a_running_lease_to_end():
    one = reigning(at=10.0)
    mine = reign(1, "alpha")
    assert told(one, Solo(HOLDER, reign(2, "alpha"), 1, True), 10.1)[1].why == "other-reign"
    assert told(one, Solo(OTHER, mine, 1, True), 10.1)[1].why == "not-registered"
    one, reply = told(one, Solo(HOLDER, mine, 1, True), 10.1)
    assert reply.accepted
    assert not {"Reset", "Demote"} & set(names(guard.tick(one, now(99.0))[1]))
    assert told(one, Solo(HOLDER, mine, 2, False), 99.0)[1].why == "no-lease"
    one = answered(one, 99.0, 99.0)
    one, reply = told(one, Solo(HOLDER, mine, 2, False), 99.1)
    assert (reply.accepted, reply.number) == (True, 2)
    assert told(one, Solo(HOLDER, mine, 1, True), 99.2)[1].why == "old-number"


def test_registration_is_compare_and_set_and_voids_withdrawals():
    one = fresh()
    one, _ = told(one, Withdraw(HOLDER, reign(1, "alpha"), False), 10.0)
    assert told(one, Register(OTHER, NOBODY), 10.0)[1].why == "taken-over"
    assert told(one, Register(Registration(1, "c2", "i"), None), 10.0)[1].why == "lower-term"
    one, reply = told(one, Register(OTHER, HOLDER), 10.1)
    assert reply.accepted
    assert one.grantor.withdrawn is None
    assert told(one, Status(HOLDER), 10.2)[1].report.registered == OTHER
    assert told(one, Register(OTHER, HOLDER), 10.3)[1].accepted, "the acknowledgement was lost"


def test_the_gate_is_open_for_one_plan_of_one_controller_until_the_lease_ends():
    one = reigning(at=10.0)
    mine = reign(1, "alpha")
    assert not gate.may_act(one.gate, mine, "", "i1", 10.1)
    one, reply = told(one, Plan(HOLDER, mine, "p1"), 10.1)
    assert reply.accepted
    assert gate.may_act(one.gate, mine, "p1", "i1", 10.2)
    assert not gate.may_act(one.gate, mine, "p0", "i1", 10.2)
    assert not gate.may_act(one.gate, mine, "p1", "i0", 10.2)
    assert not gate.may_act(one.gate, reign(2, "alpha"), "p1", "i1", 10.2)
    assert not gate.may_act(one.gate, mine, "p1", "i1", 13.0), "a dead guard closes nothing"
    one, _ = told(one, Register(OTHER, None), 10.3)
    assert not gate.may_act(one.gate, mine, "p1", "i1", 10.4), "the old controller's queue"
    assert told(fresh(), Plan(HOLDER, mine, "p1"), 10.1)[1].why == "gate-closed"


def test_a_higher_running_reign_ends_this_one():
    one, outputs = guard.on_beat(reigning(at=10.0), beat(1001, "beta"), now(10.1))
    assert names(outputs) == ["Publish", "Demote"]
    one, outputs = guard.on_beat(reigning(at=10.0), beat(1, "beta"), now(10.1))
    assert names(outputs) == ["Alarm"]
    assert one.holder.phase == holder.REIGNING


def test_a_shorter_lease_waits_for_the_longer_one():
    one, reply = told(fresh(), Lease(HOLDER, 1.5), 10.0)
    assert reply.accepted
    assert (one.record.lease, one.record.lease_max) == (1.5, 3.0)
    one, _ = guard.tick(one, now(13.2))
    assert one.record.lease_max == 3.0
    one, outputs = guard.tick(one, now(13.3))
    assert one.record.lease_max == 1.5
    assert names(outputs) == ["Save"]
    assert told(one, Lease(HOLDER, 1.0), 14.0)[1].why == "shorter-than-budget"


def test_a_lease_that_cannot_keep_the_watchdog_fed_is_refused():
    """A reload from 3 s to 1 s: with a watchdog of 2 s armed, it would reset a healthy active."""
    one = reigning(at=10.0)
    one = one._replace(terms=one.terms._replace(budget=0.25, watchdog=2.0))
    assert told(one, Lease(HOLDER, 1.0), 11.0)[1].why == "shorter-than-watchdog"
    one = one._replace(terms=one.terms._replace(watchdog=0.75))
    assert told(one, Lease(HOLDER, 1.0), 11.0)[1].accepted


def test_a_new_member_counts_as_an_answer():
    one, reply = told(fresh(), Members(HOLDER, 1, "gamma"), 10.0)
    assert reply.accepted
    assert ordered(one, 1, 13.0)[1].why == "promise-out"
    assert told(one, Members(HOLDER, 0, "alpha"), 10.1)[1].why == "old-number"


def test_an_amnesiac_is_mute_and_takes_nothing_down():
    one = guard.start(("group", "beta", "alpha"), "b", "g", TERMS, None, 3.0, now(10.0))
    assert one.amnesiac
    one, outputs = guard.checked(one, held=True)
    assert outputs == ()
    one, _ = guard.checked(one, held=False)
    assert guard.on_question(one, question(1, "alpha", 11.0), now(11.0))[1] == ()
    assert guard.on_question(one, question(1, "alpha", 14.0), now(14.0))[1] != ()


def test_a_full_disk_leaves_no_order_half_taken():
    """The driver drops guard and outputs when the first output cannot be saved."""
    before = fresh()
    order = Order(HOLDER, reign(1, "beta"), (), (), forced=False, adopts=False)
    _, outputs = control.on_control(before, order, now(10.0))
    assert [name == "Save" for name in names(outputs)].index(True) == 0
    assert names(guard.tick(reigning(at=10.0), now(12.0))[1]) == ["Publish", "Demote"]


def test_an_order_that_nobody_answers_lapses():
    one, _ = ordered(fresh(), 1, 10.0)
    one, _ = guard.tick(one, now(16.1))
    assert one.holder.phase == holder.IDLE
    assert ordered(one, 1, 17.0)[1].why == "stale-epoch"


def test_the_watchdog_fires_at_the_latest_when_the_lease_ends():
    assert watchdog.may_feed(12.0, 13.0, 1.0)
    assert not watchdog.may_feed(12.1, 13.0, 1.0)
    assert watchdog.covers(3.0, 1.0)
    assert not watchdog.covers(1.2, 1.0)
    one = reigning(at=10.0)
    assert guard.may_feed_watchdog(one, now(12.0))
    assert not guard.may_feed_watchdog(one, now(12.1))
    unchecked = fresh()._replace(held=None)
    assert not guard.may_feed_watchdog(unchecked, now(10.0)), "the device of the guard before"


def test_the_record_survives_json_and_damage_is_a_lost_record():
    record = reigning().record
    assert decode(encode(record)) == record
    assert decode({"promised": 3}) is None
    assert decode(dict(encode(record), reign=[1, 2])) is None
