"""Looks whether a server has what a group's definition speaks of; the `survey` operation.

Changes nothing, and answers what was asked for only: `hasys check --live` compares it with the
definition, on both servers.
"""

import os
import shutil
import sys
import time
from typing import Any, Callable, Dict, Iterable, List, Mapping, Optional

from remote_helpers import child, data_survey, listening, netlink
from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.mounts import Mounted, mounted
from remote_helpers.resources.systemd import parse_units

_NETWORK_FILES = (
    "/etc/network/interfaces",
    "/etc/network/interfaces.d",
    "/etc/netplan",
    "/etc/systemd/network",
    "/etc/NetworkManager/system-connections",
    "/etc/sysconfig/network-scripts",
    "/etc/sysconfig/network",
)
_LARGEST_FILE = 256 * 1024


def survey(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    looks: Dict[str, Callable[[List[Any]], Any]] = {
        "programs": lambda names: {name: find_program(name) for name in names},
        "units": lambda names: _units(context, names),
        "paths": _paths,
        "devices": _devices,
        "addresses": _addresses,
        "drbd": lambda names: data_survey.resources(context, names),
        "volume_groups": lambda names: data_survey.volume_groups(context, names),
        "ports": lambda ports: {str(port): listening.on_port(int(port)) for port in ports},
    }
    found = {name: looks[name](list(args[name])) for name in looks if args.get(name)}
    found["python"] = {"version": ".".join(map(str, sys.version_info[:3])), "path": sys.executable}
    found["now"] = time.time()  # the controller knows when it asked, and works out the offset
    return found


def find_program(name: str) -> Optional[str]:
    """Where a resource's command would find it; None: nowhere."""
    if "/" in name:
        return name if os.access(name, os.X_OK) and not os.path.isdir(name) else None
    return shutil.which(name, path=child.DEFAULT_PATH)


def _units(context: Context, names: List[str]) -> Dict[str, Any]:
    properties = "--property=Id,Names,LoadState,ActiveState,UnitFileState"
    try:
        done = context.run(["systemctl", "show", properties, "--", *names])
    except OperationError as error:
        return {name: {"load": "unknown", "why": error.message} for name in names}
    found = {}
    for name, shown in zip(names, parse_units(done.stdout)):
        found[name] = {
            "load": shown.get("LoadState", "unknown"),
            "active": shown.get("ActiveState", "unknown"),
            "at_boot": shown.get("UnitFileState", "") or "unknown",
        }
    for name in names:
        found.setdefault(name, {"load": "unknown", "why": done.stderr.strip()[-200:]})
    return found


def _paths(paths: List[str]) -> Dict[str, Any]:
    everything = mounted()
    at_boot = mounted_at_boot()
    return {path: _path(path, everything, at_boot) for path in paths}


def _path(path: str, everything: List[Mounted], at_boot: Mapping[str, str]) -> Dict[str, Any]:
    here = [one for one in everything if one.path == path]
    found: Dict[str, Any] = {
        "exists": os.path.exists(path),
        "directory": os.path.isdir(path),
        "executable": os.access(path, os.X_OK),
        "mounted": here[-1].source if here else None,
        "at_boot": at_boot.get(path),
    }
    try:
        space = os.statvfs(path)
    except OSError:
        return found
    found["free_bytes"] = space.f_bavail * space.f_frsize
    found["size_bytes"] = space.f_blocks * space.f_frsize
    found["free_inodes"] = space.f_favail
    found["inodes"] = space.f_files
    return found


def mounted_at_boot(fstab: str = "/etc/fstab") -> Dict[str, str]:
    """Mount point -> device of what the system mounts by itself, on both servers alike."""
    found = {}
    for line in _lines(fstab):
        fields = line.split()
        if len(fields) >= 4 and not line.startswith("#") and "noauto" not in fields[3].split(","):
            found[fields[1].replace("\\040", " ")] = fields[0]
    return found


def _devices(names: List[str]) -> Dict[str, Any]:
    here = {one.name: one for one in netlink.links()}
    found: Dict[str, Any] = {}
    for name in names:
        if name not in here:
            found[name] = None
            continue
        one = here[name]
        found[name] = {
            "up": one.up,
            "carrier": one.carrier,
            "mac": one.mac,
            "speed_mbit": netlink.speed_mbit(name),
        }
    return found


def _addresses(asked: Iterable[str]) -> Dict[str, Any]:
    """Where each is now, and which files would bring it back at the next boot."""
    here = netlink.addresses()
    texts = {path: "\n".join(_lines(path)) for path in _network_files()}
    found = {}
    for one in asked:
        plain = one.partition("/")[0]
        found[one] = {
            "on": [each.device for each in here if each.address == plain],
            "configured_in": sorted(path for path in texts if _mentions(texts[path], plain)),
        }
    return found


def _mentions(text: str, address: str) -> bool:
    """As a whole: 10.0.0.7 is not in a file that has 10.0.0.70."""
    rest = text
    while True:
        before, found, rest = rest.partition(address)
        if not found:
            return False
        if not (before[-1:].isalnum() or before[-1:] in (".", ":")) and not (
            rest[:1].isalnum() or rest[:1] == ":" or (rest[:1] == "." and rest[1:2].isdigit())
        ):
            return True


def _network_files() -> List[str]:
    found = []
    for place in _NETWORK_FILES:
        if os.path.isfile(place):
            found.append(place)
        elif os.path.isdir(place):
            inside = (os.path.join(place, name) for name in sorted(os.listdir(place)))
            found += [path for path in inside if os.path.isfile(path)]
    return found


def _lines(path: str) -> List[str]:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return [line.strip() for line in file.read(_LARGEST_FILE).splitlines()]
    except OSError:
        return []
