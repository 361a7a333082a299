"""What a victim's copy held before it is discarded: an LVM snapshot of the disk under DRBD.

Only where that disk is a logical volume with room beside it; everywhere else nothing is kept, and
that is said before anything is thrown away.
"""

from typing import Dict, List, NamedTuple, Optional

from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.waiting import REPORT_IN_S, shown

SUFFIX = "-hasys-kept"
LEAST_BYTES = 16 << 20
SHARE = 10
"""A tenth of the volume, or twice what differs, whatever is more."""


class Volume(NamedTuple):
    """A logical volume."""

    group: str
    name: str
    size_bytes: int
    free_bytes: int
    """In its group."""

    @property
    def kept(self) -> str:
        return "{}/{}{}".format(self.group, self.name, SUFFIX)


def keep(context: Context, resource: str, differing_bytes: int) -> str:
    """Takes the snapshot of each volume; says where. Raises where none can be taken."""
    volumes = _volumes(context, resource)
    for one in volumes:
        if _state(context, one) is not None:
            message = "{} is there since an earlier repair; undo that one, or drop it".format(
                one.kept
            )
            raise OperationError("failed", message, {"refused": "kept-already"})
    for one in volumes:
        wanted = max(LEAST_BYTES, 2 * differing_bytes, one.size_bytes // SHARE)
        if one.free_bytes < min(wanted, one.size_bytes):
            message = "no room to keep a copy: volume group {} has {} MiB free, wanted {}".format(
                one.group, one.free_bytes >> 20, wanted >> 20
            )
            raise OperationError("failed", message, {"refused": "no-room"})
        size = "{}b".format(min(wanted, one.free_bytes))
        name = one.kept.partition("/")[2]
        origin = "{}/{}".format(one.group, one.name)
        _lvm(context, ["lvcreate", "--snapshot", "--size", size, "--name", name, origin])
    return ", ".join(one.kept for one in volumes)


def undo(context: Context, resource: str) -> str:
    """The volumes are again what they were when they were kept; DRBD must be down."""
    volumes = _volumes(context, resource)
    for one in volumes:
        attributes = _state(context, one)
        if attributes is None:
            raise OperationError("failed", "there is no {}: nothing to undo".format(one.kept))
        if _is_invalid(attributes):
            message = "{} ran full and is lost: nothing can be undone".format(one.kept)
            raise OperationError("failed", message, {"refused": "kept-copy-full"})
    for one in volumes:
        _lvm(context, ["lvconvert", "--merge", one.kept])
    return ", ".join(one.kept for one in volumes)


def drop(context: Context, resource: str) -> str:
    there = [one for one in _volumes(context, resource) if _state(context, one) is not None]
    for one in there:
        _lvm(context, ["lvremove", "--yes", one.kept])
    return ", ".join(one.kept for one in there)


def described(context: Context, resource: str) -> str:
    """What is kept, and how full that is; empty: nothing."""
    try:
        volumes = _volumes(context, resource)
    except OperationError:
        return ""
    found = [(one, _state(context, one)) for one in volumes]
    return ", ".join(
        "{} {}".format(
            one.kept,
            "ran full and is lost"
            if _is_invalid(state)
            else "{:.0f} % full".format(float(state["data_percent"] or 0)),
        )
        for one, state in found
        if state is not None
    )


def _volumes(context: Context, resource: str) -> List[Volume]:
    done = context.run(["drbdadm", "sh-ll-dev", resource])
    devices = done.stdout.split()
    if done.rc != 0 or not devices:
        message = "drbdadm sh-ll-dev {}: {}".format(resource, shown(done.stderr) or done.rc)
        raise OperationError("failed", message)
    return [_volume(context, device) for device in devices]


def _volume(context: Context, device: str) -> Volume:
    columns = "vg_name,lv_name,lv_size,vg_free"
    argv = ["lvs", "--noheadings", "--units", "b", "--nosuffix", "-o", columns, device]
    done = context.run(argv)
    fields = done.stdout.split()
    if done.rc != 0 or len(fields) != 4:
        message = "{} is no logical volume: what is discarded there cannot be kept".format(device)
        raise OperationError("failed", message, {"refused": "cannot-keep"})
    group, name, size, free = fields
    return Volume(group, name, int(size), int(free))


def _state(context: Context, one: Volume) -> Optional[Dict[str, str]]:
    columns = "lv_attr,data_percent"
    argv = ["lvs", "--noheadings", "--separator", ";", "-o", columns, one.kept]
    done = context.run(argv)
    if done.rc != 0:
        return None
    attributes, _, percent = done.stdout.strip().partition(";")
    return {"lv_attr": attributes, "data_percent": percent}


def _is_invalid(state: Dict[str, str]) -> bool:
    """lvs(8): the fifth attribute, I or S: an invalid snapshot."""
    return state["lv_attr"][4:5] in ("I", "S") or state["data_percent"] == "100.00"


def _lvm(context: Context, argv: List[str]) -> None:
    done = context.run(argv, timeout=max(context.remaining() - REPORT_IN_S, 0.0))
    if done.rc != 0:
        said = "did not end in time" if done.timed_out else shown(done.stderr) or str(done.rc)
        raise OperationError("failed", "{}: {}".format(" ".join(argv[:2]), said))
