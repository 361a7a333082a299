"""What file system is on a device, and how it is: its name, its repair, its use."""

import os
from typing import Any, Dict, Optional, Tuple

from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.waiting import REPORT_IN_S, shown

_REPAIRED = 1
"""fsck(8): errors were corrected; any other bit says that it is not fit to be mounted."""
_known: Dict[Tuple[str, str], Dict[str, str]] = {}


def misnamed(
    context: Context, device: str, label: Optional[str], uuid: Optional[str], as_of: str = ""
) -> str:
    """What is wrong with its label or UUID, in words; empty: nothing, or none is wanted.

    `as_of`: names the mount that is looked at: what is on a mounted device is read once.
    """
    if label is None and uuid is None:
        return ""
    found = _known.get((device, as_of)) if as_of else None
    if found is None:
        done = context.run(["blkid", "-p", "-o", "export", device])
        lines = [line.partition("=") for line in done.stdout.splitlines()]
        found = {name: value for name, _, value in lines}
        if as_of and found:
            _known[device, as_of] = found
    wrong = [
        "{} is {}, wanted {}".format(name, found.get(name) or "not set", wanted)
        for name, wanted in (("LABEL", label), ("UUID", uuid))
        if wanted is not None and found.get(name) != wanted
    ]
    return "{}: {}".format(device, ", ".join(wrong)) if wrong else ""


def repair(context: Context, device: str, fstype: str) -> str:
    """What fsck mended, in words. Raises where it is not fit to be mounted."""
    kind = [] if fstype in ("", "auto", "none") else ["-t", fstype]
    argv = ["fsck", "-T", *kind, "-p", device]
    done = context.run(argv, timeout=max(context.remaining() - REPORT_IN_S, 0.0))
    said = shown(done.stdout + "\n" + done.stderr)
    if done.timed_out:
        message = "fsck of {} did not end in time: give the resource more".format(device)
        raise OperationError("failed", message)
    if done.rc & ~_REPAIRED:
        message = "fsck of {} ended with {}: {}; repair it by hand: fsck {}".format(
            device, done.rc, said, device
        )
        raise OperationError("failed", message, {"rc": done.rc})
    return said if done.rc == _REPAIRED else ""


def use(path: str, canary_s: Optional[float]) -> Dict[str, Any]:
    """As `orchestrator.model.FileSystemUse`."""
    seen = os.statvfs(path)
    return {
        "kind": "mount",
        "size_bytes": seen.f_blocks * seen.f_frsize,
        # what root alone may still take is no room for the service
        "free_bytes": seen.f_bavail * seen.f_frsize,
        "inodes": seen.f_files,
        "inodes_free": seen.f_favail,
        "canary_s": canary_s,
    }
