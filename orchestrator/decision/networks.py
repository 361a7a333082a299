"""The networks that carry service addresses: one that fails on the active, and not on the standby,
moves the service. The server is well and answers; its clients do not reach it.
"""

from collections.abc import Mapping

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because, Wish
from orchestrator.decision.policies import may_not_move
from orchestrator.decision.verdict import Hold, Verdict
from orchestrator.model import Group, IpSpec, NetworkName, NetworkState, Reason, Seen, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import GoalKind, GroupState, History


def network_failed(facts: Facts, state: GroupState) -> Verdict | None:
    """Seen from both sides: a gateway that neither server reaches is no reason to move."""
    current = votes.newest(state.vote)
    if current is None or not facts.holds(ServerName(current.reign.server), current):
        return None
    server = ServerName(current.reign.server)
    trouble = _trouble(facts, server)
    if trouble is None:
        return None
    failed = _because(f"{server}: {trouble}", facts.age(server))
    since = state.history.network_since.get(server, Monotonic(facts.now))
    left = facts.policy.network_wait_s - (facts.now - since)
    if left > 0:
        return Hold(reasons=(failed, _because(f"it may come back; {left:.1f} s are waited")))
    target = facts.peer(server)
    theirs = "not seen" if not _is_well(facts, target) else None
    theirs = _trouble(facts, target) or theirs
    if theirs is not None:
        advice = "the network itself is the suspect: switch, router, gateway"
        both = Because(reason=Reason.NETWORK_FAILED, evidence=f"{target}: {theirs}", advice=advice)
        return Hold(reasons=(failed, both))
    hindered = may_not_move(facts, state, target)
    if hindered:
        return Hold(reasons=(failed, *hindered))
    return Wish(kind=GoalKind.FAILOVER, target=target, source=server, because=failed)


def failing_since(facts: Facts, history: History) -> Mapping[ServerName, Monotonic]:
    """What is not seen neither begins nor ends a failure."""
    since = dict(history.network_since)
    for server in facts.names:
        if _trouble(facts, server) is not None:
            since.setdefault(server, Monotonic(facts.now))
        elif _is_well(facts, server):
            since.pop(server, None)
    return since


def _because(evidence: str, age_s: float | None = None) -> Because:
    return Because(reason=Reason.NETWORK_FAILED, evidence=evidence, age_s=age_s)


def _needed(group: Group) -> tuple[NetworkName, ...]:
    found = (
        resource.spec.network
        for resource in group.resources.values()
        if isinstance(resource.spec, IpSpec) and resource.critical
    )
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _seen(facts: Facts, server: ServerName) -> dict[NetworkName, NetworkState]:
    """Fresh ones only: what a silent server said last is no news."""
    if facts.is_silent(server):
        return {}
    networks = facts.view.view.of(server).networks
    found = ((name, networks.get(name)) for name in _needed(facts.group))
    return {name: seen.value for name, seen in found if isinstance(seen, Seen)}


def _trouble(facts: Facts, server: ServerName) -> str | None:
    for name, network in _seen(facts, server).items():
        if network.trouble is not None:
            return f"network {name}: {network.trouble}"
    return None


def _is_well(facts: Facts, server: ServerName) -> bool:
    seen = _seen(facts, server)
    return len(seen) == len(_needed(facts.group)) and all(
        network.trouble is None for network in seen.values()
    )
