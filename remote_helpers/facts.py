"""What this machine is and how it is doing: the numbers that `hasys status` shows.

Part of every poll, so what cannot change before the next boot is read once per helper. psutil
where the host has it, which also works where there is no /proc; both ways give the same numbers.
"""

import os
import platform
import socket
import time
from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple

from remote_helpers import netlink
from remote_helpers.operation import Context

try:
    import psutil
except ImportError:  # most servers do not have it
    HAS_PSUTIL = False
else:
    HAS_PSUTIL = True


class Load(NamedTuple):
    """What changes from poll to poll."""

    memory_bytes: int
    memory_available_bytes: int
    load1: float
    uptime_s: float


class _Constant(NamedTuple):
    boot_id: str
    os: str
    kernel: str
    model: str


_constant: Optional[_Constant] = None


def facts(_context: Context, _args: Mapping[str, Any]) -> Dict[str, Any]:
    return read()


def read() -> Dict[str, Any]:
    """The fields of `HostFacts`, and `links` with carrier and speed beside them."""
    global _constant  # noqa: PLW0603 - the helper's own cache, one per process
    if _constant is None:
        _constant = _read_constant()
    load = load_of_psutil() if HAS_PSUTIL else load_of_proc()
    online, total = cpus()
    found: Dict[str, Any] = {
        "hostname": socket.gethostname(),
        "cpus_online": online,
        "cpus_total": total,
    }
    found.update(_constant._asdict())
    found.update(load._asdict())
    found.update(_network())
    return found


def load_of_proc(root: str = "/proc") -> Load:
    memory = {}
    for line in _text(root + "/meminfo").splitlines():
        name, _, value = line.partition(":")
        if value.endswith(" kB"):
            memory[name] = int(value[:-3]) * 1024
    available = memory.get("MemAvailable")
    if available is None:  # before Linux 3.14: roughly what can be had without swapping
        available = sum(memory.get(name, 0) for name in ("MemFree", "Buffers", "Cached"))
    return Load(
        memory_bytes=memory.get("MemTotal", 0),
        memory_available_bytes=available,
        load1=float((_text(root + "/loadavg").split() or ["0"])[0]),
        uptime_s=float((_text(root + "/uptime").split() or ["0"])[0]),
    )


def load_of_psutil() -> Load:
    memory = psutil.virtual_memory()
    uptime = _text("/proc/uptime").split()
    # boot_time() follows every correction of the clock, so it is only for hosts without /proc
    return Load(
        memory_bytes=memory.total,
        memory_available_bytes=memory.available,
        load1=round(os.getloadavg()[0], 2),
        uptime_s=float(uptime[0]) if uptime else time.time() - psutil.boot_time(),
    )


def cpus() -> Tuple[int, int]:
    """How many work, and how many are there."""
    root = "/sys/devices/system/cpu/"
    online = _count_of_ranges(_text(root + "online")) or os.cpu_count() or 1
    return online, max(online, _count_of_ranges(_text(root + "present")))


def boot_id() -> str:
    """Another one after every boot; the same as seen by every process of one boot."""
    return _text("/proc/sys/kernel/random/boot_id").strip()


def os_name() -> str:
    """As the distribution calls itself: 'Debian GNU/Linux 12 (bookworm)'."""
    for path in ("/etc/os-release", "/usr/lib/os-release"):
        for line in _text(path).splitlines():
            name, _, value = line.partition("=")
            if name == "PRETTY_NAME":
                return value.strip().strip("\"'")
    for path in ("/etc/redhat-release", "/etc/SuSE-release"):  # RHEL 6, SLES 11
        lines = _text(path).splitlines()
        if lines:
            return lines[0].strip()
    return platform.system()


def model() -> str:
    """The hardware as its maker calls it; a hypervisor calls itself a maker. May be empty."""
    vendor = _text("/sys/class/dmi/id/sys_vendor").strip()
    product = _text("/sys/class/dmi/id/product_name").strip()
    if vendor or product:
        return product if product.startswith(vendor) else (vendor + " " + product).strip()
    tree = _text("/proc/device-tree/model").rstrip("\0\n ")  # ARM and POWER have no DMI
    if tree:
        return tree
    return _text("/sys/hypervisor/type").strip()


def _read_constant() -> _Constant:
    return _Constant(boot_id=boot_id(), os=os_name(), kernel=os.uname().release, model=model())


def _network() -> Dict[str, Any]:
    links = netlink.links()
    addresses: Dict[str, List[str]] = {one.name: [] for one in links}
    for one in netlink.addresses(links):
        addresses.setdefault(one.device, []).append(one.interface)
    described = {}
    for link in links:
        described[link.name] = {
            "up": link.up,
            "carrier": link.carrier,
            "mac": link.mac,
            "speed_mbit": netlink.speed_mbit(link.name) if link.carrier else None,
        }
    return {"addresses": addresses, "links": described}


def _count_of_ranges(text: str) -> int:
    """In a list such as '0-3,8-11', which makes 8."""
    count = 0
    for part in text.strip().split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            count += int(last or first) - int(first) + 1
    return count


def _text(path: str) -> str:
    """Empty where the file is not there: every caller has something to say instead."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
