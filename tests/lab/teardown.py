"""Taking a lab away, whoever made it and however far it came.

Nothing is remembered for this: processes are those in the lab's network namespaces and cgroups,
and all other things carry the lab's name. So a lab whose maker was killed goes the same way.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from tests.lab import addresses, network, programs, registry
from tests.lab.network import NAMESPACES, LabNetwork
from tests.lab.registry import LabRecord

HOSTS = ("sw", "client", *addresses.SERVERS)
"""The switch first: what would start a server again lives there."""
_DEADLINE_S = 10.0


def cgroup(lab_id: str, host: str) -> Path:
    """The cgroup (version 2) of everything that runs on a server of the namespaces lab."""
    return _unified() / f"hasys-lab-{lab_id}-{host}"


def remove(record: LabRecord) -> None:
    """Everything of that lab; what is gone already is no error."""
    with registry.locked():
        _remove(record)


def sweep() -> list[str]:
    """Removes labs whose owner has gone without taking them down; their names."""
    with registry.locked():
        abandoned = [record for record in registry.records() if record.abandoned()]
        for record in abandoned:
            _remove(record)
    return [record.lab for record in abandoned]


def _remove(record: LabRecord) -> None:
    lab_network = LabNetwork(record.lab, record.index)
    for host in HOSTS:
        _end_processes(lab_network, host, record.lab)
    for host in HOSTS:
        if (NAMESPACES / lab_network.namespace(host)).exists():
            programs.run(["ip", "netns", "del", lab_network.namespace(host)])
        remove_cgroup(cgroup(record.lab, host))
    if Path(f"/sys/class/net/{lab_network.controller_link}").exists():
        with contextlib.suppress(programs.ProgramFailed):  # it goes with its other end
            programs.run(["ip", "link", "del", lab_network.controller_link])
    _unmount_below(record.folder)
    registry.forget(record)
    if not registry.records():
        network.forget_stray_packets()


def remove_cgroup(group: Path) -> None:
    """Kills what is in it, in one step for all, and removes it with all below it."""
    if not group.is_dir():
        return
    with contextlib.suppress(OSError):
        (group / "cgroup.kill").write_text("1")
    until = time.monotonic() + _DEADLINE_S
    while group.is_dir():
        for folder, _, _ in os.walk(group, topdown=False):
            with contextlib.suppress(OSError):
                Path(folder).rmdir()
        if group.is_dir():
            if time.monotonic() > until:
                raise RuntimeError(f"{group} does not empty")
            time.sleep(0.005)


def _end_processes(lab_network: LabNetwork, host: str, lab_id: str) -> None:
    with contextlib.suppress(OSError):
        (cgroup(lab_id, host) / "cgroup.kill").write_text("1")
    namespace = NAMESPACES / lab_network.namespace(host)
    until = time.monotonic() + _DEADLINE_S
    while pids := _processes_in(namespace):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > until:
            raise RuntimeError(f"processes {pids} of lab {lab_id} do not end")
        time.sleep(0.005)


def _processes_in(namespace: Path) -> list[int]:
    """Never this process or one that waits for it, should they run on the lab's client."""
    with contextlib.suppress(OSError):
        wanted = namespace.stat().st_ino
        return [pid for pid in _other_processes() if _network_of(pid) == wanted]
    return []


def _other_processes() -> set[int]:
    pid = os.getpid()
    ours = set()
    while pid > 0:
        ours.add(pid)
        stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        pid = int(stat[1])
    return {int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()} - ours


def _network_of(pid: int) -> int | None:
    try:
        return Path(f"/proc/{pid}/ns/net").stat().st_ino
    except OSError:
        return None


def _unmount_below(folder: Path) -> None:
    mounted = [line.split()[4] for line in Path("/proc/self/mountinfo").read_text().splitlines()]
    for point in reversed(mounted):
        if Path(point).is_relative_to(folder):
            programs.run(["umount", "--lazy", point])


def _unified() -> Path:
    for line in Path("/proc/mounts").read_text().splitlines():
        _, point, kind, *_ = line.split()
        if kind == "cgroup2":
            return Path(point)
    raise programs.CannotRun("no cgroup2 file system is mounted: mount one at /sys/fs/cgroup")
