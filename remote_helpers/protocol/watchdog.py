"""The reset that works without the guard: a device that fires when it is not fed."""

from remote_helpers.protocol.words import question_interval


def may_feed(now: float, lease_end: float, timeout: float) -> bool:
    """Whether feeding now leaves the device firing at the latest when the lease ends.

    A guard that is killed or frozen right after feeding can no longer demote its server. Fed
    without regard to the lease, the device would fire `timeout` later: after the lease, beside a
    promoted peer. `lease_end` is ALWAYS for a server that holds nothing or is in solo.
    """
    return now + timeout <= lease_end


def covers(lease: float, timeout: float) -> bool:
    """Whether a lease is long enough that its questions keep such a device fed.

    Rounded: times that a person wrote must not fail by the last bit of a float.
    """
    return timeout > 0.0 and round(lease - timeout - 2.0 * question_interval(lease), 6) >= 0.0
