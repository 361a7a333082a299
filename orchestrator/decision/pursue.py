"""From a goal to its next steps: proofs, the order, its end."""

import dataclasses

from orchestrator.decision import freshness
from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import (
    Because,
    Decision,
    Intent,
    NoteOrder,
    SendOrder,
    StopReign,
    WithdrawOn,
)
from orchestrator.decision.proofs import gap_of, gaps
from orchestrator.decision.target_data import data_hindrances
from orchestrator.model import Reason, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Goal, GoalKind, GroupState, NotedReign
from remote_helpers.protocol.words import question_interval


def pursue(facts: Facts, state: GroupState, goal: Goal) -> Decision:
    """One step further, or given up with what stood in the way."""
    if goal.kind in (GoalKind.STOP, GoalKind.HAND_OVER):
        return _stop(facts, state, goal)
    if goal.reign is not None:
        noted = votes.find(state.vote, goal.reign)
        return _ordered(facts, state, goal, noted)
    return _prove(facts, state, goal)


def _prove(facts: Facts, state: GroupState, goal: Goal) -> Decision:
    """Gathers the proofs; the order is noted in the turn in which the last one is there."""
    if _came_back(facts, state, goal):
        return _given_up(
            facts,
            state,
            goal,
            Because(
                reason=Reason.ACTIVE_WELL,
                evidence=f"{goal.source} answers again",
                age_s=facts.age(goal.source) if goal.source else None,
            ),
        )
    lacking = hindrances(facts, state, goal)
    if goal.reason is not Reason.PERSON_ASKED and facts.is_silent(goal.target):
        # Its own choice of a target is no reason to wait for one that fell silent.
        return _given_up(facts, state, goal, *lacking)
    found = gaps(facts, state, goal)
    open_gaps = tuple(gap for gap in found if not gap.runs_out)
    intents: list[Intent] = [intent for gap in found for intent in gap.intents]
    if lacking:
        # Nothing is stopped for a server that could not take over now.
        intents = [one for one in intents if getattr(one, "server", None) == goal.target]
    reasons = (*lacking, *(because for gap in open_gaps for because in gap.reasons))
    if not reasons and not open_gaps:
        report = facts.report(goal.target)
        boot = "" if report is None else report.boot
        order = NoteOrder(
            server=goal.target,
            boot=boot,
            forced=goal.forced,
            adopts=facts.may_adopt(goal.target),
            above=facts.highest_promised(),
        )
        return Decision(state=state, intents=(order,), reasons=(_because(goal),))
    patience = facts.policy.goal_patience_s + facts.group.timing.stop_s
    if facts.now - goal.since > patience and not facts.view.around.acting:
        return _given_up(facts, state, goal, *reasons)
    return Decision(state=state, intents=tuple(intents), reasons=(_because(goal), *reasons))


def _because(goal: Goal) -> Because:
    whence = f" from {goal.source}" if goal.source else ""
    return Because(reason=goal.reason, evidence=f"{goal.kind.value}{whence} to {goal.target}")


def _came_back(facts: Facts, state: GroupState, goal: Goal) -> bool:
    """A failover for silence ends when the silent one serves and answers; nothing was ordered."""
    if goal.kind is not GoalKind.FAILOVER or goal.reason is not Reason.ACTIVE_SILENT:
        return False
    current = votes.newest(state.vote)
    return goal.source is not None and facts.holds(goal.source, current)


def hindrances(facts: Facts, state: GroupState, goal: Goal) -> tuple[Because, ...]:
    """What the target itself lacks. Checked again on the server when the order is taken."""
    target = goal.target
    found = []
    clean = facts.is_clean_standby(target) or facts.may_adopt(target)
    if not clean and not _own_old_reign(facts, state, target):
        found.append(
            Because(
                reason=Reason.STANDBY_NOT_READY,
                evidence=f"{target} does not answer, or is not clean",
                age_s=facts.age(target),
            )
        )
    if not _has_vote(facts, state, goal):
        found.append(
            Because(
                reason=Reason.NOT_REGISTERED,
                evidence=f"the controller's vote is not registered on both servers "
                f"(term {state.vote.registration.term})",
            )
        )
    if facts.may_be_switched_off(target) and not goal.forced:
        found.append(
            Because(
                reason=Reason.FENCE_FAILED,
                evidence=f"the device of {target} was told to switch it off and has not said "
                "whether it did",
                advice=f"find out: hasys fence {facts.group.name} {target}",
            )
        )
    if not goal.forced and not _is_looked_at(facts, target):
        found.extend(data_hindrances(facts, state, target))
    return tuple(found)


def _is_looked_at(facts: Facts, target: ServerName) -> bool:
    """While both answer, a run connects both copies and looks at them before it starts anything.

    What was only feared while one was silent must not keep that run from finding out.
    """
    return bool(freshness.replicated(facts.group)) and not facts.is_silent(facts.peer(target))


def _has_vote(facts: Facts, state: GroupState, goal: Goal) -> bool:
    """By a person's word it is enough that the target itself takes orders from this controller."""
    if goal.forced:
        return goal.target in state.vote.acknowledged
    return votes.has_standing(state.vote, facts.names, goal.target)


def _own_old_reign(facts: Facts, state: GroupState, target: ServerName) -> bool:
    """A restart of the service on the server that holds it: its old reign is stopped first."""
    report = facts.report(target)
    noted = votes.newest(state.vote)
    return report is not None and noted is not None and facts.holds(target, noted)


def _ordered(facts: Facts, state: GroupState, goal: Goal, noted: NotedReign | None) -> Decision:
    """An order was noted: it may run until it is known to, or known never to."""
    if noted is None or noted.proof is not None:
        return _given_up(
            facts,
            state,
            goal,
            Because(reason=Reason.ORDER_REFUSED, evidence="the ordered reign is over"),
        )
    if facts.holds(goal.target, noted):
        return _reached(facts, state, goal)
    late = facts.now - goal.since > _order_patience(facts)
    if late and facts.is_silent(goal.target):
        return _given_up(
            facts,
            state,
            goal,
            Because(
                reason=Reason.SERVER_UNREACHABLE,
                evidence=f"{goal.target} fell silent; reign {noted.reign.epoch} may run there",
                age_s=facts.age(goal.target),
            ),
        )
    pending = Because(
        reason=Reason.ORDER_PENDING,
        evidence=f"{goal.target} has not begun reign {noted.reign.epoch}",
        age_s=facts.age(goal.target),
    )
    if late or _lapsed(facts, goal, noted) or _hears_old(facts, goal, noted):
        burn = StopReign(server=goal.target, reign=noted.reign)
        return Decision(state=state, intents=(burn,), reasons=(_because(goal), pending))
    # A withdrawal ends by itself: an order that was lost is refused without a new one.
    withdrawals = tuple(
        WithdrawOn(server=goal.target, reign=older)
        for older in noted.run_out
        if older.server != goal.target and not noted.forced
    )
    again = SendOrder(server=goal.target, reign=noted.reign)
    intents: tuple[Intent, ...] = (*withdrawals, again)
    return Decision(state=state, intents=intents, reasons=(_because(goal), pending))


def _order_patience(facts: Facts) -> float:
    """Never less than an order takes when all is well: to be asked for, answered and seen.

    Less would burn every order just before it begins, for ever.
    """
    timing = facts.group.timing
    least = 2.0 * question_interval(timing.lease_s) + 2.0 * timing.poll_s
    return max(facts.policy.goal_patience_s, least)


def _lapsed(facts: Facts, goal: Goal, noted: NotedReign) -> bool:
    """Taken and over again, or passed by a higher number: it can never begin any more."""
    report = facts.report(goal.target)
    if report is None:
        return False
    taken = report.reign == noted.reign and report.phase == "idle"
    return taken or (report.promised >= noted.reign.epoch and report.reign != noted.reign)


def _hears_old(facts: Facts, goal: Goal, noted: NotedReign) -> bool:
    """The target hears the old active serve and refuses: burn the order, so that the old reign
    gets the controller's vote back before it runs out.
    """
    report = facts.report(goal.target)
    return (
        report is not None
        and report.phase == "idle"
        and report.peer_running
        and (report.peer_heard or 0.0) < facts.group.timing.lease_s / 4.0
        and report.peer_reign in noted.run_out
    )


def _reached(facts: Facts, state: GroupState, goal: Goal) -> Decision:
    history = state.history
    automatic = goal.kind in (GoalKind.FAILOVER, GoalKind.FAILBACK)
    moves = (*history.moves, Monotonic(facts.now)) if automatic else history.moves
    history = dataclasses.replace(history, moves=moves[-64:], started_at=Monotonic(facts.now))
    return Decision(
        state=dataclasses.replace(state, goal=None, history=history),
        intents=(),
        reasons=(
            Because(
                reason=Reason.GOAL_REACHED,
                evidence=f"{goal.target} is ACTIVE",
                age_s=facts.age(goal.target),
            ),
        ),
    )


def _given_up(facts: Facts, state: GroupState, goal: Goal, *why: Because) -> Decision:
    """The goal goes; what was noted stays noted, with or without proof."""
    given_up = Because(
        reason=Reason.GOAL_GIVEN_UP,
        evidence=f"{goal.kind.value} to {goal.target}, begun {facts.now - goal.since:.1f} s ago",
    )
    history = state.history
    if goal.reign is not None and goal.reason is not Reason.PERSON_ASKED:
        # A start that fails counts like a movement: the failure budget ends the loop.
        moves = (*history.moves, Monotonic(facts.now))[-64:]
        history = dataclasses.replace(history, moves=moves)
    state = dataclasses.replace(state, goal=None, history=history)
    return Decision(state=state, intents=(), reasons=(given_up, *why))


def _stop(facts: Facts, state: GroupState, goal: Goal) -> Decision:
    """Ends the reigns of the goal's source; reached when each has its proof.

    Not those of the other server: after a forced move an older reign is stopped beside the one that
    is to stay.
    """
    left = () if goal.source is None else votes.unproven_on(state.vote, goal.source)
    if not left:
        wanted = goal.kind is GoalKind.HAND_OVER or bool(votes.unproven(state.vote))
        return Decision(
            state=dataclasses.replace(state, goal=None, wanted=wanted),
            intents=(),
            reasons=(
                Because(reason=Reason.GOAL_REACHED, evidence=f"no reign may run on {goal.source}"),
            ),
        )
    found = [gap_of(facts, goal, noted) for noted in left]
    intents = tuple(one for gap in found for one in gap.intents if isinstance(one, StopReign))
    reasons = tuple(because for gap in found for because in gap.reasons)
    return Decision(state=state, intents=intents, reasons=(_because(goal), *reasons))
