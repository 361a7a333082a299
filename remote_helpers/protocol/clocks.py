"""Elapsed time, read so that an error of a clock makes us careful, never bold.

chrony may slew CLOCK_MONOTONIC and CLOCK_BOOTTIME by 8.3 %, CLOCK_MONOTONIC_RAW runs as the
crystal does. Whoever holds a lease counts with the fastest of its clocks and gives it up early;
whoever waits for a lease to end counts with the slowest and waits long.
"""

from typing import NamedTuple

from remote_helpers.protocol.words import Now


class Reading(NamedTuple):
    """CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW and CLOCK_BOOTTIME, read one right after the other."""

    monotonic: float
    raw: float
    boot: float


class Clocks(NamedTuple):
    reading: Reading
    now: Now


def begin(reading: Reading) -> Clocks:
    """Both scales start at the reading of CLOCK_BOOTTIME, which never falls within a boot."""
    return Clocks(reading, Now(reading.boot, reading.boot))


def advance(clocks: Clocks, reading: Reading) -> Clocks:
    """Adds the largest step to the fast scale and the smallest to the slow one.

    Time in suspend counts for the holder, whose lease goes on running out, and not for the
    grantor, which only waits longer. A reading below the last one (a bug of the platform) moves
    nothing backwards.
    """
    old = clocks.reading
    monotonic = reading.monotonic - old.monotonic
    raw = reading.raw - old.raw
    boot = reading.boot - old.boot
    suspended = max(boot - monotonic, 0.0)
    fast = max(boot, raw + suspended, 0.0)
    slow = max(min(monotonic, raw), 0.0)
    return Clocks(reading, Now(clocks.now.fast + fast, clocks.now.slow + slow))


def drift(error: float) -> float:
    """By how much a wait must be longer than the lease it waits for.

    The holder's clock may be slow by `error` and the waiter's fast by `error`: the lease lasts
    T / (1 - error) of true time, the wait W / (1 + error). Adding the two errors is too little.
    """
    if not 0.0 <= error < 1.0:
        raise ValueError("the error of a clock must be at least 0 and below 1")
    return (1.0 + error) / (1.0 - error) - 1.0


def wait_for(lease: float, error: float, margin: float) -> float:
    """How long, on my own clock, until a lease promised now is over wherever it is held."""
    return lease * (1.0 + drift(error)) + margin
