"""Times, counts and windows: what is written comes back, and the sums of times hold."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config import quantities, timing


@given(st.integers(0, 366 * 86_400_000))
def test_a_time_is_read_back_as_it_was_shown(milliseconds: int):
    seconds = milliseconds / 1000

    assert quantities.duration(quantities.show_duration(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("500ms", 0.5),
        ("1s", 1),
        ("1.5s", 1.5),
        ("10m", 600),
        ("1m30s", 90),
        ("2h", 7200),
        ("1d", 86400),
        ("0s", 0),
    ],
)
def test_times_have_units(text: str, seconds: float):
    assert quantities.duration(text) == seconds


@pytest.mark.parametrize("value", ["", "s", "1", 1, 1.5, True, None, [], "-1s", "1 s", "1s2", "\n"])
def test_what_is_no_time_is_refused(value: object):
    with pytest.raises(ValueError, match="write"):
        quantities.duration(value)


@given(st.integers(1, 999), st.integers(0, 999))
def test_a_count_is_a_range_that_begins_before_it_ends(low: int, more: int):
    assert quantities.count(f"{low}-{low + more}") == (low, low + more)
    assert quantities.count(f"{low}+") == (low, None)
    assert quantities.count(low) == (low, low)


@given(st.integers(0, 23), st.integers(0, 59), st.integers(0, 23), st.integers(0, 59))
def test_a_window_is_two_times_of_the_day(hour: int, minute: int, to_hour: int, to_minute: int):
    text = f"{hour:02}:{minute:02}-{to_hour:02}:{to_minute:02}"
    begin, end = hour * 60 + minute, to_hour * 60 + to_minute
    if begin == end:
        with pytest.raises(ValueError, match="empty"):
            quantities.window(text)
    else:
        assert quantities.window(text) == (begin, end)


MILLISECONDS = st.integers(50, 60_000).map(lambda number: number / 1000)


@given(
    st.fixed_dictionaries(
        {"poll_s": MILLISECONDS},
        optional={"demotion_budget_s": MILLISECONDS, "lease_s": MILLISECONDS},
    )
)
def test_the_lease_that_is_advised_is_accepted(given_times: dict[str, float]):
    advised = given_times | {"lease_s": timing.shortest_lease(given_times)}

    assert list(timing.conflicts(advised)) == []


def test_the_defaults_and_the_tight_profile_fit():
    assert list(timing.conflicts({})) == []
    assert list(timing.conflicts({"lease_s": 1.0, "poll_s": 0.2})) == []
