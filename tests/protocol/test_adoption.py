"""A service that ran before anybody guarded it is taken over as it is, or left alone."""

from remote_helpers.protocol import control, guard, holder
from remote_helpers.protocol.messages import Register
from remote_helpers.protocol.words import NOBODY
from tests.protocol.builders import HOLDER, LEASE, TERMS, answered, beat, now, ordered


def found_running() -> guard.Guard:
    """Registered on a server without a record, on which the service was found."""
    names = ("group", "beta", "alpha")
    one = guard.start(names, "beta-boot1", "beta-g1", TERMS, None, LEASE, now(1.0))
    one, outputs = guard.checked(one, held=True)
    assert outputs == ()
    one, _ = control.on_control(one, Register(HOLDER, NOBODY), now(1.0))
    return one


def test_what_ran_before_is_left_alone_until_somebody_says_what_becomes_of_it():
    one, outputs = guard.checked(found_running(), held=True)
    assert outputs == ()
    assert one.held is True


def test_an_order_to_adopt_is_taken_beside_what_runs_and_only_there():
    _, reply = ordered(found_running(), 1, 10.0)
    assert reply.why == "not-clean"
    one, reply = ordered(found_running(), 1, 10.0, adopts=True)
    assert reply.accepted
    one, outputs = guard.checked(one, held=True)
    assert outputs == (), "it is not taken down while the first answer is on its way"
    one = answered(one, 10.1, 10.1)
    assert one.holder.phase == holder.REIGNING
    assert not one.adopting


def test_an_order_to_adopt_that_lapses_leaves_the_service_and_can_be_given_again():
    one, _ = ordered(found_running(), 1, 10.0, adopts=True)
    one, _ = guard.tick(one, now(10.0 + 2 * LEASE + 0.1))
    assert one.holder.phase == holder.IDLE
    one, outputs = guard.checked(one, held=True)
    assert outputs == ()
    _, reply = ordered(one, 2, 17.0, adopts=True)
    assert reply.accepted


def test_what_a_reign_left_behind_is_not_adopted():
    """The order names a server that had a reign before: what runs there may be half demoted."""
    one, _ = ordered(found_running(), 1, 10.0, adopts=True)
    one = answered(one, 10.1, 10.1)
    one, _ = guard.tick(one, now(12.5))
    assert one.holder.phase == holder.EMERGENCY
    one, _ = guard.checked(one, held=False)
    one, outputs = guard.checked(one, held=True)
    assert [type(each) for each in outputs] == [guard.Publish, guard.Demote]
    _, reply = ordered(one, 2, 20.0, adopts=True)
    assert reply.why == "not-clean"


def test_nothing_stays_beside_a_reign_that_runs_on_the_peer():
    """Two may never serve, whoever started the second."""
    _, outputs = guard.on_beat(found_running(), beat(1, "alpha"), now(2.0))
    assert [type(each) for each in outputs] == [guard.Publish, guard.Demote]
