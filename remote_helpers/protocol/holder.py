"""The right to be ACTIVE: one reign at a time, as long as somebody else's vote is in force.

IDLE -> ORDERED        an order was taken; nothing is held yet
ORDERED -> REIGNING    the first answer came: the lease begins, then the first resource
REIGNING -> STOPPING   an orderly stop; resources may still be held, so the lease goes on
any of both -> EMERGENCY   the lease is nearly over, or a higher reign runs; never called off
-> IDLE                every resource was checked as stopped; the reign is over for good
"""

from typing import NamedTuple, Optional, Tuple

from remote_helpers.protocol.messages import Answer, Question
from remote_helpers.protocol.words import ALWAYS, NEVER, Reign, question_interval

IDLE = "idle"
ORDERED = "ordered"
REIGNING = "reigning"
STOPPING = "stopping"
EMERGENCY = "emergency"

DEMOTE = "demote"
RESET = "reset"


class Holder(NamedTuple):
    """All times on the fast clock of this server and boot."""

    incarnation: str
    """Of the guard: answers to a guard before this one are not taken."""
    phase: str = IDLE
    reign: Optional[Reign] = None
    since: float = NEVER
    """When the order was taken; answers to earlier questions are not taken."""
    asked_at: float = NEVER
    lease_end: float = NEVER
    solo: bool = False
    deadline: float = ALWAYS
    """When an emergency demotion must be done, or the server is reset."""


def take_order(holder: Holder, reign: Reign, fast: float) -> Holder:
    """The order itself is no grant: the lease begins with the first answer after it.

    An order may have been under way for any time. Were it the first grant, counted from its
    arrival, its lease would outlive every wait that began when it was sent.
    """
    return Holder(holder.incarnation, ORDERED, reign, fast)


def ask(holder: Holder, fast: float, lease: float) -> Tuple[Holder, Optional[Question]]:
    """Every T/8, in every phase that needs a lease. An emergency demotion asks no more."""
    due = holder.asked_at + question_interval(lease)
    if holder.reign is None or holder.phase not in (ORDERED, REIGNING, STOPPING) or fast < due:
        return holder, None
    return (
        holder._replace(asked_at=fast),
        Question(holder.reign, holder.incarnation, fast),
    )


def take_answer(
    holder: Holder, answer: Answer, fast: float, lease_max: float, least: float
) -> Holder:
    """The lease ends at the latest end of an answer to a question of this reign, boot and guard.

    Counted from the question's own time: a delayed answer gives little or nothing. The clock of
    a rebooted server begins anew, and an answer "until 100003" from before would be a lease of a
    day: hence boot (in the reign), incarnation and `since`. No answer is worth more than
    `lease_max`, the longest lease that a controller taking the vote over will wait for.

    A reign begins only with more than `least` left, the longer of demotion budget and watchdog:
    a device armed with less would fire after the lease, and nothing else covers a dead guard.
    """
    question = answer.question
    end = question.asked_at + min(answer.lease, lease_max)
    fits = (
        question.reign == holder.reign
        and question.incarnation == holder.incarnation
        and holder.since <= question.asked_at <= fast < end
    )
    if not fits or holder.phase not in (ORDERED, REIGNING, STOPPING):
        return holder
    begins = holder.phase == ORDERED and end - fast > least
    phase = REIGNING if begins else holder.phase
    return holder._replace(phase=phase, lease_end=max(holder.lease_end, end))


def end_of(holder: Holder) -> float:
    """When this server must hold nothing any more."""
    if holder.phase in (IDLE, ORDERED) or (holder.solo and holder.phase != EMERGENCY):
        return ALWAYS
    return holder.deadline if holder.phase == EMERGENCY else holder.lease_end


def is_holding(holder: Holder) -> bool:
    """Whether exclusive resources may be held: such a server counts as ACTIVE for every rule."""
    return holder.phase in (REIGNING, STOPPING, EMERGENCY)


def has_running_lease(holder: Holder, fast: float, budget: float) -> bool:
    """Whether the lease alone, without solo, would carry on now."""
    return is_holding(holder) and fast < holder.lease_end - budget


def begin_stop(holder: Holder) -> Holder:
    """An orderly stop; what never began is over at once."""
    if holder.phase == ORDERED:
        return over(holder)
    return holder._replace(phase=STOPPING) if holder.phase == REIGNING else holder


def begin_emergency(holder: Holder, fast: float, budget: float) -> Holder:
    """Demote now, whatever else arrives. The deadline is the end of the lease."""
    if holder.phase not in (REIGNING, STOPPING):
        return holder
    deadline = holder.lease_end if holder.lease_end > fast else fast + budget
    return holder._replace(phase=EMERGENCY, deadline=deadline)


def over(holder: Holder) -> Holder:
    """Nothing is held; only a new order can begin a reign again."""
    return Holder(holder.incarnation)


def tick(holder: Holder, fast: float, lease: float, budget: float) -> Tuple[Holder, str]:
    """What time asks for: DEMOTE, RESET or nothing.

    A guard that finds its lease already over (a paused machine, starvation) must not demote in
    order: the peer may serve already, so it resets at once.
    """
    end = end_of(holder)
    if holder.phase == ORDERED and fast > holder.since + 2.0 * lease:
        return over(holder), ""
    if fast >= end:
        return holder, RESET
    if holder.phase in (REIGNING, STOPPING) and fast >= end - budget:
        return begin_emergency(holder, fast, budget), DEMOTE
    return holder, ""
