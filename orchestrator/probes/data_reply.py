"""Turns what a resource's check said of its data into a fact. Pure; called by `reply`.

Whatever is odd becomes Unknown with its reason, as everywhere there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.model import (
    DataFact,
    FileSystemUse,
    Group,
    Monotonic,
    Observation,
    ResourceName,
    Seen,
    SharedDisk,
    Unknown,
    UnknownReason,
)
from remote_helpers.replication.words import Unreadable, from_json

CARRIERS = frozenset({"drbd", "disk", "mount"})
"""The types of resources that carry data."""


def data_facts(
    group: Group, resources: Mapping[str, Any], at: Monotonic
) -> dict[ResourceName, Observation[DataFact]]:
    """`resources`: the answers by name. What carries no data, or says none now, is left out."""
    found = {}
    for name, resource in group.resources.items():
        answer = resources.get(name)
        if resource.type in CARRIERS and isinstance(answer, Mapping) and "data" in answer:
            found[name] = _fact(answer["data"], at)
    return found


def _fact(said: Any, at: Monotonic) -> Observation[DataFact]:
    try:
        return Seen(value=_READERS[said["kind"]](said), at=at)
    except (Unreadable, KeyError, TypeError, ValueError) as odd:
        detail = f"{type(odd).__name__}: {odd}"
        return Unknown(reason=UnknownReason.CHECK_FAILED, at=at, detail=detail)


def _use(said: Mapping[str, Any]) -> FileSystemUse:
    return FileSystemUse(
        size_bytes=int(said["size_bytes"]),
        free_bytes=int(said["free_bytes"]),
        inodes=int(said["inodes"]),
        inodes_free=int(said["inodes_free"]),
        canary_s=None if said["canary_s"] is None else float(said["canary_s"]),
    )


def _disk(said: Mapping[str, Any]) -> SharedDisk:
    return SharedDisk(
        devices=tuple(str(one) for one in said["devices"]),
        system_id=str(said["system_id"]),
        reserved=None if said["reserved"] is None else bool(said["reserved"]),
        read_s=None if said["read_s"] is None else float(said["read_s"]),
    )


_READERS: Mapping[str, Callable[[Mapping[str, Any]], DataFact]] = {
    "drbd": from_json,
    "mount": _use,
    "disk": _disk,
}
