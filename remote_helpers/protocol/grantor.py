"""The vote that a server gives its peer. All times on the slow clock.

A promise is noted in the same step in which it is checked that the reign is still granted, and
before the answer leaves: no lease outlives what its grantors remember, however late anything
arrives. Two steps would let a decision to fall silent slip in between.
"""

from typing import NamedTuple, Optional, Tuple

from remote_helpers.protocol.messages import Answer, Beat, Proven, Question
from remote_helpers.protocol.words import NEVER, NOBODY, Reign, heard_span, withdrawal_term

Promise = Tuple[Optional[Reign], float]


class Grantor(NamedTuple):
    promises: Tuple[Promise, ...] = ()
    """Reign -> latest end promised. None: whoever a guard before this one has answered."""
    withdrawn: Optional[Reign] = None
    withdrawn_until: float = NEVER
    floor: int = 0
    """The highest epoch that was taken here, answered, or heard running: none below is answered."""
    beat: Optional[Beat] = None
    heard_at: float = NEVER
    running_at: float = NEVER
    """When the peer was last heard serving under a running lease."""
    last: Optional[Question] = None


def restarted(wait: float, slow: float) -> Grantor:
    """A guard that starts without the state of the one before counts as having answered now.

    The one before may have answered right before it was killed; "never answered" would be wrong
    by a whole lease.
    """
    return Grantor(promises=((None, slow + wait),))


def hear(grantor: Grantor, beat: Beat, slow: float) -> Grantor:
    """A heartbeat of the peer."""
    if beat.running and beat.reign is not None:
        return grantor._replace(
            beat=beat,
            heard_at=slow,
            running_at=slow,
            floor=max(grantor.floor, beat.reign.epoch),
        )
    return grantor._replace(beat=beat, heard_at=slow)


def hears_active(grantor: Grantor, slow: float, lease: float) -> bool:
    """Whether the peer serves, as far as its word of the last two question intervals goes."""
    return slow <= grantor.running_at + heard_span(lease)


def may_answer(grantor: Grantor, question: Question, slow: float) -> bool:
    """Whether this reign has the vote. The caller has checked that nothing is held here."""
    reign = question.reign
    if reign.epoch < grantor.floor:
        return False
    last = grantor.last
    if (
        last is not None
        and last.reign == reign
        and last.incarnation == question.incarnation
        and question.asked_at < last.asked_at
    ):
        return False  # a question sent again by the net only pushes our promise on
    withdrawn = grantor.withdrawn
    return withdrawn is None or slow >= grantor.withdrawn_until or reign.epoch > withdrawn.epoch


def answer(
    grantor: Grantor, question: Question, slow: float, lease: float, wait: float
) -> Tuple[Grantor, Optional[Answer]]:
    """Notes the promise and gives the answer, or neither: one step, not to be split."""
    if not may_answer(grantor, question, slow):
        return grantor, None
    noted = grantor._replace(
        promises=_noted(grantor.promises, question.reign, slow + wait, slow),
        floor=max(grantor.floor, question.reign.epoch),
        last=question,
    )
    return noted, Answer(question, lease, NOBODY)


def _noted(
    promises: Tuple[Promise, ...], reign: Optional[Reign], end: float, slow: float
) -> Tuple[Promise, ...]:
    """The latest end counts; what is past is dropped."""
    latest = max([end] + [past for one, past in promises if one == reign])
    others = tuple((one, past) for one, past in promises if one != reign and past > slow)
    return (*others, (reign, latest))


def note_unknown(grantor: Grantor, slow: float, wait: float) -> Grantor:
    """Counts as an answer to anybody: a change of members, of keys, of who guards."""
    return grantor._replace(promises=_noted(grantor.promises, None, slow + wait, slow))


def last_end(grantor: Grantor, proven: Tuple[Proven, ...]) -> float:
    """The latest end promised to any reign that is not proven over by other means.

    'Any', not only the last one: an aborted attempt in between proves nothing about the reign
    that may still run on its last answer.
    """
    over = [one.reign for one in proven]
    return max([NEVER] + [end for reign, end in grantor.promises if reign not in over])


def withdraw(grantor: Grantor, reign: Reign, slow: float, lease: float) -> Grantor:
    """Gives this reign and all below it no vote for T/4."""
    return grantor._replace(withdrawn=reign, withdrawn_until=slow + withdrawal_term(lease))


def is_withdrawn(grantor: Grantor, reign: Reign, slow: float) -> bool:
    """Whether a withdrawal from this reign is in force."""
    withdrawn = grantor.withdrawn
    return (
        withdrawn is not None and slow < grantor.withdrawn_until and reign.epoch <= withdrawn.epoch
    )


def give_back(grantor: Grantor) -> Grantor:
    """A new holder of the controller's vote voids what the old one asked for."""
    return grantor._replace(withdrawn=None, withdrawn_until=NEVER)
