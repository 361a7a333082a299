"""Writes that the kernel froze because the active lost its peer: when they may go on.

First the other copy is noted as out of date, durably; only then the active is told to write. The
race it prevents: writes are acknowledged that one disk alone has, and the controller dies before it
knows: the next one would promote the other copy.
"""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.freshness import copies_on
from orchestrator.decision.intents import Because, Intent, LetWrite
from orchestrator.decision.verdict import Verdict, hold
from orchestrator.model import Mode, Reason, Seen, ServerName
from orchestrator.model.state import GroupState


def frozen(
    facts: Facts, state: GroupState
) -> tuple[GroupState, tuple[Intent, ...], tuple[Because, ...]]:
    """Not while something is being brought about: the other copy may be about to take over."""
    if state.mode is not Mode.AUTOMATIC or state.goal is not None:
        return state, (), ()
    for active in facts.names:
        standby = facts.peer(active)
        if not facts.holds(active, votes.newest(state.vote)) or not _waits(facts, active):
            continue
        if not votes.has_standing(state.vote, facts.names, active):
            # Another controller may be about to promote the other copy, and knows of no note here.
            continue
        because = Because(
            reason=Reason.DATA_OUT_OF_DATE,
            evidence=f"{active} lost the copy on {standby}, and its writes wait for a word",
            age_s=facts.age(active),
            advice=f"the copy on {standby} is noted as out of date; then they go on",
        )
        if standby in state.outdated:
            return state, (LetWrite(server=active),), (because,)
        noted = dataclasses.replace(state, outdated=state.outdated | {standby})
        return noted, (), (because,)
    return state, (), ()


def held_up(facts: Facts, state: GroupState) -> Verdict | None:
    """While writes wait, all that stands on them fails, too; no restart and no move mends that.

    The race it prevents: restarts are used up on writes that are about to go on, and the service
    moves to the other server as soon as that one is back.
    """
    for active in facts.names:
        if facts.holds(active, votes.newest(state.vote)) and _waits(facts, active):
            text = f"the writes of {active} wait for a word; what stands on them is not judged"
            return hold(Reason.DATA_OUT_OF_DATE, text, facts.age(active))
    return None


def _waits(facts: Facts, server: ServerName) -> bool:
    view = facts.view.view.of(server)
    if not isinstance(view.reach, Seen) or facts.now - view.reach.at > facts.silence_s:
        return False
    copies = copies_on(view, facts.group).values()
    return any(copy is not None and copy.suspended == ("fencing",) for copy in copies)
