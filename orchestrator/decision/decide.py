"""Who may serve, and why: the one place where it is decided. A table of contents of the policy.

Level-triggered: every turn looks at everything again. Acts on nothing itself; the caller stores
the new state, then carries the intents out.
"""

import dataclasses

from orchestrator.decision import circumstances, networks, orders, policies, upkeep
from orchestrator.decision.facts import Facts, both_claim, foreign_reign
from orchestrator.decision.failback import failback
from orchestrator.decision.intents import Because, Decision, Intent, NoteOrder, Tell, Wish
from orchestrator.decision.pursue import pursue
from orchestrator.decision.reconnect import left_apart
from orchestrator.decision.transitions import can_follow
from orchestrator.decision.verdict import Hold, Verdict
from orchestrator.decision.writes import frozen, held_up
from orchestrator.model import Group, Mode, Reason, ResourceName
from orchestrator.model.guard_report import GuardedView
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Goal, GoalKind, GroupState, Policy

RULES = (
    circumstances.maintenance,  # a person works on it
    circumstances.adopt,  # it runs already, under nobody's reign
    circumstances.not_wanted,  # a person stopped it
    circumstances.loop_lags,  # the controller itself is late: no silence counts
    circumstances.brake,  # both silent, or many groups: the network is the suspect
    policies.active_silent,  # failover
    circumstances.acting,  # a run is under way: what it stops has not failed
    held_up,  # its writes wait for a word, and what stands on them fails
    policies.resource_failed,  # restart in place, then failover
    networks.network_failed,  # its clients do not reach it, and would reach the other one
    policies.grey,  # answers, but not whole: told, never taken for death
    policies.nobody_active,  # start, with startup protection
    policies.standby_lost,  # the service runs, but could not move
    failback,  # back to the preferred server
)


def decide(
    group: Group,
    state: GroupState,
    view: GuardedView,
    now: float,
    policy: Policy | None = None,
) -> Decision:
    """The first rule that speaks decides; upkeep goes on under all of them."""
    facts = Facts(group=group, policy=policy or Policy(), view=view, now=now)
    impossible = _impossible(facts, state)
    if impossible is not None:
        return impossible
    if state.superseded:
        return _because(state, Reason.SUPERSEDED, "another controller holds the vote")
    before = state
    state, renewals = upkeep.observe(facts, state)
    jumps = _jumps(before, state)
    state, writes, write_reasons = frozen(facts, state)
    joinings, apart_reasons = left_apart(facts, state)
    registering = upkeep.registration(facts, state)
    solos, solo_reasons = upkeep.solo(facts, state)
    cleanings, rejoin_reasons = upkeep.rejoin(facts, state)
    if state.goal is None:
        endings, overruled_reasons = upkeep.overruled(facts, state)
        cleanings, rejoin_reasons = cleanings + endings, rejoin_reasons + overruled_reasons
    if state.goal is not None:
        decision = _in_mode(_braked(facts, state) or pursue(facts, state, state.goal))
    else:
        decision = _by_rules(facts, state)
    return dataclasses.replace(
        decision,
        intents=(
            *renewals,
            *registering,
            *solos,
            *jumps,
            # of what takes a run the last one is done first
            *joinings,
            *cleanings,
            *writes,
            *decision.intents,
        ),
        reasons=(
            *decision.reasons,
            *solo_reasons,
            *rejoin_reasons,
            *write_reasons,
            *apart_reasons,
            *upkeep.unregistered(facts, state),
        ),
    )


def _braked(facts: Facts, state: GroupState) -> Decision | None:
    """What was begun before the other groups fell silent too goes no further, while it can."""
    goal = state.goal
    if goal is None or goal.reason is not Reason.ACTIVE_SILENT or goal.reign is not None:
        return None
    held = circumstances.brake(facts, state)
    if not isinstance(held, Hold):
        return None
    given_up = Because(reason=Reason.GOAL_GIVEN_UP, evidence=f"{goal.kind.value} to {goal.target}")
    state = dataclasses.replace(state, goal=None)
    return Decision(state=state, intents=held.intents, reasons=(given_up, *held.reasons))


def _by_rules(facts: Facts, state: GroupState) -> Decision:
    verdict: Verdict = policies.all_well(facts, state)
    for rule in RULES:
        spoken = rule(facts, state)
        if spoken is not None:
            verdict = spoken
            break
    if isinstance(verdict, Hold):
        state = _count_restart(facts, state, verdict)
        return Decision(state=state, intents=verdict.intents, reasons=verdict.reasons)
    if state.mode is Mode.OBSERVE:
        would = f"would begin {verdict.kind.value} to {verdict.target}"
        watching = Because(reason=Reason.OBSERVING, evidence=would)
        return Decision(state=state, intents=(), reasons=(watching, verdict.because))
    state = begin(state, verdict, facts.now)
    return Decision(state=state, intents=(), reasons=(verdict.because,))


def begin(state: GroupState, wish: Wish, now: float) -> GroupState:
    """A wish becomes the goal; from here on a reign that is to run out is not answered."""
    goal = Goal(
        kind=wish.kind,
        target=wish.target,
        source=wish.source,
        since=Monotonic(now),
        reason=wish.because.reason,
        forced=wish.forced,
    )
    return dataclasses.replace(state, goal=goal, wanted=wish.kind is not GoalKind.STOP)


def noted(state: GroupState, order: NoteOrder, nonce: str) -> GroupState:
    """The state in which the order stands; stored before the order is sent."""
    vote = orders.note_order(state.vote, order, nonce)
    goal = state.goal
    if goal is not None:
        goal = dataclasses.replace(goal, reign=vote.reigns[-1].reign)
    return dataclasses.replace(state, vote=vote, goal=goal)


def _in_mode(decision: Decision) -> Decision:
    """A goal that a person set goes on in every mode; one set by itself ends in maintenance."""
    goal = decision.state.goal
    by_itself = goal is not None and goal.reason is not Reason.PERSON_ASKED and goal.reign is None
    if decision.state.mode is Mode.MAINTENANCE and by_itself:
        state = dataclasses.replace(decision.state, goal=None)
        return _because(state, Reason.MAINTENANCE, "the group is in maintenance")
    return decision


def _count_restart(facts: Facts, state: GroupState, verdict: Hold) -> GroupState:
    if verdict.restarted is None:
        return state
    name = ResourceName(verdict.restarted)
    done = (*state.history.restarts.get(name, ()), Monotonic(facts.now))[-32:]
    history = dataclasses.replace(state.history, restarts={**state.history.restarts, name: done})
    return dataclasses.replace(state, history=history)


def _impossible(facts: Facts, state: GroupState) -> Decision | None:
    """Facts that cannot be: nothing is done for the group, and a person is told."""
    if both_claim(facts):
        text = "both servers say that they are ACTIVE in the same epoch"
    elif any(foreign_reign(facts, name) for name in facts.names):
        text = "a server answers with a reign of the other: names or records are mixed up"
    else:
        return None
    decision = _because(state, Reason.IMPOSSIBLE_VIEW, text)
    return dataclasses.replace(decision, intents=(Tell(kind=Reason.IMPOSSIBLE_VIEW, text=text),))


def _jumps(before: GroupState, after: GroupState) -> tuple[Intent, ...]:
    """Roles that do not follow from the ones before by the table."""
    return tuple(
        Tell(
            kind=Reason.IMPOSSIBLE_VIEW,
            text=f"{name} went from {before.roles[name].value} to {role.value}",
        )
        for name, role in sorted(after.roles.items())
        if name in before.roles and not can_follow(before.roles[name], role)
    )


def _because(state: GroupState, reason: Reason, evidence: str) -> Decision:
    because = Because(reason=reason, evidence=evidence)
    return Decision(state=state, intents=(), reasons=(because,))
