"""What is looked after on every turn, whatever else goes on: memory, registration, solo, rejoin."""

import dataclasses

from orchestrator.decision import freshness, networks
from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts, role_of
from orchestrator.decision.intents import (
    Because,
    CleanServer,
    EndSolo,
    GiveSolo,
    Intent,
    NewTerm,
    RegisterOn,
    StopReign,
)
from orchestrator.model import GroupView, Mode, Reason, Seen, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import GroupState, History, ProofKind
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.messages import Report
from remote_helpers.protocol.words import Registration


def observe(facts: Facts, state: GroupState) -> tuple[GroupState, tuple[Intent, ...]]:
    """Takes what was seen into the state: reigns, counters, fences, silences, roles."""
    intents: tuple[Intent, ...] = ()
    vote = state.vote
    for name in facts.names:
        report = facts.report(name)
        if report is None:
            continue
        vote = votes.learn(vote, report)
        vote, fell = votes.remember(vote, name, report)
        if fell:
            intents += (NewTerm(why=Reason.STATE_UNKNOWN),)
    for fence in facts.view.fences:
        if fence.off and fence.asked_for is not None and fence.asked_for.server == fence.server:
            vote = votes.prove(vote, fence.asked_for, ProofKind.FENCED)
    history, quarantined = _history(facts, state)
    roles = {name: role_of(facts, state, name) for name in facts.names}
    state = dataclasses.replace(
        state,
        vote=vote,
        history=history,
        quarantined=quarantined,
        roles=roles,
        outdated=_outdated(facts, state),
    )
    return state, intents


def _outdated(facts: Facts, state: GroupState) -> frozenset[ServerName]:
    """What is replicated by other means is judged where it is watched.

    One answer that is late is no silence yet: a guard that speaks still keeps its server. And who
    served last has seen every write: its peer, silent now, was given no right to write after it.
    """
    if not freshness.replicated(facts.group):
        return state.outdated
    recent = _recent(facts)
    found = freshness.outdated(facts.group, recent, state.outdated).servers
    hasty = {
        name
        for name in found - state.outdated
        if not recent.of(facts.peer(name)).data and not facts.is_silent(facts.peer(name))
    }
    alone = {name for name in facts.names if facts.is_silent(facts.peer(name))}
    return found - hasty - (_served_last(state) & alone - state.outdated)


def _served_last(state: GroupState) -> set[ServerName]:
    """Ordered at least; whether that reign is proven over does not matter here."""
    last = max(state.vote.reigns, key=lambda noted: noted.reign.epoch, default=None)
    return set() if last is None else {ServerName(last.reign.server)}


def _recent(facts: Facts) -> GroupView:
    """Without what a silent server said of its data before: it may have written on since then.

    The race it prevents: "in sync" was the last word of an active that was cut off from everybody,
    and its peer, which lacks what was written after it, is promoted on it.
    """
    first, second = (
        server
        if isinstance(server.reach, Seen) and facts.now - server.reach.at <= facts.silence_s
        else dataclasses.replace(server, data={})
        for server in facts.view.view.servers
    )
    return GroupView(servers=(first, second), taken_at=facts.view.view.taken_at)


def _history(facts: Facts, state: GroupState) -> tuple[History, dict[ServerName, Monotonic]]:
    """Who is well since when, who fell silent when; a server that does so too often is left out."""
    history, now, policy = state.history, Monotonic(facts.now), facts.policy
    well = dict(history.well_since)
    silent = dict(history.silent_since)
    leaves = dict(history.leaves)
    quarantined = {name: until for name, until in state.quarantined.items() if facts.now < until}
    for name in facts.names:
        if not facts.is_silent(name):
            silent.pop(name, None)
            if facts.report(name) is not None:
                well.setdefault(name, now)
            continue
        if name not in silent:
            silent[name] = now
        if well.pop(name, None) is not None:
            recent = [at for at in leaves.get(name, ()) if now - at < policy.quarantine_window_s]
            leaves[name] = (*recent, now)
            if len(leaves[name]) >= policy.quarantine_leaves:
                quarantined[name] = Monotonic(facts.now + policy.quarantine_s)
    return (
        dataclasses.replace(
            history,
            well_since=well,
            silent_since=silent,
            leaves=leaves,
            both_seen=history.both_seen or not silent,
            network_since=networks.failing_since(facts, history),
        ),
        quarantined,
    )


def unregistered(facts: Facts, state: GroupState) -> tuple[Because, ...]:
    """Why the controller's vote cannot be used, if it cannot."""
    missing = [name for name in facts.names if name not in state.vote.acknowledged]
    if not missing:
        return ()
    return (
        Because(
            reason=Reason.NOT_REGISTERED,
            evidence=f"the controller's vote (term {state.vote.registration.term}) is not "
            f"registered on {' and '.join(missing)}",
            age_s=facts.age(missing[0]),
        ),
    )


def registration(facts: Facts, state: GroupState) -> tuple[Intent, ...]:
    """The standby first: the active keeps the vote of the one before until the last moment."""
    vote = state.vote
    missing = [
        name for name in facts.names if name not in vote.acknowledged and not facts.is_silent(name)
    ]
    current = votes.newest(vote)
    active = None if current is None else current.reign.server
    missing.sort(key=lambda name: (name == active, name))
    if not missing:
        return ()
    ahead = [facts.report(name) for name in missing]
    if any(one is not None and _is_ahead(one.registered, vote.registration) for one in ahead):
        return (NewTerm(why=Reason.NOT_REGISTERED),)
    alone = missing[0] == active and facts.peer(missing[0]) not in vote.acknowledged
    if alone and missing[0] not in vote.chain:
        # On the active alone the vote could not be used, but the one before would lose it.
        return ()
    return (RegisterOn(server=missing[0]),)


def _is_ahead(theirs: Registration, ours: Registration) -> bool:
    return theirs.term >= ours.term and theirs != ours


def solo(facts: Facts, state: GroupState) -> tuple[tuple[Intent, ...], tuple[Because, ...]]:
    """A term without end where the other server cannot be promoted anyway; its end when it can.

    Not at once: while the controller's own votes carry the active, a short absence of the
    standby needs no solo, and a solo given too early would cost the failover after it.
    """
    current = votes.newest(state.vote)
    if current is None or state.goal is not None:
        return (), ()
    server = ServerName(current.reign.server)
    report = facts.report(server)
    if report is None or report.reign != current.reign or report.phase != leases.REIGNING:
        return (), ()
    standby = facts.peer(server)
    gone = state.history.silent_since.get(standby)
    long_gone = gone is not None and facts.now - gone >= facts.policy.solo_after_s
    needed = long_gone or state.mode is not Mode.AUTOMATIC
    if needed and not report.solo:
        lost = Because(
            reason=Reason.STANDBY_LOST if long_gone else Reason.MAINTENANCE,
            evidence=f"{server} goes on without anybody's vote; {standby} cannot be promoted",
            age_s=facts.age(standby),
        )
        return (GiveSolo(server=server, reign=current.reign),), (lost,)
    if not needed and current.solo_held and not facts.is_silent(standby):
        return (EndSolo(server=server, reign=current.reign),), ()
    return (), ()


def rejoin(facts: Facts, state: GroupState) -> tuple[tuple[Intent, ...], tuple[Because, ...]]:
    """A server that is back is cleaned of what it must not run, and only then is STANDBY."""
    intents: list[Intent] = []
    reasons: list[Because] = []
    for name in facts.names:
        report = facts.report(name)
        if report is None or report.phase != leases.IDLE or report.held is not True:
            continue
        if state.mode is Mode.MAINTENANCE or _is_nobodys(state, report):
            continue
        intents.append(CleanServer(server=name))
        reasons.append(
            Because(
                reason=Reason.REJOIN,
                evidence=f"{name} holds resources without a reign",
                age_s=facts.age(name),
            )
        )
    return tuple(intents), tuple(reasons)


def overruled(facts: Facts, state: GroupState) -> tuple[tuple[Intent, ...], tuple[Because, ...]]:
    """A reign below the newest one that still runs, after a person has forced the newer: it ends.

    Its guard ends it by itself when it hears the other one; the two may not hear each other.
    """
    current = votes.newest(state.vote)
    intents: list[Intent] = []
    reasons: list[Because] = []
    for name in facts.names:
        report = facts.report(name)
        if current is None or report is None or report.reign is None:
            continue
        older = report.reign.epoch < current.reign.epoch
        if older and report.phase == leases.REIGNING and current.reign.server != name:
            intents.append(StopReign(server=name, reign=report.reign))
            reasons.append(
                Because(
                    reason=Reason.OVERRULED,
                    evidence=f"{name} still serves in reign {report.reign.epoch}, "
                    f"{current.reign.server} in {current.reign.epoch}",
                    age_s=facts.age(name),
                )
            )
    return tuple(intents), tuple(reasons)


def _is_nobodys(state: GroupState, report: Report) -> bool:
    """A service that was there before us: a person, or its adoption, says what becomes of it."""
    return report.reign is None and votes.newest(state.vote) is None
