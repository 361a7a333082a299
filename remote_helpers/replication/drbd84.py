"""What DRBD 8.4 says, as `Replication`: `events2 --now --statistics`, and /proc/drbd beside it.

`status` hides a connection that is StandAlone; events2 shows it, but no progress of a resync, which
only /proc/drbd has. 8.4 knows one peer and gives no JSON.
"""

import re
from typing import Dict, List, Mapping, NamedTuple, Optional, Tuple

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

KIB = 1024
_MINOR = re.compile(r"^\s*(\d+): cs:\S+")
_DONE = re.compile(r"sync'ed:\s*([0-9.]+)%")
_LEFT = re.compile(r"finish: (\d+):(\d\d):(\d\d) speed: ([0-9,]+)")
_VERSION = re.compile(r"^version: (\S+)", re.MULTILINE)


class Progress(NamedTuple):
    """Of one minor's resync."""

    done_percent: Optional[float] = None
    left_s: Optional[float] = None
    rate_bytes_s: Optional[float] = None


def parse_version(proc_drbd: str) -> str:
    """`8.4.11`, `9.1.7`; empty where the text is none of DRBD's."""
    found = _VERSION.search(proc_drbd)
    return found.group(1) if found else ""


def parse_progress(proc_drbd: str) -> Dict[int, Progress]:
    found: Dict[int, Progress] = {}
    minor = -1
    for line in proc_drbd.splitlines():
        start = _MINOR.match(line)
        if start:
            minor = int(start.group(1))
        done, left = _DONE.search(line), _LEFT.search(line)
        before = found.get(minor, Progress())
        if done:
            found[minor] = before._replace(done_percent=float(done.group(1)))
        elif left:
            hours, minutes, seconds = (int(left.group(part)) for part in (1, 2, 3))
            found[minor] = before._replace(
                left_s=float(hours * 3600 + minutes * 60 + seconds),
                rate_bytes_s=float(left.group(4).replace(",", "")) * KIB,
            )
    return found


def parse(resource: str, events: str, proc_drbd: str) -> Replication:
    """Raises Unreadable."""
    own, connections, devices, peers = _sorted_lines(resource, events)
    version = parse_version(proc_drbd)
    if own is None:
        return is_down(resource, version)
    if len(connections) > 1:
        message = "{} has {} connections; a pair has one".format(resource, len(connections))
        raise Unreadable(message)
    connection = connections[0] if connections else {}
    progress = parse_progress(proc_drbd)
    return Replication(
        resource=resource,
        version=version,
        is_up=True,
        role=word(Role, own.get("role")),
        peer_role=word(Role, connection.get("role", "Unknown")),
        connection=word(Connection, connection.get("connection", "StandAlone")),
        suspended=_suspended(own.get("suspended", "no")),
        volumes=tuple(
            _volume(device, peers.get(device["volume"], {}), progress) for device in devices
        ),
    )


Fields = Dict[str, str]


def _sorted_lines(
    resource: str, events: str
) -> Tuple[Optional[Fields], List[Fields], List[Fields], Dict[str, Fields]]:
    own: Optional[Fields] = None
    connections: List[Fields] = []
    devices: List[Fields] = []
    peers: Dict[str, Fields] = {}
    for line in events.splitlines():
        words = line.split()
        if words[:1] != ["exists"] or len(words) < 3:
            continue
        fields = dict(one.partition(":")[::2] for one in words[2:])
        if fields.get("name") != resource:
            continue
        if words[1] == "resource":
            own = fields
        elif words[1] == "connection":
            connections.append(fields)
        elif words[1] == "device":
            devices.append(fields)
        elif words[1] == "peer-device":
            peers[fields.get("volume", "")] = fields
    return own, connections, devices, peers


def _volume(device: Fields, peer: Fields, progress: Mapping[int, Progress]) -> Volume:
    try:
        minor = int(device["minor"])
        replicating = word(Replicating, peer.get("replication", "Off"))
        of_resync = progress.get(minor, Progress())
        return Volume(
            number=int(device["volume"]),
            minor=minor,
            disk=word(Disk, device["disk"]),
            peer_disk=word(Disk, peer.get("peer-disk", "DUnknown")),
            replicating=replicating,
            size_bytes=int(device.get("size", "0")) * KIB,
            out_of_sync_bytes=int(peer.get("out-of-sync", "0")) * KIB,
            done_percent=of_resync.done_percent,
            left_s=of_resync.left_s,
            rate_bytes_s=of_resync.rate_bytes_s,
        )
    except (KeyError, ValueError) as odd:
        raise Unreadable("a device without {}".format(odd)) from odd


def _suspended(said: str) -> Tuple[str, ...]:
    return () if said in ("no", "") else tuple(said.split(","))
