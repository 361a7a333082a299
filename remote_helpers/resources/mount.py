"""A file system on its mount point: the right device, type and options, writable as wanted."""

import os
import stat
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from remote_helpers.operation import Context, OperationError, state
from remote_helpers.resources import canary, filesystem
from remote_helpers.resources.mount_release import POLICIES, unmount
from remote_helpers.resources.mounts import Mounted, mounted
from remote_helpers.resources.waiting import REPORT_IN_S, shown

Spec = Mapping[str, Any]

_SHOWN_BY_THE_KERNEL = frozenset(
    ("ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "sync", "dirsync")
)


class _Wanted(NamedTuple):
    path: str
    device: str
    fstype: str
    options: Tuple[str, ...]
    label: Optional[str]
    uuid: Optional[str]
    fsck: bool
    busy: str
    canary_s: float

    @property
    def read_only(self) -> bool:
        return "ro" in self.options


def check(context: Context, _name: str, spec: Spec) -> Dict[str, Any]:
    wanted = _wanted(spec)
    everything = mounted()
    here = [one for one in everything if one.path == wanted.path]
    if here:
        return _tried(context, wanted, _judge(context, wanted, here))
    elsewhere = _elsewhere(context, wanted, everything)
    if elsewhere:
        detail = "{} is mounted on {}, wanted on {}".format(
            wanted.device, ", ".join(elsewhere), wanted.path
        )
        return state("failed", False, detail)
    return state("stopped", False, wanted.path + " is not mounted")


def start(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    wanted = _wanted(spec)
    before = check(context, name, spec)
    if before["state"] == "started":
        return before
    problem = hindrance(context, "start", spec, before)
    if problem:
        raise OperationError("failed", problem)
    source = _source(context, wanted)
    misnamed = filesystem.misnamed(context, source, wanted.label, wanted.uuid)
    if misnamed:
        raise OperationError("failed", "not mounted, it may be another file system: " + misnamed)
    mended = filesystem.repair(context, source, wanted.fstype) if wanted.fsck else ""
    argv = ["mount"]
    if wanted.fstype not in ("", "auto", "none"):
        argv += ["-t", wanted.fstype]
    if wanted.options:
        argv += ["-o", ",".join(wanted.options)]
    done = context.run([*argv, "--", source, wanted.path], timeout=_limit(context))
    after = check(context, name, spec)
    if after["state"] != "started":
        said = "did not end" if done.timed_out else "ended with {}".format(done.rc)
        message = "mounting {} on {} {}: {}; now: {}".format(
            source, wanted.path, said, shown(done.stderr) or "no word why", after["detail"]
        )
        raise OperationError("failed", message, {"rc": done.rc})
    detail = "{}; fsck mended: {}".format(after["detail"], mended) if mended else after["detail"]
    return {**after, "changed": True, "detail": detail}


def stop(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    wanted = _wanted(spec)
    here = [one for one in mounted() if one.path == wanted.path]
    # stacked mounts come off one by one, the topmost first
    ended = [one for one in (unmount(context, wanted.path, wanted.busy) for _ in here) if one]
    after = check(context, name, spec)
    if after["state"] != "stopped":
        raise OperationError("failed", "unmounted {}, but {}".format(wanted.path, after["detail"]))
    detail = str(after["detail"])
    if ended:
        detail += "; ended for it: " + ", ".join(ended)
    return state("stopped", bool(here), detail)


def hindrance(context: Context, verb: str, spec: Spec, seen: Mapping[str, Any]) -> str:
    wanted = _wanted(spec)
    if verb == "stop":
        is_elsewhere = not any(one.path == wanted.path for one in mounted())
        return str(seen["detail"]) if seen["state"] == "failed" and is_elsewhere else ""
    if seen["state"] == "failed":
        return "{}; stop it first".format(seen["detail"])
    if not os.path.isdir(wanted.path):
        message = "the mount point {0} does not exist on this server: mkdir -p {0}"
        return message.format(wanted.path)
    try:
        _source(context, wanted)
    except OperationError as problem:
        return problem.message
    return ""


def _judge(context: Context, wanted: _Wanted, here: List[Mounted]) -> Dict[str, Any]:
    top = here[-1]
    what = "{} on {} ({})".format(top.source, top.path, top.fstype)
    wrong = []
    if len(here) > 1:
        wrong.append("{} mounts are stacked there".format(len(here)))
    try:
        if not _is_device(top, wanted, _source(context, wanted)):
            wrong.append("wanted " + wanted.device)
    except OperationError as error:  # a device that is gone stays mounted
        wrong.append(error.message)
    if not _is_type(top.fstype, wanted.fstype):
        wrong.append("wanted type " + wanted.fstype)
    if "ro" in top.options and not wanted.read_only:
        wrong.append("read-only: the kernel does that after errors, see dmesg")
    misnamed = _misnamed(context, wanted, top)
    if misnamed:
        wrong.append(misnamed)
    missing = [
        one for one in wanted.options if one in _SHOWN_BY_THE_KERNEL and one not in top.options
    ]
    if missing:
        wrong.append("without " + ",".join(missing))
    if wrong:
        return state("failed", False, "{}, but {}".format(what, "; ".join(wrong)))
    return state("started", False, what)


def _tried(context: Context, wanted: _Wanted, judged: Dict[str, Any]) -> Dict[str, Any]:
    """Mounted as it should be, it must also take a write."""
    if judged["state"] != "started":
        return judged
    took: Optional[float] = None
    if wanted.canary_s and not wanted.read_only:
        try:
            took = canary.write(context, wanted.path, wanted.canary_s)
        except OperationError as problem:
            if "No space left" not in problem.message:  # full is not broken: it shows in the use
                detail = "{}, but {}".format(judged["detail"], problem.message)
                return state("failed", False, detail)
    return {**judged, "data": filesystem.use(wanted.path, took)}


def _misnamed(context: Context, wanted: _Wanted, top: Mounted) -> str:
    number = "{} {}".format(top.path, top.device_number)
    try:
        source = _source(context, wanted)
    except OperationError:
        return ""  # said already
    return filesystem.misnamed(context, source, wanted.label, wanted.uuid, as_of=number)


def _is_device(top: Mounted, wanted: _Wanted, source: str) -> bool:
    if "bind" in wanted.options or "rbind" in wanted.options:
        try:
            return os.path.samefile(source, top.path)
        except OSError:
            return False
    if top.source in (source, wanted.device):
        return True
    number = _block_number(source)
    if number is not None and number == top.device_number:
        return True
    # btrfs shows a number of its own; the source is then one of its devices
    return number is not None and number == _block_number(top.source)


def _elsewhere(context: Context, wanted: _Wanted, everything: List[Mounted]) -> List[str]:
    """A block device still in use under another path cannot be given to the other server."""
    try:
        number = _block_number(_source(context, wanted))
    except OperationError:
        return []  # the device is not there, so nothing of it is mounted
    if number is None:
        return []
    return sorted({one.path for one in everything if one.device_number == number})


def _source(context: Context, wanted: _Wanted) -> str:
    """LABEL=, UUID=, PARTLABEL= and PARTUUID= as the device they name now."""
    tag, separator, value = wanted.device.partition("=")
    if not separator or tag not in ("LABEL", "UUID", "PARTLABEL", "PARTUUID"):
        if wanted.device.startswith("/") and not os.path.exists(wanted.device):
            message = "{} does not exist on this server".format(wanted.device)
            raise OperationError("failed", message)
        return wanted.device
    link = "/dev/disk/by-{}/{}".format(tag.lower(), value.strip('"'))
    if os.path.exists(link):
        return os.path.realpath(link)
    done = context.run(["findfs", "{}={}".format(tag, value.strip('"'))])
    if done.rc != 0 or not done.stdout.strip():
        raise OperationError("failed", "no device has {} on this server".format(wanted.device))
    return done.stdout.strip()


def _block_number(path: str) -> Optional[str]:
    try:
        seen = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISBLK(seen.st_mode):
        return None
    return "{}:{}".format(os.major(seen.st_rdev), os.minor(seen.st_rdev))


def _is_type(found: str, wanted: str) -> bool:
    return wanted in ("", "auto", "none") or found == wanted or (wanted, found) == ("nfs", "nfs4")


def _limit(context: Context) -> float:
    return max(context.remaining() - REPORT_IN_S, 0.0)


def _wanted(spec: Spec) -> _Wanted:
    try:
        path = os.path.normpath(str(spec["path"]))
        device, fstype = str(spec["device"]), str(spec["fstype"])
        options = tuple(str(one) for one in spec.get("options") or ())
    except (KeyError, TypeError) as error:
        message = "a mount resource needs path, device and fstype: {!r}".format(error)
        raise OperationError("bad-request", message) from error
    busy = str(spec.get("busy") or "wait")
    if busy not in POLICIES:
        raise OperationError("bad-request", "busy is none of {}: {}".format(POLICIES, busy))
    return _Wanted(
        path=path,
        device=device,
        fstype=fstype,
        options=options,
        label=spec.get("label"),
        uuid=spec.get("uuid"),
        fsck=bool(spec.get("fsck")),
        busy=busy,
        canary_s=float(spec.get("canary_s") or 0.0),
    )
