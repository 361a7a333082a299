"""DRBD on the two machines of a lab: made, asked and moved as a person would by hand.

For tests that need replicated data, and for those of the lab itself; the product has its own way.
"""

from __future__ import annotations

import dataclasses
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from tests.lab import addresses
from tests.lab.kernel.identity import DRBD_RESOURCE as RESOURCE
from tests.lab.kernel.lab import KernelLab

DEVICE = "/dev/drbd0"
MOUNT_POINT = "/mnt/data"
_LINE = re.compile(r"^ *0: cs:(\S+) ro:(\w+)/(\w+) ds:(\w+)/(\w+)", re.MULTILINE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class DrbdState:
    """As one machine sees it, in DRBD's own words."""

    connection: str
    role: str
    peer_role: str
    disk: str
    peer_disk: str

    @property
    def in_sync(self) -> bool:
        return self.connection == "Connected" and self.disk == self.peer_disk == "UpToDate"


def state(lab: KernelLab, server: str) -> DrbdState | None:
    """None: the resource is down. Asked of the kernel itself: the tools hide StandAlone."""
    found = _LINE.search(lab.run(server, ["sh", "-c", "cat /proc/drbd 2>/dev/null || true"]))
    if found is None:
        return None
    connection, role, peer_role, disk, peer_disk = found.groups()
    return DrbdState(
        connection=connection, role=role, peer_role=peer_role, disk=disk, peer_disk=peer_disk
    )


def wait_for(
    lab: KernelLab, server: str, wanted: Callable[[DrbdState], bool], timeout_s: float = 60
) -> DrbdState:
    until = time.monotonic() + timeout_s
    while True:
        seen = state(lab, server)
        if seen is not None and wanted(seen):
            return seen
        if time.monotonic() > until:
            raise TimeoutError(f"DRBD on {server} is {seen} after {timeout_s} s")
        time.sleep(0.05)


def create(lab: KernelLab) -> None:
    """Both disks empty and declared equal, so that no first sync is needed; both secondary."""

    def make(server: str) -> None:
        lab.shell(server, f"drbdadm create-md --force {RESOURCE} 2>&1; drbdadm up {RESOURCE}")

    _on_both(make)
    first = addresses.SERVERS[0]
    wait_for(lab, first, lambda seen: seen.connection == "Connected")
    lab.run(first, ["drbdadm", "new-current-uuid", "--clear-bitmap", f"{RESOURCE}/0"])
    for server in addresses.SERVERS:
        wait_for(lab, server, lambda seen: seen.in_sync)


def make_file_system(lab: KernelLab, server: str) -> None:
    """On the side that is then primary; left mounted there."""
    promote = f"drbdadm primary {RESOURCE}; mkfs.ext4 -q {DEVICE}"
    lab.shell(server, f"{promote}; mkdir -p {MOUNT_POINT}; mount {DEVICE} {MOUNT_POINT}")


def take(lab: KernelLab, server: str) -> None:
    """Primary and mounted."""
    promote = f"drbdadm primary {RESOURCE}; mkdir -p {MOUNT_POINT}"
    lab.shell(server, f"{promote}; mount {DEVICE} {MOUNT_POINT}")


def release(lab: KernelLab, server: str) -> None:
    lab.shell(server, f"umount {MOUNT_POINT}; drbdadm secondary {RESOURCE}")


def start(lab: KernelLab, server: str) -> None:
    """After a boot; it then connects and syncs by itself."""
    lab.run(server, ["drbdadm", "up", RESOURCE])


def repair_split_brain(lab: KernelLab, *, victim: str, survivor: str) -> None:
    """What the victim wrote since the split is thrown away."""
    lab.shell(
        victim,
        f"umount {MOUNT_POINT} 2>/dev/null || true; drbdadm secondary {RESOURCE}; "
        f"drbdadm disconnect {RESOURCE} 2>/dev/null || true; "
        f"drbdadm connect --discard-my-data {RESOURCE}",
    )
    # refused where it is connecting already: it is what is wanted
    lab.shell(survivor, f"drbdadm connect {RESOURCE} 2>/dev/null || true")
    wait_for(lab, survivor, lambda seen: seen.in_sync)


def _on_both(act: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(len(addresses.SERVERS)) as pool:
        list(pool.map(act, addresses.SERVERS))
