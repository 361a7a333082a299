"""Whether the data allows a start or a move, and what people should know of it.

Called before a run by `movement`, and once more right before a start by `executor.copies`: no
playbook can leave that out.
"""

from collections.abc import Iterator

from orchestrator.decision.freshness import (
    STALE,
    Condition,
    Copies,
    all_copies,
    replicated,
    replication_of,
)
from orchestrator.model import (
    FileSystemUse,
    Group,
    GroupName,
    GroupView,
    Reason,
    Refusal,
    ResourceName,
    Seen,
    ServerName,
    ServerView,
    Unknown,
)
from remote_helpers.replication.promotion import described
from remote_helpers.replication.words import (
    IS_SYNCED_FROM_PEER,
    NO_DISK,
    Alone,
    Connection,
    Disk,
    Replication,
)

FULL_PERCENT = 95.0
SLOW_S = 0.5
"""A small write that takes longer makes every service on that disk slow."""


def move_refusals(
    group: Group, view: GroupView, source: ServerName, target: ServerName
) -> list[Refusal]:
    """Both ends must be in sync; the source alone may have lost its disk: away from it is right.

    The kernel would promote a target that is still being synced, with its reads over the network.
    """
    found = []
    for name in replicated(group):
        here, there = replication_of(view.of(source), name), replication_of(view.of(target), name)
        if there is None or here is None:
            found.append(_unknown(view.of(target if there is None else source), name))
        elif _is_split(here, there):
            found.append(_split_brain(group.name, name, view))
        elif not _can_hand_over(here, there):
            found.append(
                Refusal(
                    reason=Reason.DATA_NOT_IN_SYNC,
                    evidence=f"{name}: {target} does not hold all data yet: {described(there)}",
                    advice=f"hasys status {group.name} shows how far it is; if it does not "
                    f"move: hasys play {group.name} resync",
                )
            )
    return found


def start_refusals(group: Group, own: ServerView, peer: ServerView) -> list[Refusal]:
    """Of a start on `own`, whose peer runs nothing. A peer that cannot be asked says nothing here:
    whoever allowed a start without its word has judged that.
    """
    found = [_start_refusal(group, name, own, peer) for name in replicated(group)]
    return [refusal for refusal in found if refusal is not None]


def problems(group: Group, view: GroupView) -> Iterator[str]:
    for copies in all_copies(group, view):
        if copies.condition is not Condition.IN_SYNC and not _is_said(copies, view):
            yield f"{copies.resource}: {_SAYING[copies.condition]}: {copies.text}"
    for server in view.servers:
        for name, seen in sorted(server.data.items()):
            if isinstance(seen, Seen) and isinstance(seen.value, FileSystemUse):
                yield from (f"{server.server}: {name} {one}" for one in _use(seen.value))


def risk_of(group: Group, view: GroupView) -> str:
    """What a failover after silence may lose, as far as the copies are seen; empty: nothing."""
    seen = [
        copy
        for server in view.servers
        for name in replicated(group)
        if (copy := replication_of(server, name)) is not None and copy.is_up
    ]
    if replicated(group) and not seen:
        return "not known: no copy is seen that is up"
    if all(copy.is_guarded for copy in seen):
        return ""
    if all(copy.is_guarded or copy.is_untold for copy in seen):
        return "not known: a server has not told yet how its copy is set up"
    accepted = "accepted" if group.accept_data_loss else "never by itself"
    return f"may lose what was written since the last poll ({accepted})"


_MAYBE_NEWEST = frozenset({Disk.UP_TO_DATE, Disk.CONSISTENT})
"""Consistent: up since a boot and not connected yet, so that the kernel leaves it to whoever knows
more, and asks the fence-peer handler before it is promoted.
"""

_SAYING = {
    Condition.SYNCING: "the copies are being synced",
    Condition.ONE_DISK: "only one copy is whole",
    Condition.APART: "the copies do not see each other",
    Condition.SPLIT_BRAIN: "split brain: both copies were written to",
    Condition.DOWN: "both copies are down",
    Condition.UNKNOWN: "not known how the copies are",
}


def _is_said(copies: Copies, view: GroupView) -> bool:
    """A server that does not answer is a problem of its own already."""
    return copies.condition is Condition.UNKNOWN and any(
        isinstance(server.reach, Unknown) for server in view.servers
    )


def _use(use: FileSystemUse) -> Iterator[str]:
    if use.used_percent >= FULL_PERCENT:
        yield f"is full: {use.used_percent:.0f} % of its space is used"
    if use.inodes_used_percent >= FULL_PERCENT:
        yield f"is full: {use.inodes_used_percent:.0f} % of its inodes are used"
    if use.canary_s is not None and use.canary_s >= SLOW_S:
        yield f"is slow: a small write took {use.canary_s:.1f} s"


def _can_hand_over(here: Replication, there: Replication) -> bool:
    return (
        there.connection is Connection.CONNECTED
        and here.connection is Connection.CONNECTED
        and all(
            volume.disk is Disk.UP_TO_DATE and volume.replicating not in IS_SYNCED_FROM_PEER
            for volume in there.volumes
        )
        and all(volume.disk in {Disk.UP_TO_DATE, *NO_DISK} for volume in here.volumes)
    )


def _start_refusal(
    group: Group, name: ResourceName, own: ServerView, peer: ServerView
) -> Refusal | None:
    here, there = replication_of(own, name), replication_of(peer, name)
    if here is None or not here.is_up:
        return _unknown(own, name)
    if here.is_primary:
        return None  # nothing is promoted: what stands on it may be started again
    if _is_split(here, there):
        return _split_brain(group.name, name, GroupView(servers=(own, peer), taken_at=own.reach.at))
    if any(volume.disk not in _MAYBE_NEWEST for volume in here.volumes):
        return Refusal(
            reason=Reason.DATA_OUT_OF_DATE,
            evidence=f"{name}: {own.server} does not hold all data: {described(here)}",
            advice=f"start it where the data is: hasys start {group.name} --on {peer.server}; "
            f"or sync it first: hasys play {group.name} resync",
        )
    is_judged = here.connection is Connection.CONNECTED or isinstance(peer.reach, Unknown)
    return None if is_judged or _is_known_worse(here, there) else _apart(group, name, peer)


def _apart(group: Group, name: ResourceName, peer: ServerView) -> Refusal:
    there = replication_of(peer, name)
    seen = described(there) if there is not None else "not seen there"
    return Refusal(
        reason=Reason.DATA_NOT_IN_SYNC,
        evidence=f"{name}: the copies do not see each other, and {peer.server} may hold the last "
        f"writes: {seen}",
        advice=f"bring them together first: hasys play {group.name} resync",
    )


def _is_known_worse(here: Replication, there: Replication | None) -> bool:
    """By its own word, or by what this side noted when it wrote on without it."""
    noted = all(volume.peer_disk in STALE for volume in here.volumes)
    admitted = (
        there is not None
        and there.is_up
        and all(volume.disk in {*STALE, *NO_DISK} for volume in there.volumes)
    )
    return noted or admitted


def _is_split(here: Replication, there: Replication | None) -> bool:
    alone = {here.alone, there.alone if there is not None else None}
    return bool(alone & {Alone.SPLIT_BRAIN, Alone.UNRELATED})


def _split_brain(group: GroupName, name: ResourceName, view: GroupView) -> Refusal:
    sides = [(one.server, replication_of(one, name)) for one in view.servers]
    seen = "; ".join(f"{server}: {described(side)}" for server, side in sides if side is not None)
    return Refusal(
        reason=Reason.SPLIT_BRAIN,
        evidence=f"{name}: both copies were written to without each other: {seen}",
        advice="choose whose writes are given up: "
        f"hasys play {group} split-brain-repair -e victim=SERVER",
    )


def _unknown(view: ServerView, name: ResourceName) -> Refusal:
    seen = view.data.get(name)
    if isinstance(seen, Unknown):
        what = seen.detail or seen.reason.value
    else:
        known = replication_of(view, name)
        what = described(known) if known is not None else "its check says nothing of the data"
    return Refusal(
        reason=Reason.DATA_UNKNOWN,
        evidence=f"{view.server}: {name}: {what}",
        advice="nothing is started on data that nobody can see; see drbdadm status there",
    )
