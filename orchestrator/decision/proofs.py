"""What stands between a goal and its order: the reigns that may still run, and how each can end."""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because, Fence, Intent, StopReign, WithdrawOn
from orchestrator.model import Reason, ServerName
from orchestrator.model.state import Goal, GoalKind, GroupState, NotedReign
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.words import Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One reign without a proof, what is done to get one, and why it is not there."""

    intents: tuple[Intent, ...] = ()
    reasons: tuple[Because, ...] = ()
    runs_out: bool = False
    """Nothing more is needed from us: the server to be promoted makes the last check."""


def is_silent_to(state: GroupState, reign: Reign) -> bool:
    """Whether this reign is not answered because it is to run out.

    True from the moment the goal stands, before anything was written or sent: an answer given
    after that would push the end on that the goal waits for.
    """
    goal = state.goal
    if state.superseded:
        return True
    if goal is None or reign.server == goal.target:
        return False
    if goal.kind is GoalKind.FAILOVER:
        return goal.reason is Reason.ACTIVE_SILENT
    return goal.kind is GoalKind.START


def gaps(facts: Facts, state: GroupState, goal: Goal) -> tuple[Gap, ...]:
    """Every reign that may run needs its own proof: none speaks for the ones before it."""
    return tuple(gap_of(facts, goal, noted) for noted in votes.unproven(state.vote))


def gap_of(facts: Facts, goal: Goal, noted: NotedReign) -> Gap:
    server = ServerName(noted.reign.server)
    if goal.forced and (facts.is_silent(server) or _is_late(facts, goal)):
        return Gap(runs_out=True)
    fence: tuple[Intent, ...] = ()
    if server in facts.policy.fencing:
        fence = (Fence(server=server, reign=noted.reign),)
    if not facts.is_silent(server):
        return _stopping(facts, goal, noted, fence)
    hindrance = _cannot_run_out(facts, goal, noted)
    if hindrance is not None:
        return Gap(intents=fence, reasons=(hindrance,))
    return _running_out(facts, goal, noted, fence)


def _stopping(facts: Facts, goal: Goal, noted: NotedReign, fence: tuple[Intent, ...]) -> Gap:
    """It answers: its own word is needed. A stop that takes too long is no stop: it escalates.

    A time-out of a stop says nothing about what still runs; counted as stopped it would start the
    service beside the old one.
    """
    server = ServerName(noted.reign.server)
    late = _is_late(facts, goal) and server != goal.target
    if not goal.source_stopped and not late and _is_in_order(facts, goal, server):
        stopping = Because(
            reason=Reason.STOP_UNCONFIRMED,
            evidence=f"the service is being stopped on {server}",
            age_s=facts.age(server),
        )
        return Gap(reasons=(stopping,))
    because = Because(
        reason=Reason.STOP_UNCONFIRMED,
        evidence=f"{server} has not confirmed the end of reign {noted.reign.epoch}",
        age_s=facts.age(server),
        advice="see what does not stop there; or make sure that it is off" if late else "",
    )
    stop = StopReign(server=server, reign=noted.reign)
    return Gap(intents=(stop, *fence) if late else (stop,), reasons=(because,))


def _is_late(facts: Facts, goal: Goal) -> bool:
    """Whether what is to be stopped has had its time. Even force tells the old active first."""
    return facts.now - goal.since > facts.group.timing.stop_s


def _is_in_order(facts: Facts, goal: Goal, server: ServerName) -> bool:
    """Whether a run stops the service there first, under the reign that ends after it."""
    report = facts.report(server)
    reigns = report is not None and report.phase == leases.REIGNING
    return reigns and server == goal.source and server != goal.target


def _cannot_run_out(facts: Facts, goal: Goal, noted: NotedReign) -> Because | None:
    """Why waiting is no proof for this reign."""
    server = ServerName(noted.reign.server)
    if noted.solo_held:
        return Because(
            reason=Reason.SOLO_POSSIBLE,
            evidence=f"{server} may hold a term without end (number {noted.solo_number})",
            age_s=facts.age(server),
            advice="bring it back, or make sure that it is off",
        )
    if not (facts.policy.covered or facts.policy.accept_unfenced):
        return Because(
            reason=Reason.UNFENCED,
            evidence=f"nothing resets {server} if its guard is dead: its lease may end unheeded",
            age_s=facts.age(server),
            advice="make sure that it is off; or accept the risk: accept_unfenced",
        )
    if server == goal.target:
        return Because(
            reason=Reason.SERVER_UNREACHABLE,
            evidence=f"{server} is to be promoted and does not answer",
            age_s=facts.age(server),
        )
    return None


def _running_out(facts: Facts, goal: Goal, noted: NotedReign, fence: tuple[Intent, ...]) -> Gap:
    """Both halves: ours by our own promises, the standby's by its word; it checks again itself."""
    server = ServerName(noted.reign.server)
    ask = (*fence, WithdrawOn(server=goal.target, reign=noted.reign))
    ours = votes.half_over_at(votes.Ballot(promises=facts.view.promises), noted)
    report = facts.report(goal.target)
    theirs = report is not None and report.withdrawn is not None
    left = 0.0
    if report is not None:
        theirs = theirs and report.withdrawn == noted.reign
        left = report.promise_left - (facts.age(goal.target) or 0.0)
    if ours is None or ours > facts.now or left > 0.0 or not theirs:
        wait = "unknown" if ours is None else f"{max(ours - facts.now, left, 0.0):.1f} s"
        evidence = f"{server} may hold a lease of reign {noted.reign.epoch} for {wait} more"
        if not theirs:
            evidence += f"; {goal.target} has not withdrawn its vote"
        because = Because(reason=Reason.LEASE_MAY_RUN, evidence=evidence, age_s=facts.age(server))
        return Gap(intents=ask, reasons=(because,))
    return Gap(intents=ask, runs_out=True)
