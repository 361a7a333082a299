"""Where in a failover a controller is: what the table of faults is ordered by."""

from orchestrator.model import Reason
from orchestrator.model.state import GoalKind, GroupState

QUIET = "quiet"
STOPPING = "stopping"
PROVING = "proving"
ORDERED = "ordered"
AWAY = "controller away"
PHASES = (QUIET, STOPPING, PROVING, ORDERED, AWAY)


def phase_of(state: GroupState) -> str:
    """Of a controller that lives."""
    goal = state.goal
    if goal is None:
        return QUIET
    if goal.reign is not None:
        return ORDERED
    return PROVING if goal.kind is GoalKind.FAILOVER else STOPPING


def moves_by_itself(state: GroupState) -> bool:
    """Whether the goal is a failover that nobody asked for."""
    return state.goal is not None and state.goal.reason is Reason.ACTIVE_SILENT
