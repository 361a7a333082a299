"""Reads this machine's clocks for `protocol.clocks`; the only place of the guard that does."""

import time

from remote_helpers.protocol.clocks import Clocks, Reading, advance, begin

_BOOTTIME = 7
"""CLOCK_BOOTTIME, which Python 3.6 has no name for: it goes on during suspend."""


def read() -> Reading:
    return Reading(
        time.clock_gettime(time.CLOCK_MONOTONIC),
        time.clock_gettime(time.CLOCK_MONOTONIC_RAW),
        time.clock_gettime(_BOOTTIME),
    )


def started() -> Clocks:
    return begin(read())


def advanced(clocks: Clocks) -> Clocks:
    return advance(clocks, read())


def boot_id() -> str:
    with open("/proc/sys/kernel/random/boot_id") as file:
        return file.read().strip()
