"""What tests of labs ask: does it answer, does it reach, is anything left."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.lab import addresses, network, programs, registry, teardown
from tests.lab.interface import Lab, LabServer
from tests.lab.namespaces.lab import NamespacesLab

PROJECT = Path(__file__).parents[2]
ONE, TWO = addresses.SERVERS


def ssh(server: LabServer, *command: str, user: str | None = None) -> str:
    """The machine's own OpenSSH client, host key checked."""
    return programs.run(
        [
            *("ssh", "-F", "none", "-i", str(server.key), "-p", str(server.port)),
            *("-o", f"UserKnownHostsFile={server.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "BatchMode=yes", "-o", "ConnectTimeout=10"),
            *(f"{user or server.user}@{server.address}", *command),
        ],
        timeout_s=20,
    )


def answers(address: str, port: int = 22, timeout_s: float = 0.3) -> bool:
    """Somebody there speaks first, as sshd does."""
    try:
        with socket.create_connection((address, port), timeout=timeout_s) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def speaks(address: str, port: int = 22) -> bool:
    """The same with patience, for machines that have a third of a processor."""
    return eventually(lambda: answers(address, port, timeout_s=5), timeout_s=30)


def seen_by_client(lab: Lab, server: str) -> bool:
    """Its kernel answers, however busy its programs are."""
    address = lab.description.server(server).address
    enter = lab.description.client.enter
    try:
        programs.run([*enter, "ping", "-c", "3", "-i", "0.2", "-W", "1", address])
    except programs.ProgramFailed:
        return False
    return True


def reaches(lab: NamespacesLab, server: str, address: str, wait_s: float = 0.3) -> bool:
    """After a cut, a server asks for its neighbour's hardware address once a second only."""
    try:
        lab.run(server, ["ping", "-c", "1", "-W", str(wait_s), address])
    except programs.ProgramFailed:
        return False
    return True


def eventually(condition: Callable[[], bool], timeout_s: float = 20) -> bool:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False


def serve(lab: NamespacesLab, server: str) -> None:
    """By hand what a controller does: the service, then the address, then the neighbours."""
    service = lab.description.service.address
    take_address(lab, server)
    lab.run(server, ["systemd-run", "--unit=site", "/usr/local/bin/lab-http", "--port", "8080"])
    lab.run(server, ["arping", "-U", "-c", "1", "-I", "eth0", service])


def take_address(lab: NamespacesLab, server: str) -> None:
    address = f"{lab.description.service.address}/{addresses.PREFIX}"
    lab.run(server, ["ip", "address", "add", address, "dev", "eth0"])


def heard(lab: NamespacesLab, sender: str, receiver: str, wait_s: float = 0.6) -> bool:
    """A datagram over the heartbeat network, one way."""
    listen = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        f"s.settimeout({wait_s}); "
        "s.bind(('', 9999)); print('ready', flush=True); print(s.recv(99).decode(), flush=True)"
    )
    to = lab.network.addresses.heartbeat(receiver)
    send = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        f"s.sendto(b'hello', ('{to}', 9999))"
    )
    # address resolution needs both ways, a cut after it does not matter to it
    mac = lab.network.addresses.heartbeat_mac(receiver)
    lab.run(sender, ["ip", "neigh", "replace", to, "lladdr", mac, "dev", "eth1"])
    enter = lab.description.server(receiver).enter
    with subprocess.Popen(
        [*enter, "python3", "-c", listen],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == "ready\n"
        lab.run(sender, ["python3", "-c", send])
        result = listening.stdout.readline() == "hello\n"
    lab.run(sender, ["ip", "neigh", "del", to, "dev", "eth1"])
    return result


def left_of(lab_id: str, index: int) -> list[str]:
    """Whatever on this machine still belongs to that lab."""
    left = [str(path) for path in (registry.STATE / lab_id,) if path.exists()]
    namespaces = network.NAMESPACES.glob(f"hasys-{lab_id}-*")
    left += [str(path) for path in namespaces]
    left += [str(path) for path in teardown.cgroup(lab_id, "").parent.glob(f"hasys-lab-{lab_id}-*")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    left += [line for line in mounts if f"/{lab_id}/" in line or f"hasys-{lab_id}-" in line]
    numbered = programs.run(["ip", "-oneline", "link"]).splitlines()
    numbered = [line for line in numbered if f" hasys-lab{index}@" in line]
    routes = programs.run(["ip", "route"]).splitlines()
    numbered += [line for line in routes if f"10.77.{index}." in line]
    successors = [record for record in registry.records() if record.index == index]
    if all(record.lab == lab_id for record in successors):  # else the number is in use again
        left += numbered
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f" {lab_id} " in command or f"/{lab_id}/" in command:
            left.append(f"{process}: {command}")
    return left


def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.lab", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
