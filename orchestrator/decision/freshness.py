"""From what was seen of both copies of the data to which of them may lack acknowledged writes.

A copy is trusted while it is seen in sync, and distrusted from the moment its peer writes without
it until it is seen in sync again. Silence changes nothing, except where nothing kept the silent
side from writing on: then the other copy must be feared to lack what was written since.
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping

from orchestrator.model import (
    DrbdSpec,
    Group,
    GroupView,
    ResourceName,
    Seen,
    ServerName,
    ServerView,
)
from remote_helpers.replication.promotion import described
from remote_helpers.replication.words import (
    IS_SYNCED_FROM_PEER,
    NO_DISK,
    SYNCS_THE_PEER,
    Alone,
    Connection,
    Disk,
    Replication,
    Volume,
)

STALE = frozenset({Disk.INCONSISTENT, Disk.OUTDATED})


class Condition(enum.Enum):
    """How the two copies of a resource are to each other."""

    IN_SYNC = "in-sync"
    SYNCING = "syncing"
    ONE_DISK = "one-disk"
    """Connected, and one side has no disk, or a disk that waits for a sync."""
    APART = "apart"
    SPLIT_BRAIN = "split-brain"
    DOWN = "down"
    UNKNOWN = "unknown"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Copies:
    """Both copies of one resource."""

    resource: ResourceName
    condition: Condition
    text: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outdated:
    """For `GroupState.outdated`, with the reason of each for people."""

    because: Mapping[ServerName, str]

    @property
    def servers(self) -> frozenset[ServerName]:
        return frozenset(self.because)


def replicated(group: Group) -> tuple[ResourceName, ...]:
    """The resources of which each server has a copy."""
    return tuple(name for name, one in group.resources.items() if isinstance(one.spec, DrbdSpec))


def replication_of(view: ServerView, name: ResourceName) -> Replication | None:
    """None: not seen."""
    seen = view.data.get(name)
    if isinstance(seen, Seen) and isinstance(seen.value, Replication):
        return seen.value
    return None


def copies_on(view: ServerView, group: Group) -> Mapping[ResourceName, Replication | None]:
    """Of all that is replicated, as one server has it."""
    return {name: replication_of(view, name) for name in replicated(group)}


def all_copies(group: Group, view: GroupView) -> tuple[Copies, ...]:
    return tuple(_copies(name, view) for name in replicated(group))


def outdated(group: Group, view: GroupView, before: frozenset[ServerName]) -> Outdated:
    """`before`: who was distrusted until now; kept wherever nothing new was seen."""
    because: dict[ServerName, str] = {}
    for name in replicated(group):
        for one, other in (view.servers, view.servers[::-1]):
            doubt = _doubt(group, name, one, other, was=one.server in before)
            if doubt:
                because.setdefault(one.server, f"{name}: {doubt}")
    return Outdated(because=because)


def _doubt(
    group: Group, name: ResourceName, one: ServerView, other: ServerView, *, was: bool
) -> str:
    """Why this copy may lack writes; empty: it is trusted."""
    mine, theirs = replication_of(one, name), replication_of(other, name)
    own = _own_doubt(mine) if mine is not None else ""
    if own or any(seen is not None and seen.is_in_sync for seen in (mine, theirs)):
        return own
    noted = "it has not been in sync since its peer wrote without it" if was else ""
    if theirs is not None and theirs.is_primary:
        return _left_behind(other.server, theirs) or noted
    if mine is not None and mine.is_primary:
        return ""
    if noted or theirs is not None or group.accept_data_loss or not _is_free(mine):
        return noted
    return (
        f"{other.server} is silent, and may have written since the two lost each other: "
        "nothing made it wait"
    )


def _is_free(mine: Replication | None) -> bool:
    """Known not to be held back. What was not told yet is no reason for a lasting doubt: until it
    is, `target_data` lets nothing move there.
    """
    if mine is None or mine.is_untold:
        return False
    return not mine.is_guarded


def _own_doubt(mine: Replication) -> str:
    for volume in mine.volumes:
        if volume.disk in STALE or volume.replicating in IS_SYNCED_FROM_PEER:
            return described(mine)
        if volume.disk in NO_DISK and not mine.is_primary:
            return described(mine)
    return ""


def _left_behind(active: ServerName, theirs: Replication) -> str:
    """At once, not when the link is back: the race is a power cut right after the first write."""
    if theirs.suspended == ("fencing",):
        return ""  # not one write has been acknowledged since the link went
    if theirs.connection is not Connection.CONNECTED:
        return f"{active} writes on without it: {described(theirs)}"
    if any(volume.peer_disk is not Disk.UP_TO_DATE for volume in theirs.volumes):
        return f"{active} sees it so: {described(theirs)}"
    return ""


def _copies(name: ResourceName, view: GroupView) -> Copies:
    sides = {one.server: replication_of(one, name) for one in view.servers}
    known = [seen for seen in sides.values() if seen is not None]
    text = "; ".join(
        f"{server}: {described(seen) if seen is not None else 'not seen'}"
        for server, seen in sides.items()
    )
    return Copies(resource=name, condition=_condition(known), text=text)


def _condition(known: list[Replication]) -> Condition:
    up = [seen for seen in known if seen.is_up]
    if not known:
        return Condition.UNKNOWN
    if not up:
        return Condition.DOWN if len(known) == 2 else Condition.UNKNOWN
    if any(seen.alone in (Alone.SPLIT_BRAIN, Alone.UNRELATED) for seen in up):
        return Condition.SPLIT_BRAIN
    if not any(seen.connection is Connection.CONNECTED for seen in up):
        return Condition.APART
    if any(seen.is_in_sync for seen in up):
        return Condition.IN_SYNC
    moving = IS_SYNCED_FROM_PEER | SYNCS_THE_PEER
    is_moving = any(volume.replicating in moving for volume in _volumes(up))
    return Condition.SYNCING if is_moving else Condition.ONE_DISK


def _volumes(seen: list[Replication]) -> Iterator[Volume]:
    for one in seen:
        yield from one.volumes
