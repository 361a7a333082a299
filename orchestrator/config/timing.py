"""Times that cannot work together, with the sum that shows it; and the times nobody wrote."""

import math
from collections.abc import Iterator, Mapping

from orchestrator.config.quantities import show_duration
from orchestrator.model import Timing

SHORTEST_POLL_S = 0.05
# chrony may slew a clock by 1/12 (its maxslewrate of 83,333 ppm): so far may two servers drift
# apart while a lease runs.
DRIFT = 1 / 12


def complete(given: Mapping[str, float]) -> Timing:
    """Times as written; a budget and a margin that fit the lease where they are not."""
    lease = given.get("lease_s", Timing().lease_s)
    margin = max(Timing().margin_s, lease * DRIFT)
    return Timing(**{"demotion_budget_s": lease / 4, "margin_s": margin, **given})


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
    if timing.poll_s < SHORTEST_POLL_S:
        yield (
            "poll",
            f"a poll every {show_duration(timing.poll_s)} is more than servers answer",
            f"write at least {show_duration(SHORTEST_POLL_S)}",
        )
