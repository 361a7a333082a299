"""Rules about circumstances: who works on it, who is late, what is the suspect."""

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because, Wish
from orchestrator.decision.verdict import Verdict, hold
from orchestrator.model import Mode, Reason
from orchestrator.model.state import GoalKind, GroupState


def maintenance(_: Facts, state: GroupState) -> Verdict | None:
    """A person works on it: watch, touch nothing."""
    if state.mode is Mode.MAINTENANCE:
        return hold(Reason.MAINTENANCE, "the group is in maintenance", advice="hasys maintenance")
    return None


def adopt(facts: Facts, state: GroupState) -> Verdict | None:
    """The first look at a service that was started before anybody guarded it.

    Only when both servers answer and the other one is clean: what one of them runs beside a
    silent one may run there as well.
    """
    if votes.newest(state.vote) is not None:
        return None
    for name in facts.names:
        if facts.may_adopt(name) and facts.is_clean_standby(facts.peer(name)):
            found = Because(
                reason=Reason.ADOPTED,
                evidence=f"the service runs on {name} already",
                age_s=facts.age(name),
            )
            return Wish(kind=GoalKind.START, target=name, source=None, because=found)
    return None


def acting(facts: Facts, _: GroupState) -> Verdict | None:
    """What a run stops, or has not started yet, has not failed; one recovery at a time."""
    run = facts.view.around.acting
    if run:
        return hold(Reason.RUN_IN_PROGRESS, f"run {run} is in progress", advice="hasys status")
    return None


def not_wanted(_: Facts, state: GroupState) -> Verdict | None:
    """What a person stopped stays stopped."""
    if not state.wanted:
        return hold(Reason.NOT_WANTED, "nobody has started this group", advice="hasys start")
    return None


def loop_lags(facts: Facts, _: GroupState) -> Verdict | None:
    """Silence seen by a controller that is late itself is the controller's own."""
    lag = facts.view.around.lag_s
    if lag > facts.policy.max_lag_s and any(facts.is_silent(name) for name in facts.names):
        return hold(Reason.CONTROLLER_LAGS, f"the controller's own loop is {lag:.1f} s late")
    return None


def brake(facts: Facts, _: GroupState) -> Verdict | None:
    """Both servers at once, or many groups: the suspect is the controller's own network."""
    around = facts.view.around
    if all(facts.is_silent(name) for name in facts.names):
        ages = [facts.age(name) for name in facts.names]
        known = [age for age in ages if age is not None]
        return hold(
            Reason.BRAKE,
            "both servers are silent: the controller's network is the suspect",
            min(known, default=None),
            "look at the controller's network; nothing is moved meanwhile",
        )
    many = around.groups_silent >= facts.policy.brake_groups
    share = around.groups_silent / max(around.groups, 1)
    if many and share >= facts.policy.brake_share and any(map(facts.is_silent, facts.names)):
        return hold(
            Reason.BRAKE,
            f"{around.groups_silent} of {around.groups} groups lost a server at once",
            advice="look at the network; to go ahead all the same: hasys failover",
        )
    return None
