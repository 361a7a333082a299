"""What a guard's reply changes in what the controller knows."""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.model import ServerName
from orchestrator.model.state import GroupState, ProofKind
from remote_helpers.protocol.control import BURNED
from remote_helpers.protocol.messages import Reply


def hear(
    state: GroupState,
    ballot: votes.Ballot,
    servers: tuple[ServerName, ServerName],
    server: ServerName,
    reply: Reply,
    now: float,
    clockwork: votes.Clockwork,
) -> tuple[GroupState, votes.Ballot]:
    """One reply. A confirmation counts for the one reign it names, and from its own server only."""
    vote = votes.learn(state.vote, reply.report)
    if reply.report.registered == vote.registration:
        vote, ballot = votes.acknowledge(
            vote, ballot, servers, server, reply.report, now, clockwork
        )
    if reply.to == "register" and not reply.accepted:
        state = _refused(dataclasses.replace(state, vote=vote), server, reply)
        vote = state.vote
    confirmed = reply.to == "stop" and reply.accepted and reply.reign is not None
    if confirmed and reply.reign is not None and reply.reign.server == server:
        kind = ProofKind.BURNED if reply.why == BURNED else ProofKind.STOPPED
        vote = votes.prove(vote, reply.reign, kind)
    if reply.to == "solo" and reply.accepted and not reply.report.solo:
        vote = votes.solo_ended(vote, reply.reign, reply.number)
    state = dataclasses.replace(state, vote=vote)
    return _stand_down(state, reply), ballot


def _stand_down(state: GroupState, reply: Reply) -> GroupState:
    """A higher term of another controller is registered: this one has no vote any more."""
    theirs, ours = reply.report.registered, state.vote.registration
    if theirs.term > ours.term and theirs.controller != ours.controller:
        return dataclasses.replace(state, superseded=not state.vote.take_over)
    return state


def _refused(state: GroupState, server: ServerName, reply: Reply) -> GroupState:
    """Not what we held there: no base for anything, unless it is an own try of before."""
    current = reply.report.registered
    if current == state.vote.registration or current in state.vote.tried:
        return state
    return dataclasses.replace(state, vote=votes.refuse_registration(state.vote, server))
