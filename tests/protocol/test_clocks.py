"""Waiting on one clock outlasts a lease on another, whatever both do within their error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remote_helpers.protocol.clocks import Reading, advance, begin, drift, wait_for

errors = st.floats(0.0, 0.2)


@given(lease=st.floats(0.5, 60.0), error=errors, slow=errors, fast=errors)
def test_the_wait_outlasts_the_lease(lease: float, error: float, slow: float, fast: float):
    """The holder's clock is slow by up to `error`, the waiter's fast by up to `error`."""
    held = lease / (1.0 - min(slow, error))
    waited = wait_for(lease, error, 0.0) / (1.0 + min(fast, error))
    assert waited >= held - 1e-9


def test_adding_the_two_errors_is_too_little():
    assert drift(0.0833) > 2 * 0.0833


@given(st.lists(st.tuples(*[st.floats(-0.5, 5.0)] * 3), max_size=20))
def test_fast_is_never_behind_any_clock_and_slow_never_ahead(steps: list[tuple[float, ...]]):
    reading = Reading(100.0, 50.0, 200.0)
    clocks = begin(reading)
    for step in steps:
        new = Reading(*[old + change for old, change in zip(reading, step, strict=True)])
        after = advance(clocks, new)
        fast = after.now.fast - clocks.now.fast
        slow = after.now.slow - clocks.now.slow
        assert fast >= max(new.boot - reading.boot, 0.0) - 1e-9
        assert 0.0 <= slow <= max(new.monotonic - reading.monotonic, 0.0) + 1e-9
        assert slow <= fast + 1e-9
        clocks, reading = after, new


def test_suspend_counts_for_the_holder_only():
    clocks = advance(begin(Reading(0.0, 0.0, 0.0)), Reading(1.0, 1.0, 3601.0))
    assert clocks.now.fast == 3601.0
    assert clocks.now.slow == 1.0


def test_an_error_of_one_or_more_is_refused():
    with pytest.raises(ValueError, match="below 1"):
        drift(1.0)
