"""Times that are derived from a lease, while it runs in another length than they were made for."""

from remote_helpers.protocol import guard, new_terms
from remote_helpers.protocol.words import Terms
from tests.protocol.builders import TERMS, fresh, now, reigning

LONGER = Terms(budget=2.0, error=0.0, margin=0.5, watchdog=4.0)
SHORTER = Terms(budget=0.25, error=0.0, margin=0.1, watchdog=0.75)


def taken(one: guard.Guard, wanted: Terms, lease: float, armed: float, at: float) -> Terms:
    return new_terms.in_force(one, wanted, lease, armed, now(at))


def test_what_holds_nothing_takes_all_of_them():
    assert taken(fresh(), LONGER, 6.0, 0.0, 10.1) == LONGER


def test_a_longer_budget_waits_for_the_lease_that_carries_it():
    """The lease has 2.9 s left: a budget of 2 s and a question of 0.75 s would nearly fill it."""
    one = reigning(at=10.0)
    one = one._replace(holder=one.holder._replace(lease_end=12.7))

    assert taken(one, LONGER, 6.0, 0.0, 10.0).budget == TERMS.budget
    one = one._replace(holder=one.holder._replace(lease_end=15.9))
    assert taken(one, LONGER, 6.0, 0.0, 10.0).budget == LONGER.budget


def test_the_time_out_is_that_of_the_watchdog_which_runs():
    assert taken(reigning(at=10.0), SHORTER, 1.0, 2.0, 10.1).watchdog == 2.0
    assert taken(reigning(at=10.0), LONGER, 6.0, 0.75, 10.1).watchdog == 0.75


def test_the_margin_of_a_longer_lease_is_kept_while_it_may_be_out():
    one = reigning(at=10.0)

    assert taken(one, SHORTER, 1.0, 0.0, 10.1).margin == TERMS.margin
    one = one._replace(record=one.record._replace(lease=1.0, lease_max=1.0))
    assert taken(one, SHORTER, 1.0, 0.0, 10.1).margin == SHORTER.margin
