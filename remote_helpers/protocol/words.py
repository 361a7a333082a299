"""The words that everything else in the protocol is said with."""

from typing import NamedTuple

NEVER = float("-inf")
"""An end that is always past: nothing was promised, no lease was taken."""

ALWAYS = float("inf")
"""The end of a solo term: none."""


class Reign(NamedTuple):
    """The right of one server on one boot to be ACTIVE; equal only as a whole.

    Two controllers that cannot see each other may both call their next epoch 2. Only the whole
    (with who ordered it and a random word) tells whose it is; and since the boot is part of it, an
    order that was under way while the server rebooted is no order any more.
    """

    epoch: int
    controller: str
    nonce: str
    server: str
    boot: str


class Registration(NamedTuple):
    """Who exercises the controller's vote: one process of one controller, under a rising number."""

    term: int
    controller: str
    incarnation: str


NOBODY = Registration(0, "", "")
"""The registration of a server that was never asked; it gives nobody any right."""


class Now(NamedTuple):
    """One moment on the two clocks of a server: who holds counts fast, who waits counts slow."""

    fast: float
    slow: float


class Terms(NamedTuple):
    """What both sides of a group agree on beside the lease itself, in seconds.

    budget: how long before the lease ends the emergency demotion begins; error: the largest
    relative error of any one clock; margin: added to every wait; watchdog: its time-out, or 0.
    """

    budget: float
    error: float
    margin: float
    watchdog: float


def question_interval(lease: float) -> float:
    """Eight questions a lease: six may be lost before the demotion begins (T = 3, budget 1)."""
    return lease / 8.0


def withdrawal_term(lease: float) -> float:
    """A vote withdrawn comes back by itself soon after whoever asked for it has died."""
    return lease / 4.0


def heard_span(lease: float) -> float:
    """For how long after its last word a server counts as heard."""
    return 2.0 * question_interval(lease)
