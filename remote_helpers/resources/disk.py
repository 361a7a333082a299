"""A volume group on disks that both servers reach: active here, and on one side only.

Two things keep it so, beside our own order. The group's system id: LVM activates no group that is
another system's, whoever asks. And where it is wanted, a SCSI-3 persistent reservation: the disks
themselves refuse the writes of a side whose key was taken away, even of one that is still active.
"""

import glob
import os
from typing import Any, Dict, List, Mapping, NamedTuple, Optional

from remote_helpers.operation import Context, OperationError, state
from remote_helpers.resources import canary, reservation
from remote_helpers.resources.waiting import REPORT_IN_S, shown

Spec = Mapping[str, Any]

READ_IN_S = 1.5
AGAIN_S = 0.05


def check(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    """By the kernel's own list: LVM's commands read every disk, and hang with a dead one."""
    wanted = _wanted(spec)
    active = _active(wanted.group)
    if not active:
        return state("stopped", False, "{} is not active here".format(wanted.group))
    devices = _devices_under(active)
    answers = [_ask(context, device, wanted.key) for device in devices]
    wrong = [one.problem for one in answers if one.problem]
    taken = [one.took for one in answers if one.took is not None]
    data = {
        "kind": "disk",
        "devices": devices,
        "system_id": _own_id_known.get(wanted.group, ""),
        "reserved": None if wanted.key is None else all(one.reserved for one in answers),
        "read_s": max(taken) if taken else None,
    }
    detail = "{} active on {}".format(wanted.group, ", ".join(devices))
    if wrong:
        said = "{}, but {}".format(detail, "; ".join(wrong))
        return {**state("failed", False, said), "data": data}
    return {**state("started", False, detail), "data": data}


class _Answer(NamedTuple):
    """Of one disk."""

    took: Optional[float] = None
    reserved: bool = False
    problem: str = ""


def _ask(context: Context, device: str, key: Optional[str]) -> _Answer:
    try:
        took = canary.read(context, device, READ_IN_S)
        if key is None or reservation.holder(context, device) == key:
            return _Answer(took=took, reserved=key is not None)
    except OperationError as problem:
        return _Answer(problem="the path is lost: {}".format(problem.message))
    lost = "the reservation of {} is lost: another side may write".format(device)
    return _Answer(took=took, problem=lost)


def start(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    """Only ever asked for once the other side is proven to have let go."""
    group, key = _wanted(spec)
    before = check(context, name, spec)
    if before["state"] == "started":
        return before
    if before["state"] == "failed":
        raise OperationError("failed", "{}; stop it first".format(before["detail"]))
    devices = _devices_of(context, group)
    if key is not None:
        for device in devices:
            reservation.take(context, device, key)
    _own(context, group)
    _lvm(context, ["vgchange", "--activate", "y", group])
    after = check(context, name, spec)
    if after["state"] != "started":
        raise OperationError("failed", "activated, but {}".format(after["detail"]))
    return {**after, "changed": True}


def stop(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    group, key = _wanted(spec)
    active = _active(group)
    if active:
        devices = _devices_under(active)
        _lvm(context, ["vgchange", "--activate", "n", group])
        if key is not None:
            for device in devices:
                reservation.give_back(context, device, key)
    after = check(context, name, spec)
    if after["state"] != "stopped":
        raise OperationError("failed", "deactivated, but {}".format(after["detail"]))
    return state("stopped", bool(active), str(after["detail"]))


def demote(context: Context, _name: str, spec: Spec) -> None:
    """In an emergency: again and again, while what is mounted on it is taken down beside this."""
    group = _wanted(spec).group
    while _active(group) and context.remaining() > REPORT_IN_S:
        argv = ["vgchange", "--activate", "n", group]
        context.run(argv, timeout=max(context.remaining() - REPORT_IN_S, 0.0))
        context.sleep(AGAIN_S)


def hindrance(context: Context, verb: str, spec: Spec, seen: Mapping[str, Any]) -> str:
    if verb == "stop":
        return ""
    if seen["state"] == "failed":
        return "{}; stop it first".format(seen["detail"])
    try:
        _devices_of(context, _wanted(spec).group)
    except OperationError as problem:
        return problem.message
    return ""


_own_id_known: Dict[str, str] = {}
"""Volume group -> the system id under which it was activated here, by this helper."""


def _own(context: Context, group: str) -> None:
    """Makes the group this system's. LVM wants to be told whose it may be taken from."""
    mine = _lvm(context, ["lvm", "systemid"]).partition(":")[2].strip()
    if not mine:
        message = (
            "this server has no LVM system id, so LVM would activate {} on both sides: set "
            "system_id_source in lvm.conf (on both servers, e.g. uname)".format(group)
        )
        raise OperationError("failed", message)
    others = _lvm(context, [*_REPORT, "-o", "vg_systemid", group]).strip()
    if others != mine:
        taken = 'local {{ extra_system_ids = ["{}"] }}'.format(others)
        allowed = ["--config", taken] if others else []
        _lvm(context, ["vgchange", "--yes", *allowed, "--systemid", mine, group])
    _own_id_known[group] = mine


_REPORT = ["vgs", "--foreign", "--noheadings"]


def _devices_of(context: Context, group: str) -> List[str]:
    """Of an inactive group, read from the disks themselves. Raises where one is missing."""
    rows = _lvm(context, [*_REPORT, "-o", "pv_name,vg_missing_pv_count", group]).split("\n")
    found = [row.split() for row in rows if row.strip()]
    if any(row[-1] != "0" for row in found):
        message = "not all disks of {} are seen here: {}".format(group, " ".join(rows).strip())
        raise OperationError("failed", message)
    return sorted({os.path.realpath(row[0]) for row in found})


def _active(group: str) -> List[str]:
    """Kernel names of its active volumes (dm-3, ...); no program, no disk is asked."""
    prefix = group.replace("-", "--") + "-"
    found = []
    for path in glob.glob("/sys/block/dm-*/dm"):
        name, uuid = _text(path + "/name"), _text(path + "/uuid")
        # a single dash after the group's name: doubled ones are part of a longer name
        rest = name[len(prefix) :]
        if uuid.startswith("LVM-") and name.startswith(prefix) and not rest.startswith("-"):
            found.append(path.split("/")[3])
    return sorted(found)


def _devices_under(volumes: List[str]) -> List[str]:
    """The disks at the bottom; a multipath device counts as one."""
    found = set()
    waiting = list(volumes)
    while waiting:
        one = waiting.pop()
        slaves = glob.glob("/sys/block/{}/slaves/*".format(one))
        is_lvm = _text("/sys/block/{}/dm/uuid".format(one)).startswith("LVM-")
        if is_lvm and slaves:
            waiting += [os.path.basename(slave) for slave in slaves]
        else:
            name = _text("/sys/block/{}/dm/name".format(one))
            found.add("/dev/mapper/" + name if name else "/dev/" + one)
    return sorted(found)


def _text(path: str) -> str:
    try:
        with open(path) as file:
            return file.read().strip()
    except OSError:
        return ""


def _lvm(context: Context, argv: List[str]) -> str:
    limit = max(context.remaining() - REPORT_IN_S, 0.0)
    done = context.run(argv, timeout=limit)
    if done.rc != 0:
        said = "did not end in time" if done.timed_out else shown(done.stderr) or str(done.rc)
        message = "{}: {}".format(" ".join(argv[:2]), said)
        raise OperationError("failed", message, {"rc": done.rc})
    return done.stdout


class _Wanted(NamedTuple):
    group: str
    key: Optional[str]
    """Of this server's reservations; None: none are wanted."""


def _wanted(spec: Spec) -> _Wanted:
    try:
        group = str(spec["volume_group"])
        key = reservation.key_of(group, str(spec["server"])) if spec.get("reservation") else None
    except KeyError as error:
        message = "a disk resource needs {}".format(error)
        raise OperationError("bad-request", message) from error
    return _Wanted(group, key)
