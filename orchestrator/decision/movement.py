"""Whether the service can be started, stopped or moved as a person wishes, and if not, why not."""

import dataclasses

from orchestrator.decision.data_rules import move_refusals
from orchestrator.decision.roles import GroupStatus, silence_of
from orchestrator.model import Reason, Refusal, Role, Seen, ServerName, ServerView, Unknown


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """From where to where; in a plain start or stop both are the same server."""

    source: ServerName
    target: ServerName


def plan_switchover(status: GroupStatus, to: ServerName | None) -> Movement | tuple[Refusal, ...]:
    """An orderly move needs one active server, and another that is known to be a clean standby."""
    names = status.group.server_names
    active = [name for name in names if status.roles[name] is Role.ACTIVE]
    if len(active) > 1:
        return (_both_active(status, active),)
    if not active:
        return (_no_active(status),)
    source = active[0]
    target = status.group.peer_of(source).name
    if to == source:
        return (
            Refusal(
                reason=Reason.ALREADY_THERE,
                evidence=f"{source} is ACTIVE already",
                advice=f"to move away from it: hasys switchover {status.group.name}",
            ),
        )
    refusals = _hindrances(status, target)
    refusals += _not_known(status.view.of(source))
    if not isinstance(status.view.of(target).reach, Unknown):
        refusals += move_refusals(status.group, status.view, source, target)
    return tuple(refusals) or Movement(source=source, target=target)


def plan_start(status: GroupStatus, on: ServerName | None) -> Movement | tuple[Refusal, ...]:
    """Where to start: where parts of it run already, else where it was asked for or preferred."""
    names = status.group.server_names
    active = [name for name in names if status.roles[name] is Role.ACTIVE]
    if len(active) > 1:
        return (_both_active(status, active),)
    target = on or (active[0] if active else status.group.preferred_active)
    peer = status.group.peer_of(target).name
    if active and active[0] != target:
        return (
            Refusal(
                reason=Reason.RUNS_ON_PEER,
                evidence=f"{active[0]} holds {_held(status.view.of(active[0]))}",
                advice=f"to move it: hasys switchover {status.group.name} --to {target}",
            ),
        )
    refusals = _unreachable(status.view.of(target))
    refusals += _hindrances(status, peer)
    return tuple(refusals) or Movement(source=peer, target=target)


def plan_stop(status: GroupStatus, on: ServerName | None) -> Movement | tuple[Refusal, ...]:
    """Stopping is allowed whatever runs where, as long as there is a server to tell it to."""
    asked = [status.view.of(on)] if on is not None else list(status.view.servers)
    refusals = [refusal for view in asked for refusal in _unreachable(view)]
    if len(refusals) == len(asked):
        return tuple(refusals)
    return _from(status, on or status.active or asked[0].server)


def plan_resolve(
    status: GroupStatus, keep: ServerName, epoch: int | None
) -> Movement | tuple[Refusal, ...]:
    """A person says which server keeps the service, where both hold it or neither does.

    `epoch`: at which the person has looked; None: not yet. Whatever has run since may have changed
    what the person has decided upon.
    """
    if epoch is not None and status.epoch != epoch:
        return (
            Refusal(
                reason=Reason.PLAN_CHANGED,
                evidence=f"epoch {epoch} was looked at, it is {status.epoch} now",
                advice="look again, and confirm what is there now",
            ),
        )
    active = [name for name in status.group.server_names if status.roles[name] is Role.ACTIVE]
    if active == [keep]:
        return (
            Refusal(
                reason=Reason.ALREADY_THERE,
                evidence=f"{keep} alone is ACTIVE: there is nothing to resolve",
                advice=f"to move it: hasys switchover {status.group.name}",
            ),
        )
    refusals = [one for view in status.view.servers for one in _unreachable(view)]
    if refusals:
        by_force = f"hasys failover {status.group.name} --force --to {keep}"
        return tuple(
            dataclasses.replace(one, advice=f"bring it back; or by force: {by_force}")
            for one in refusals
        )
    return Movement(source=status.group.peer_of(keep).name, target=keep)


def plan_play(status: GroupStatus) -> Movement | tuple[Refusal, ...]:
    """A site's own playbook: from the active server, or from the one that may be: it is silent."""
    silent = [one.server for one in status.view.servers if isinstance(one.reach, Unknown)]
    may_serve = silent[0] if len(silent) == 1 else status.group.preferred_active
    return _from(status, status.active or may_serve)


def _from(status: GroupStatus, source: ServerName) -> Movement:
    return Movement(source=source, target=status.group.peer_of(source).name)


def _both_active(status: GroupStatus, active: list[ServerName]) -> Refusal:
    return Refusal(
        reason=Reason.BOTH_ACTIVE,
        evidence=f"{' and '.join(active)} both hold parts of the service",
        advice="look at both, then stop the parts on the one that must not run them: "
        f"hasys stop {status.group.name} --on SERVER",
    )


def _no_active(status: GroupStatus) -> Refusal:
    for view in status.view.servers:
        for refusal in _unreachable(view):
            return dataclasses.replace(
                refusal, evidence=f"{refusal.evidence}; it may run the service"
            )
    return Refusal(
        reason=Reason.NO_ACTIVE,
        evidence="neither server runs the service",
        advice=f"to start it: hasys start {status.group.name}",
    )


def _hindrances(status: GroupStatus, server: ServerName) -> list[Refusal]:
    """Why the service cannot come to, or must not start beside, this server."""
    view = status.view.of(server)
    if isinstance(view.reach, Unknown):
        return _unreachable(view)
    refusals = _not_known(view)
    if status.roles[server] in (Role.FAULTED, Role.ACTIVE):
        refusals.append(
            Refusal(
                reason=Reason.RESOURCE_FAILED,
                evidence=f"{view.server} is not clean: {_held(view)}",
                advice=f"clean it first: hasys stop {status.group.name} --on {view.server}",
            )
        )
    return refusals


def _unreachable(view: ServerView) -> list[Refusal]:
    if not isinstance(view.reach, Unknown):
        return []
    return [
        Refusal(
            reason=Reason.SERVER_UNREACHABLE,
            evidence=silence_of(view),
            advice="silence is not death: bring it back; until then nothing starts",
        )
    ]


def _not_known(view: ServerView) -> list[Refusal]:
    return [
        Refusal(
            reason=Reason.STATE_UNKNOWN,
            evidence=f"{view.server}: {name}: {seen.detail or seen.reason.value}",
            advice="see why its check does not answer; nothing is done on a guess",
        )
        for name, seen in sorted(view.resources.items())
        if isinstance(seen, Unknown)
    ]


def _held(view: ServerView) -> str:
    return ", ".join(
        f"{name} {seen.value.value}"
        for name, seen in sorted(view.resources.items())
        if isinstance(seen, Seen) and seen.value.value != "stopped"
    )
