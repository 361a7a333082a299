"""What DRBD 9 says, as `Replication`: `drbdsetup status NAME --json --statistics`.

Proven with outputs that were recorded on a real pair; no DRBD 9 runs in the project's labs.
"""

import json
from typing import Any, Dict, List, Mapping, Optional, Tuple

from remote_helpers.replication.drbd84 import KIB
from remote_helpers.replication.words import (
    Connection,
    Disk,
    Replicating,
    Replication,
    Role,
    Unreadable,
    Volume,
    is_down,
    word,
)

_MIB = 1024.0 * 1024.0
_REASONS = ("user", "no-data", "fencing", "quorum")


def parse(resource: str, status: str, version: str) -> Replication:
    """Raises Unreadable."""
    try:
        everything: List[Mapping[str, Any]] = json.loads(status) if status.strip() else []
        mine = [one for one in everything if one.get("name") == resource]
        return _replication(resource, mine[0], version) if mine else is_down(resource, version)
    except (AttributeError, KeyError, TypeError, ValueError) as odd:
        raise Unreadable("{}: {}".format(type(odd).__name__, odd)) from odd


def _replication(resource: str, said: Mapping[str, Any], version: str) -> Replication:
    connections: List[Mapping[str, Any]] = said["connections"]
    if len(connections) > 1:
        message = "{} has {} connections; a pair has one".format(resource, len(connections))
        raise Unreadable(message)
    connection: Mapping[str, Any] = connections[0] if connections else {}
    peers: Dict[int, Mapping[str, Any]] = {
        one["volume"]: one for one in connection.get("peer_devices", [])
    }
    return Replication(
        resource=resource,
        version=version,
        is_up=True,
        role=word(Role, said["role"]),
        peer_role=word(Role, connection.get("peer-role", "Unknown")),
        connection=word(Connection, connection.get("connection-state", "StandAlone")),
        suspended=_suspended(said),
        volumes=tuple(_volume(one, peers.get(one["volume"], {})) for one in said["devices"]),
    )


def _suspended(said: Mapping[str, Any]) -> Tuple[str, ...]:
    found = tuple(one for one in _REASONS if said.get("suspended-" + one))
    return found or (("unknown",) if said.get("suspended") else ())


def _volume(device: Mapping[str, Any], peer: Mapping[str, Any]) -> Volume:
    rate = _number(peer.get("db/dt [MiB/s]"))
    return Volume(
        number=int(device["volume"]),
        minor=int(device["minor"]),
        disk=word(Disk, device["disk-state"]),
        peer_disk=word(Disk, peer.get("peer-disk-state", "DUnknown")),
        replicating=word(Replicating, peer.get("replication-state", "Off")),
        size_bytes=int(device.get("size", 0)) * KIB,
        out_of_sync_bytes=int(peer.get("out-of-sync", 0)) * KIB,
        done_percent=_number(peer.get("percent-resync-done")),
        left_s=_number(peer.get("estimated-seconds-to-finish")),
        rate_bytes_s=None if rate is None else rate * _MIB,
    )


def _number(value: Any) -> Optional[float]:
    return None if value is None else float(value)
