"""Back to the preferred server: by a person, or after it was well for so long, in a window."""

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because, Wish
from orchestrator.decision.policies import may_not_move
from orchestrator.decision.verdict import Hold, Verdict, hold
from orchestrator.model import FailbackPolicy, Reason, ServerName
from orchestrator.model.state import GoalKind, GroupState


def failback(facts: Facts, state: GroupState) -> Verdict | None:
    """Without the wait and the window a server that comes and goes would take the service along."""
    current = votes.newest(state.vote)
    preferred = facts.group.preferred_active
    if current is None or current.reign.server == preferred:
        return None
    setting = facts.group.failback
    server = ServerName(current.reign.server)
    if setting.policy is FailbackPolicy.MANUAL:
        return hold(
            Reason.FAILBACK_WAITS, f"{server} serves, {preferred} is preferred; failback: manual"
        )
    well = state.history.well_since.get(preferred)
    waited = 0.0 if well is None else facts.now - well
    if well is None or waited < setting.after_s:
        return hold(
            Reason.FAILBACK_WAITS,
            f"{preferred} has been well for {waited:.0f} s of {setting.after_s:.0f} s",
        )
    if setting.window is not None and not _within(facts.view.minute, setting.window):
        return hold(Reason.FAILBACK_WAITS, "outside the window for failback")
    hindered = may_not_move(facts, state, preferred)
    if hindered:
        return Hold(reasons=hindered)
    due = Because(
        reason=Reason.FAILBACK_DUE, evidence=f"{preferred} has been well for {waited:.0f} s"
    )
    return Wish(kind=GoalKind.FAILBACK, target=preferred, source=server, because=due)


def _within(minute: int, window: tuple[int, int]) -> bool:
    """A window may span midnight."""
    since, until = window
    return since <= minute < until if since <= until else minute >= since or minute < until
