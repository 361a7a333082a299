"""Times that cannot work together, with the sum that shows it; and the times nobody wrote."""

import math
from collections.abc import Iterable, Iterator, Mapping

from orchestrator.config.quantities import show_duration
from orchestrator.model import Timing
from remote_helpers.protocol.words import question_interval

SHORTEST_POLL_S = 0.05
# chrony may slew a clock by 1/12 (its maxslewrate of 83,333 ppm): so far may two servers drift
# apart while a lease runs.
DRIFT = 1 / 12


def written(section: Iterable[tuple[str, float | None]]) -> dict[str, float]:
    """The times that a person wrote, by their names in `Timing`."""
    return {f"{name}_s": value for name, value in section if value is not None}


def complete(given: Mapping[str, float]) -> Timing:
    """Times as written; a budget and a margin that fit the lease where they are not."""
    lease = given.get("lease_s", Timing().lease_s)
    derived = {
        "demotion_budget_s": lease / 4,
        "margin_s": max(Timing().margin_s, lease * DRIFT),
        "watchdog_s": longest_watchdog(lease),
    }
    return Timing(**{**derived, **given})


def longest_watchdog(lease: float) -> float:
    """What fits the lease, in whole seconds where it can: that is what devices count.

    The longer the better: a guard that is only kept from running for a moment must not cost the
    server a reset.
    """
    longest = lease - 2 * question_interval(lease)
    return float(math.floor(longest)) if longest >= 1 else longest


def needed_lease(timing: Timing) -> float:
    return 2 * timing.poll_s + timing.demotion_budget_s + timing.margin_s


def shortest_lease(given: Mapping[str, float]) -> float:
    """A lease that would do: a longer one also raises what is derived from it, but by less."""
    lease = needed_lease(complete(given))
    for _ in range(30):
        lease = max(lease, needed_lease(complete({**given, "lease_s": lease})))
    return math.ceil(round(lease * 100, 3)) / 100


def conflicts(given: Mapping[str, float]) -> Iterator[tuple[str, str, str]]:
    """The setting, what is wrong with it, what to do."""
    timing = complete(given)
    poll, budget = show_duration(timing.poll_s), show_duration(timing.demotion_budget_s)
    needed = needed_lease(timing)
    # Rounded: sums of written times must not fail by the last bit of a float.
    if round(timing.lease_s - needed, 6) < 0:
        yield (
            "lease",
            "the active would demote itself after one lost poll:"
            f" 2 x poll + demotion_budget + margin = 2 x {poll} + {budget}"
            f" + {show_duration(timing.margin_s)} = {show_duration(needed)}, more than the lease of"
            f" {show_duration(timing.lease_s)}",
            f"write a lease of at least {show_duration(shortest_lease(given))}, or a shorter poll",
        )
    drift = timing.lease_s * DRIFT
    if round(drift - timing.margin_s, 6) > 0.001:
        yield (
            "margin",
            f"the clocks of two servers may drift apart by lease / 12 = {show_duration(drift)}"
            f" while a lease runs, more than the margin of {show_duration(timing.margin_s)}",
            f"write a margin of at least {show_duration(drift)}",
        )
    yield from _watchdog_conflicts(timing)
    if timing.poll_s < SHORTEST_POLL_S:
        yield (
            "poll",
            f"a poll every {show_duration(timing.poll_s)} is more than servers answer",
            f"write at least {show_duration(SHORTEST_POLL_S)}",
        )


def _watchdog_conflicts(timing: Timing) -> Iterator[tuple[str, str, str]]:
    """A watchdog is fed only so far that it fires when the lease ends, else it would fire beside a
    promoted peer. A time-out that nearly fills the lease leaves no moment for feeding it.
    """
    interval = question_interval(timing.lease_s)
    if round(timing.watchdog_s - 2 * interval, 6) < 0:
        # Fed with every question: one that is late must not reset a healthy active.
        yield (
            "watchdog",
            "the watchdog would reset a healthy active that is late with one question:"
            f" 2 x lease / 8 = {show_duration(2 * interval)}, more than the watchdog of"
            f" {show_duration(timing.watchdog_s)}",
            f"write a watchdog of at least {show_duration(2 * interval)}, or a shorter lease",
        )
    needed = timing.watchdog_s + 2 * interval
    if round(timing.lease_s - needed, 6) >= 0:
        return
    fitting = timing.watchdog_s / (1 - 2 * question_interval(1.0))
    yield (
        "watchdog",
        "the watchdog of an active could not be fed in time: watchdog + 2 x lease / 8 ="
        f" {show_duration(timing.watchdog_s)} + 2 x {show_duration(interval)} ="
        f" {show_duration(needed)}, more than the lease of {show_duration(timing.lease_s)}",
        f"write at most {show_duration(longest_watchdog(timing.lease_s))}, or a lease of at least"
        f" {show_duration(math.ceil(round(fitting * 100, 3)) / 100)}",
    )
