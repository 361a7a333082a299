"""What a kernel lab consists of, and how it is put together."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab import addresses, inventory, programs
from tests.lab.addresses import Addresses
from tests.lab.credentials import Credentials
from tests.lab.interface import LabClient, LabDescription, LabServer, LabService
from tests.lab.kernel import enter, identity, image, link, shim
from tests.lab.kernel.chassis import PowerSwitch
from tests.lab.kernel.machine import Machine
from tests.lab.network import HEARTBEAT, PUBLIC, LabNetwork, port
from tests.lab.registry import LabRecord

MEMORY_MB = 256
DATA_MB = 64
SHARED_MB = 128
_LOOPS = "lpj=20000000"
"""Given, a quarter of a second need not be spent on measuring it."""


class Parts:
    """Where everything of a lab is: the same for who makes it and who finds it."""

    def __init__(self, record: LabRecord) -> None:
        self.record = record
        self.network = LabNetwork(record.lab, record.index)
        self.credentials = Credentials(record.folder / "credentials")
        self.inventory = record.folder / "inventory"
        self.shared_disk = record.disks / "shared.img"

    @property
    def plan(self) -> Addresses:
        return self.network.addresses

    def machine(self, server: str) -> Machine:
        if server not in addresses.SERVERS:
            raise ValueError(f"no server {server!r} in the lab: {', '.join(addresses.SERVERS)}")
        return Machine(self.record.folder / server)

    def power_switch(self, server: str) -> PowerSwitch:
        """Its device has the machine's public address plus ten."""
        network, _, host = self.plan.public(server).rpartition(".")
        address = f"{network}.{int(host) + 10}"
        return PowerSwitch(self.machine(server), address, self.network.enter("sw"))

    def enter(self, server: str) -> tuple[str, ...]:
        return (sys.executable, enter.__file__, str(self.machine(server).folder))

    def description(self) -> LabDescription:
        servers = tuple(
            LabServer(
                name=server,
                address=self.plan.public(server),
                port=22,
                user="root",
                key=self.credentials.key,
                known_hosts=self.credentials.known_hosts,
                enter=self.enter(server),
            )
            for server in addresses.SERVERS
        )
        return LabDescription(
            lab=self.record.lab,
            kind=self.record.kind,
            inventory=self.inventory,
            group=inventory.GROUP,
            servers=servers,
            client=LabClient(enter=self.network.enter("client")),
            service=LabService(address=self.plan.service, url=self.plan.url),
        )


def build(parts: Parts, variant: str) -> None:
    """Everything but the machines' first start."""
    programs.require_programs({"ssh": "openssh-client"})
    root = image.image(variant)
    parts.credentials.folder.mkdir(mode=0o700)
    parts.credentials.make(parts.plan)
    parts.network.up()
    parts.record.disks.mkdir(parents=True)
    _sparse(parts.shared_disk, SHARED_MB)
    for server in addresses.SERVERS:
        _plug(parts, server)
        _make_machine(parts, server, root)
        parts.power_switch(server).start()
    inventory.write(parts.inventory, parts.plan, parts.credentials)


def boot(parts: Parts) -> None:
    """Both at once, until ssh answers on both."""
    machines = [parts.machine(server) for server in addresses.SERVERS]
    for machine in machines:
        machine.power_on()
    with ThreadPoolExecutor(len(machines)) as pool:
        list(pool.map(link.wait_for_login, machines))


def service_tap(server: str) -> str:
    """The switch's end of the cable that no fault touches."""
    return f"o-{server}"


def _plug(parts: Parts, server: str) -> None:
    on_switch = parts.network.on_switch
    for network in (PUBLIC, HEARTBEAT):
        parts.network.add_tap(network, server)
    tap = service_tap(server)
    on_switch("ip", "tuntap", "add", "dev", tap, "mode", "tap")
    on_switch("ip", "address", "add", f"{identity.service_gateway(server)}/30", "dev", tap)
    on_switch("ip", "link", "set", tap, "up")
    device = f"{parts.power_switch(server).address}/{addresses.PREFIX}"
    on_switch("ip", "address", "add", device, "dev", "brpub")


def _make_machine(parts: Parts, server: str, root: Path) -> None:
    machine = parts.machine(server)
    machine.folder.mkdir()
    disks = parts.record.disks
    data, own = disks / f"{server}-data.img", disks / f"{server}-identity.tar"
    _sparse(data, DATA_MB)
    identity.write_archive(own, server, parts.plan, parts.credentials)
    argv = [
        *(*parts.network.enter("sw"), "linux", f"mem={MEMORY_MB}M"),
        *(f"uml_dir={machine.folder}/", "umid=uml"),
        f"ubd0={disks / server}-root.cow,{root}",
        f"ubd1={data}",
        f"ubd2c={parts.shared_disk}",  # c: others write to it too
        f"ubd3r={own}",
        *("root=/dev/ubda", "rw", "quiet", "selinux=0", "panic=1", _LOOPS),
        *_cards(parts, server),
        *("con=null", "con0=null,fd:1", "ssl=null", "init=/usr/sbin/lab-init"),
    ]
    environment = {
        "PATH": os.environ.get("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
        "HOME": str(machine.folder),
        "TMPDIR": str(_memory_folder(disks)),
        "LD_PRELOAD": str(shim.library()),
        "UML_PID_FILE": str(machine.pid_file),
    }
    machine.specify(argv, environment)
    options = [
        *(f"IdentityFile={parts.credentials.key}", f"HostKeyAlias={parts.plan.public(server)}"),
        f"UserKnownHostsFile={parts.credentials.known_hosts}",
    ]
    target = f"root@{identity.service_address(server)}"
    link.configure(machine, parts.network.enter("sw"), target, options)


def _memory_folder(otherwise: Path) -> Path:
    """A machine's memory is a file, which must be allowed to hold programs; best no disk's."""
    in_memory = Path("/dev/shm")
    if in_memory.is_dir():
        found = os.statvfs(in_memory)
        roomy = found.f_bavail * found.f_frsize > 2 * (MEMORY_MB << 20)
        if roomy and not found.f_flag & os.ST_NOEXEC:
            return in_memory
    return otherwise


def _cards(parts: Parts, server: str) -> list[str]:
    """Without gro TCP crawls at 170 KiB/s."""
    public, heartbeat = parts.plan.public_mac(server), parts.plan.heartbeat_mac(server)
    taps = {
        port(PUBLIC, server): public,
        port(HEARTBEAT, server): heartbeat,
        service_tap(server): public.replace("52:54:00:77", "52:54:00:79"),
    }
    return [
        f"vec{number}:transport=tap,ifname={tap},mac={mac},depth=64,gro=1"
        for number, (tap, mac) in enumerate(taps.items())
    ]


def _sparse(target: Path, size_mb: int) -> None:
    with target.open("wb") as file:
        file.truncate(size_mb << 20)
