"""What may be made Primary, what not, and why: one table, asked before the kernel is.

The kernel itself promotes a SyncTarget: reads go to the peer then, and the service would live on
the server that it just left.
"""

from typing import Callable, List, NamedTuple, Optional

from remote_helpers.replication.words import (
    IS_SYNCED_FROM_PEER,
    NO_DISK,
    Alone,
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Volume,
)


class Ruling(NamedTuple):
    """Why not: a word for programs, what was seen, what now."""

    reason: str
    evidence: str
    advice: str


class Row(NamedTuple):
    reason: str
    when: str
    """For people; the reference shows it."""
    holds: Callable[[Replication, Volume], bool]
    advice: str


TABLE = (
    Row(
        "down",
        "the kernel has no such resource",
        lambda seen, _: not seen.is_up,
        "drbdadm up, or hasys play GROUP resync",
    ),
    Row(
        "peer-primary",
        "the peer is Primary",
        lambda seen, _: seen.peer_role is Role.PRIMARY,
        "stop the service there first",
    ),
    Row(
        "split-brain",
        "StandAlone after a split brain",
        lambda seen, _: seen.alone in (Alone.SPLIT_BRAIN, Alone.UNRELATED),
        "choose whose writes are given up: hasys play GROUP split-brain-repair",
    ),
    Row(
        "stand-alone",
        "StandAlone for another reason",
        lambda seen, _: seen.connection is Connection.STAND_ALONE,
        "reconnect it: hasys play GROUP resync",
    ),
    Row(
        "sync-target",
        "it is being synced from the peer: SyncTarget, PausedSyncT, WFBitMapT, Behind, ...",
        lambda _, volume: volume.replicating in IS_SYNCED_FROM_PEER,
        "wait until the sync has ended: hasys status shows how far it is",
    ),
    Row(
        "inconsistent",
        "the local disk is Inconsistent: a sync was cut, or never began",
        lambda _, volume: volume.disk is Disk.INCONSISTENT,
        "let it sync from the other server",
    ),
    Row(
        "outdated",
        "the local disk is Outdated: the peer wrote on without it",
        lambda _, volume: volume.disk is Disk.OUTDATED,
        "start on the other server, or let it sync from there",
    ),
    Row(
        "no-disk",
        "the local disk is Diskless, Failed, Attaching or Detaching",
        lambda _, volume: volume.disk in NO_DISK,
        "repair the disk under it, then: hasys play GROUP resync",
    ),
    Row(
        "not-known",
        "the local disk is Negotiating or DUnknown",
        lambda _, volume: volume.disk in (Disk.NEGOTIATING, Disk.UNKNOWN),
        "wait a moment; if it stays so, see the kernel log",
    ),
    Row(
        "frozen",
        "writes are frozen: by quorum, for want of data, or by a person",
        lambda seen, _: bool(set(seen.suspended) - {"fencing"}),
        "see why: drbdadm status; end it with drbdadm resume-io",
    ),
)
"""The first row that holds for any volume decides. None: UpToDate or Consistent, and free."""

_NOTHING = Volume(
    number=0,
    minor=0,
    disk=Disk.UNKNOWN,
    peer_disk=Disk.UNKNOWN,
    replicating=Replicating.OFF,
    size_bytes=0,
    out_of_sync_bytes=0,
    done_percent=None,
    left_s=None,
    rate_bytes_s=None,
)
"""Stands for the volumes of a resource that is down."""


def refusal(seen: Replication) -> Optional[Ruling]:
    """Why this side may not be made Primary; None: as far as it can tell, it may."""
    for row in TABLE:
        for volume in seen.volumes or (_NOTHING,):
            if row.holds(seen, volume):
                return Ruling(row.reason, described(seen), row.advice)
    return None


def standstill(seen: Replication) -> str:
    """Why no sync will come about by itself, and what now; empty: none is needed, or it may yet."""
    for one in seen.volumes:
        if one.disk is Disk.DISKLESS:
            return "no disk here: repair what is under it, then play resync again"
        if seen.connection is not Connection.CONNECTED:
            continue
        if one.peer_disk is Disk.DISKLESS:
            return "the peer has no disk: repair what is under it there, then play resync again"
        if one.replicating in (Replicating.PAUSED_SOURCE, Replicating.PAUSED_TARGET):
            return "the sync is paused: drbdadm resume-sync {}".format(seen.resource)
        if one.replicating is Replicating.ESTABLISHED and _is_whole_nowhere(one):
            return "neither copy is whole: nobody can tell which one to sync from"
    return ""


def _is_whole_nowhere(one: Volume) -> bool:
    return one.disk is one.peer_disk is Disk.INCONSISTENT


def described(seen: Replication) -> str:
    """`r0 Secondary, Connected, UpToDate/Inconsistent SyncSource 12.5 %, about 24 s left, ...`."""
    if not seen.is_up:
        return "{} is down".format(seen.resource)
    words = ["{} {}".format(seen.resource, seen.role.value), _connection(seen)]
    words += [_volume(one) for one in seen.volumes]
    if seen.suspended:
        words.append("writes frozen ({})".format(", ".join(seen.suspended)))
    return ", ".join(words)


def _connection(seen: Replication) -> str:
    if seen.alone is None:
        return seen.connection.value
    return "{} ({})".format(seen.connection.value, seen.alone.value)


def _volume(one: Volume) -> str:
    words: List[str] = ["{}/{}".format(one.disk.value, one.peer_disk.value)]
    if one.done_percent is not None:
        words.append("{} {:.1f} %".format(one.replicating.value, one.done_percent))
        if one.left_s is not None:
            words.append("about {:.0f} s left".format(one.left_s))
    if one.out_of_sync_bytes:
        words.append("{} out of sync".format(size(one.out_of_sync_bytes)))
    return " ".join(words)


def size(count: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024:
            return "{:.4g} {}".format(count, unit)
        count /= 1024
    return "{:.4g} TiB".format(count)
