"""What a run would be told that wants to start the service on a server, as things are now.

For plans: nothing is begun and nothing is sent. That older reigns end first, a plan foresees by
itself; here is what would stand in the way although they did. Pure.
"""

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because
from orchestrator.decision.proofs import gap_of
from orchestrator.decision.pursue import hindrances
from orchestrator.model import Reason, Refusal, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Goal, GoalKind, GroupState


def foreseen(facts: Facts, state: GroupState, server: ServerName) -> Refusal | None:
    if facts.holds(server, votes.newest(state.vote)):
        return None
    found = _against(facts, state, server)
    if not found:
        return None
    return Refusal(
        reason=found[0].reason,
        evidence="; ".join(one.evidence for one in found),
        advice=found[0].advice or f"hasys explain {facts.group.name} says what stands in the way",
    )


def _against(facts: Facts, state: GroupState, server: ServerName) -> tuple[Because, ...]:
    if state.superseded:
        evidence = "another controller holds the vote"
        return (Because(reason=Reason.SUPERSEDED, evidence=evidence),)
    if state.goal is not None and state.goal.target != server:
        evidence = f"a {state.goal.kind.value} to {state.goal.target} is under way"
        return (Because(reason=Reason.RUN_IN_PROGRESS, evidence=evidence),)
    goal = Goal(
        kind=GoalKind.START,
        target=server,
        source=None,
        since=Monotonic(facts.now),
        reason=Reason.PERSON_ASKED,
    )
    return (*_own(facts, state, goal), *_of_peer(facts, state, goal))


def _own(facts: Facts, state: GroupState, goal: Goal) -> tuple[Because, ...]:
    """What it holds now may be stopped by an earlier step of the plan."""
    return tuple(
        one
        for one in hindrances(facts, state, goal)
        if one.reason is not Reason.STANDBY_NOT_READY or facts.is_silent(goal.target)
    )


def _of_peer(facts: Facts, state: GroupState, goal: Goal) -> tuple[Because, ...]:
    """One that is silent cannot confirm that it stopped, and a run waits for no lease."""
    peer = facts.peer(goal.target)
    if not facts.is_silent(peer) or facts.is_confirmed_off(peer, state):
        return ()
    silent = Because(
        reason=Reason.SERVER_UNREACHABLE,
        evidence=f"{peer}: its guard does not answer",
        age_s=facts.age(peer),
        advice="silence is not death: bring it back; until then nothing starts here",
    )
    reigns = votes.unproven_on(state.vote, peer)
    return (silent, *(why for noted in reigns for why in gap_of(facts, goal, noted).reasons))
