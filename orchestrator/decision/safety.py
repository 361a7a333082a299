"""How far the promise reaches for a group: what proves that a silent server holds nothing."""

from orchestrator.decision import vote as votes
from orchestrator.model import Group, Mode, Safety
from orchestrator.model.state import GroupState, Policy


def safety_of(group: Group, state: GroupState, policy: Policy) -> Safety:
    """Without the controller's vote on both servers nothing moves by itself: `manual`."""
    if state.mode is not Mode.AUTOMATIC or not votes.is_full(state.vote, group.server_names):
        return Safety.MANUAL
    if policy.fencing >= frozenset(group.server_names):
        return Safety.FENCED
    return Safety.LEASED if policy.covered else Safety.LEASED_WITHOUT_RESET
