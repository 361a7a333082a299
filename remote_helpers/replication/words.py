"""One side's view of a DRBD resource, whatever version said it in whatever form.

Every word of the kernel stands here. A word that does not is never guessed at: `Unreadable`.
"""

import enum
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Mapping,
    NamedTuple,
    Optional,
    Tuple,
    Type,
    TypeVar,
)


class Unreadable(Exception):
    """DRBD said what nobody here understands; the message quotes it."""


class Role(enum.Enum):
    PRIMARY = "Primary"
    SECONDARY = "Secondary"
    UNKNOWN = "Unknown"


class Connection(enum.Enum):
    STAND_ALONE = "StandAlone"
    """It does not even try: split brain, a refused peer, or somebody's disconnect."""
    DISCONNECTING = "Disconnecting"
    UNCONNECTED = "Unconnected"
    TIMEOUT = "Timeout"
    BROKEN_PIPE = "BrokenPipe"
    NETWORK_FAILURE = "NetworkFailure"
    PROTOCOL_ERROR = "ProtocolError"
    TEAR_DOWN = "TearDown"
    CONNECTING = "Connecting"
    CONNECTED = "Connected"


class Disk(enum.Enum):
    DISKLESS = "Diskless"
    ATTACHING = "Attaching"
    DETACHING = "Detaching"
    FAILED = "Failed"
    NEGOTIATING = "Negotiating"
    INCONSISTENT = "Inconsistent"
    OUTDATED = "Outdated"
    UNKNOWN = "DUnknown"
    CONSISTENT = "Consistent"
    UP_TO_DATE = "UpToDate"


class Replicating(enum.Enum):
    OFF = "Off"
    ESTABLISHED = "Established"
    STARTING_SYNC_SOURCE = "StartingSyncS"
    STARTING_SYNC_TARGET = "StartingSyncT"
    BITMAP_SOURCE = "WFBitMapS"
    BITMAP_TARGET = "WFBitMapT"
    WAITING_FOR_UUID = "WFSyncUUID"
    SYNC_SOURCE = "SyncSource"
    SYNC_TARGET = "SyncTarget"
    PAUSED_SOURCE = "PausedSyncS"
    PAUSED_TARGET = "PausedSyncT"
    VERIFY_SOURCE = "VerifyS"
    VERIFY_TARGET = "VerifyT"
    AHEAD = "Ahead"
    BEHIND = "Behind"


IS_SYNCED_FROM_PEER: FrozenSet[Replicating] = frozenset(
    (
        Replicating.STARTING_SYNC_TARGET,
        Replicating.BITMAP_TARGET,
        Replicating.WAITING_FOR_UUID,
        Replicating.SYNC_TARGET,
        Replicating.PAUSED_TARGET,
        Replicating.BEHIND,
    )
)
SYNCS_THE_PEER: FrozenSet[Replicating] = frozenset(
    (
        Replicating.STARTING_SYNC_SOURCE,
        Replicating.BITMAP_SOURCE,
        Replicating.SYNC_SOURCE,
        Replicating.PAUSED_SOURCE,
        Replicating.AHEAD,
    )
)
NO_DISK: FrozenSet[Disk] = frozenset((Disk.DISKLESS, Disk.FAILED, Disk.DETACHING, Disk.ATTACHING))


class Alone(enum.Enum):
    """Why a side is StandAlone, by what its kernel logged."""

    SPLIT_BRAIN = "split-brain"
    UNRELATED = "unrelated-data"
    AUTHENTICATION = "authentication"
    INCOMPATIBLE = "incompatible"
    OPERATOR = "disconnected"
    NEVER_CONNECTED = "never-connected"
    UNKNOWN = "unknown"


class Volume(NamedTuple):
    number: int
    minor: int
    disk: Disk
    peer_disk: Disk
    replicating: Replicating
    size_bytes: int
    out_of_sync_bytes: int
    done_percent: Optional[float]
    """Of the resync under way; None: none, or this version does not tell."""
    left_s: Optional[float]
    rate_bytes_s: Optional[float]


class Replication(NamedTuple):
    resource: str
    version: str
    is_up: bool
    role: Role
    peer_role: Role
    connection: Connection
    suspended: Tuple[str, ...]
    """Why writes are frozen: `user`, `no-data`, `fencing`, `quorum`; empty: they are not."""
    volumes: Tuple[Volume, ...]
    alone: Optional[Alone] = None
    """Only where the connection is StandAlone."""
    fencing: str = ""
    """`dont-care`, `resource-only`, `resource-and-stonith`; empty: not asked."""
    handler: str = ""
    """What the configuration names as `fence-peer`."""

    @property
    def is_guarded(self) -> bool:
        """Whether the kernel lets neither side go on alone without the controller's word."""
        return self.fencing == "resource-and-stonith" and self.handler.startswith("/var/lib/hasys/")

    @property
    def is_untold(self) -> bool:
        """Whether it was not read yet if the kernel holds it back: neither yes nor no."""
        return self.is_up and not self.fencing

    @property
    def is_primary(self) -> bool:
        return self.role is Role.PRIMARY

    @property
    def is_in_sync(self) -> bool:
        """Both ends hold every write."""
        return self.connection is Connection.CONNECTED and all(
            one.disk is one.peer_disk is Disk.UP_TO_DATE for one in self.volumes
        )

    @property
    def out_of_sync_bytes(self) -> int:
        return sum(one.out_of_sync_bytes for one in self.volumes)


def is_down(resource: str, version: str) -> Replication:
    """Configured or not: the kernel has no such resource, so nobody can use it there."""
    return Replication(
        resource=resource,
        version=version,
        is_up=False,
        role=Role.UNKNOWN,
        peer_role=Role.UNKNOWN,
        connection=Connection.STAND_ALONE,
        suspended=(),
        volumes=(),
        alone=Alone.NEVER_CONNECTED,
    )


W = TypeVar("W", bound=enum.Enum)


def word(kind: Type[W], said: Any) -> W:
    try:
        return kind(said)
    except ValueError:
        message = "DRBD says {!r}, which is no {} that is known".format(said, kind.__name__.lower())
        raise Unreadable(message) from None


def to_json(seen: Replication) -> Dict[str, Any]:
    found: Dict[str, Any] = {name: _plain(value) for name, value in seen._asdict().items()}
    found["volumes"] = [
        {name: _plain(value) for name, value in one._asdict().items()} for one in seen.volumes
    ]
    return found


def from_json(said: Mapping[str, Any]) -> Replication:
    """Raises Unreadable for anything that `to_json` does not write."""
    try:
        volumes = tuple(_volume(one) for one in said["volumes"])
        return Replication(
            resource=str(said["resource"]),
            version=str(said["version"]),
            is_up=bool(said["is_up"]),
            role=word(Role, said["role"]),
            peer_role=word(Role, said["peer_role"]),
            connection=word(Connection, said["connection"]),
            suspended=tuple(str(one) for one in said["suspended"]),
            volumes=volumes,
            alone=None if said["alone"] is None else word(Alone, said["alone"]),
            fencing=str(said["fencing"]),
            handler=str(said["handler"]),
        )
    except (KeyError, TypeError, ValueError) as odd:
        raise Unreadable("{}: {}".format(type(odd).__name__, odd)) from odd


def _volume(said: Mapping[str, Any]) -> Volume:
    return Volume(
        number=int(said["number"]),
        minor=int(said["minor"]),
        disk=word(Disk, said["disk"]),
        peer_disk=word(Disk, said["peer_disk"]),
        replicating=word(Replicating, said["replicating"]),
        size_bytes=int(said["size_bytes"]),
        out_of_sync_bytes=int(said["out_of_sync_bytes"]),
        done_percent=_maybe(float, said["done_percent"]),
        left_s=_maybe(float, said["left_s"]),
        rate_bytes_s=_maybe(float, said["rate_bytes_s"]),
    )


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, enum.Enum) else value


def _maybe(kind: Callable[[Any], float], value: Any) -> Optional[float]:
    return None if value is None else kind(value)
