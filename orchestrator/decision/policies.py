"""The policies: what each looks at, what it wishes, and why it does not.

Each answers a `Wish` to move, a `Hold` with its reasons, or None: not my case.
"""

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because, RestartResource, Tell, Wish
from orchestrator.decision.target_data import data_hindrances
from orchestrator.decision.verdict import Hold, Verdict, hold
from orchestrator.model import Reason, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import GoalKind, GroupState, NotedReign
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.words import heard_span


def active_silent(facts: Facts, state: GroupState) -> Verdict | None:
    """The server that may serve does not answer: failover, if everything else allows it."""
    current = votes.newest(state.vote)
    if current is None:
        return None
    server = ServerName(current.reign.server)
    if not facts.is_silent(server):
        return None
    target = facts.peer(server)
    age = facts.age(server)
    report = facts.report(target)
    if report is not None and report.phase != leases.IDLE:
        return hold(Reason.ACTIVE_WELL, f"{target} serves; {server} is silent", age)
    span = heard_span(facts.group.timing.lease_s)
    if report is not None and report.peer_running and (report.peer_heard or 0.0) <= span:
        return hold(
            Reason.HEARD_BY_PEER,
            f"{server} does not answer the controller, but {target} hears it serve",
            age,
            "look at the network between the controller and it",
        )
    hindered = may_not_move(facts, state, target)
    silent = Because(reason=Reason.ACTIVE_SILENT, evidence=f"{server} does not answer", age_s=age)
    if hindered:
        return Hold(reasons=(silent, *hindered))
    return Wish(kind=GoalKind.FAILOVER, target=target, source=server, because=silent)


def may_not_move(facts: Facts, state: GroupState, target: ServerName) -> tuple[Because, ...]:
    """What forbids a movement by itself; a person may override each."""
    found = list(_blocked(facts, state))
    if not facts.is_clean_standby(target):
        found.append(
            Because(
                reason=Reason.STANDBY_NOT_READY,
                evidence=f"{target} does not answer, or is not clean",
                age_s=facts.age(target),
            )
        )
    found.extend(data_hindrances(facts, state, target))
    until = state.quarantined.get(target)
    if until is not None and facts.now < until:
        found.append(
            Because(
                reason=Reason.QUARANTINED,
                evidence=f"{target} came and went too often; {until - facts.now:.0f} s left",
            )
        )
    return tuple(found)


def _blocked(facts: Facts, state: GroupState) -> tuple[Because, ...]:
    """The anti-flap block and the failure budget."""
    block = state.block
    if block is not None and (block.until is None or facts.now < block.until):
        return (Because(reason=block.reason, evidence=block.evidence, advice="hasys resolve"),)
    window = facts.policy.flap_window_s
    moves = [at for at in state.history.moves if facts.now - at < window]
    if len(moves) >= facts.policy.flap_moves:
        return (
            Because(
                reason=Reason.FAILURE_BUDGET,
                evidence=f"the service moved {len(moves)} times within {window:.0f} s",
                age_s=facts.now - moves[-1],
                advice="find out why, then: hasys failover",
            ),
        )
    return ()


def grey(facts: Facts, state: GroupState) -> Verdict | None:
    """Answers, but a check does not: a failure of its own, told and never taken for death."""
    current = votes.newest(state.vote)
    if current is None:
        return None
    server = ServerName(current.reign.server)
    unknown = facts.not_answering(server)
    if facts.is_silent(server) or not unknown or facts.failed(server):
        return None
    text = f"{server} answers, but the check of {', '.join(unknown)} does not"
    because = Because(reason=Reason.GREY_FAILURE, evidence=text, age_s=facts.age(server))
    return Hold(reasons=(because,), intents=(Tell(kind=Reason.GREY_FAILURE, text=text),))


def resource_failed(facts: Facts, state: GroupState) -> Verdict | None:
    """Auto Action: restart in place so many times in a window, then move."""
    current = votes.newest(state.vote)
    if current is None or not facts.holds(ServerName(current.reign.server), current):
        return None
    server = ServerName(current.reign.server)
    critical = [name for name in facts.failed(server) if facts.group.resources[name].critical]
    if not critical:
        return None
    age = facts.age(server)
    name = critical[0]
    failed = Because(reason=Reason.RESOURCE_FAILED, evidence=f"{name} on {server}", age_s=age)
    since = state.history.started_at
    if since is not None and facts.now - since < facts.group.timing.stabilise_s:
        left = facts.group.timing.stabilise_s - (facts.now - since)
        return Hold(
            reasons=(
                failed,
                Because(reason=Reason.STABILISING, evidence=f"{left:.0f} s of it are left"),
            )
        )
    return _restart_or_move(facts, state, current, failed)


def _restart_or_move(
    facts: Facts, state: GroupState, current: NotedReign, failed: Because
) -> Verdict:
    server = ServerName(current.reign.server)
    name = facts.failed(server)[0]
    for one in facts.failed(server):
        if facts.group.resources[one].critical:
            name = one
            break
    policy = facts.group.resources[name].restart
    done = [at for at in state.history.restarts.get(name, ()) if facts.now - at < policy.within_s]
    settling = facts.group.timing.stabilise_s
    if done and facts.now - done[-1] < settling:
        left = settling - (facts.now - done[-1])
        wait = Because(
            reason=Reason.STABILISING, evidence=f"restarted; {left:.0f} s of it are left"
        )
        return Hold(reasons=(failed, wait))
    if len(done) < policy.times:
        return Hold(
            reasons=(
                failed,
                Because(
                    reason=Reason.RESTART_IN_PLACE,
                    evidence=f"restart {len(done) + 1} of {policy.times} "
                    f"within {policy.within_s:.0f} s",
                ),
            ),
            intents=(RestartResource(server=server, resource=name),),
            restarted=name,
        )
    target = facts.peer(server)
    hindered = may_not_move(facts, state, target)
    if hindered:
        return Hold(reasons=(failed, *hindered))
    return Wish(kind=GoalKind.FAILOVER, target=target, source=server, because=failed)


def nobody_active(facts: Facts, state: GroupState) -> Verdict | None:
    """Wanted, and no reign may run, or the last one is known to have ended by itself."""
    current = votes.newest(state.vote)
    if current is not None and facts.holds(ServerName(current.reign.server), current):
        return None
    if current is not None and facts.is_silent(ServerName(current.reign.server)):
        return None
    silent = [name for name in facts.names if facts.is_silent(name)]
    started = state.history.silent_since
    if silent and not state.history.both_seen and not _are_known(state, silent):
        waited = facts.now - min(
            (started[name] for name in silent if name in started), default=Monotonic(facts.now)
        )
        if waited < facts.policy.startup_s:
            return hold(
                Reason.STARTUP_PROTECTION,
                f"{silent[0]} was not seen yet: it may serve",
                waited,
                f"it is waited for {facts.policy.startup_s:.0f} s",
            )
    gone = Because(reason=Reason.ACTIVE_GONE, evidence="no server serves")
    order = (facts.group.preferred_active, facts.peer(facts.group.preferred_active))
    hindrances: list[Because] = []
    for target in order:
        hindered = may_not_move(facts, state, target)
        if not hindered:
            return Wish(kind=GoalKind.START, target=target, source=None, because=gone)
        hindrances.extend(hindered)
    return Hold(reasons=(gone, *hindrances))


def _are_known(state: GroupState, silent: list[ServerName]) -> bool:
    """Whether this controller's own record says that those servers do not serve.

    A server of which nothing is on record may have served for anybody; one whose every reign is
    proven over, under a vote that nobody else has had meanwhile, has no right left to wait for.
    """
    last = {noted.reign.server for noted in state.vote.reigns}
    open_reigns = {noted.reign.server for noted in votes.unproven(state.vote)}
    kept = bool(state.vote.exact)
    return kept and all(name in last and name not in open_reigns for name in silent)


def standby_lost(facts: Facts, state: GroupState) -> Verdict | None:
    """Nothing changes, but somebody should know that the service could not move now."""
    current = votes.newest(state.vote)
    if current is None:
        return None
    standby = facts.peer(ServerName(current.reign.server))
    if not facts.is_silent(standby):
        return None
    return hold(Reason.STANDBY_LOST, f"{standby} does not answer", facts.age(standby))


def all_well(facts: Facts, state: GroupState) -> Verdict:
    current = votes.newest(state.vote)
    server = "nobody" if current is None else current.reign.server
    age = None if current is None else facts.age(ServerName(current.reign.server))
    return hold(Reason.ACTIVE_WELL, f"{server} serves", age)
