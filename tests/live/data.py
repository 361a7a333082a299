"""A service that keeps numbers on replicated data, on a kernel lab, as a person would set it up."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.lab import addresses
from tests.lab.kernel import drbd, fixtures
from tests.lab.kernel.lab import KernelLab
from tests.lab.kernel.writer import STORE_PORT
from tests.live.site import Answer, Site, until

ONE, TWO = addresses.SERVERS
HANDLER = "/var/lib/hasys/web/fence-peer"
_LAY_HANDLER = """\
- name: Lay the handler where DRBD finds it
  hosts: group
  tasks:
    - name: Install it
      drbd: {resource: r0, state: guarded}
"""
_STORE = f"lab-store --port {STORE_PORT}"


class DataSite(Site):
    """DRBD, a file system on it, the program that keeps numbers there, its address."""

    def __init__(self, lab: KernelLab, directory: Path) -> None:
        super().__init__(lab, directory)
        self.kernel = lab
        self.numbers = f"{drbd.MOUNT_POINT}/numbers"
        self.resources(
            {
                "copies": {"drbd": drbd.RESOURCE},
                "data": {
                    "mount": drbd.MOUNT_POINT,
                    "device": drbd.DEVICE,
                    "fstype": "ext4",
                    "busy": "kill",
                    "after": ["copies"],
                },
                "store": {
                    "process": _STORE,
                    "start": f"exec /usr/local/bin/{_STORE} {self.numbers}",
                    "answers": f"tcp://127.0.0.1:{STORE_PORT}",
                    "after": ["data"],
                },
                "address": {
                    "ip": f"{lab.description.service.address}/{addresses.PREFIX}",
                    "network": "public",
                    "after": ["store"],
                },
            }
        )

    def kept(self, server: str) -> list[int]:
        """The numbers that are in the file of the active server."""
        return [int(line) for line in self.on(server, "cat", self.numbers).split()]

    def copy(self, server: str) -> drbd.DrbdState | None:
        return drbd.state(self.kernel, server)

    def in_sync(self) -> None:
        for server in addresses.SERVERS:
            drbd.wait_for(self.kernel, server, lambda seen: seen.in_sync)

    def serve(self, server: str = ONE) -> Answer:
        """Started; asked again where a machine is still too slow to answer after its boot."""
        answers: list[Answer] = []

        def is_started() -> bool:
            answers.append(self.hasys("start", self.group, "--on", server))
            return answers[-1].code == 0

        until(is_started, "the service is started", 120)
        return answers[-1]

    def problems(self) -> str:
        return "\n".join(self.status()["problems"])

    def wait(self, server: str, wanted: Callable[[drbd.DrbdState], bool]) -> drbd.DrbdState:
        return drbd.wait_for(self.kernel, server, wanted)

    def whole_again(self) -> None:
        """Running servers, both copies in sync, nothing started."""
        fixtures.heal(self.kernel)
        for server in addresses.SERVERS:
            self.kernel.disk_mend(server)
        self.done("stop", "web")
        self.done("play", "web", "resync")

    def lay_handler(self) -> None:
        """As the how-to says."""
        folder = self.inventory / "playbooks"
        folder.mkdir()
        (folder / "lay-handler.yaml").write_text(_LAY_HANDLER)
        self.done("play", "web", "lay-handler")

    def play(self, playbook: str, *arguments: str) -> Answer:
        return self.hasys("play", "web", playbook, *arguments)


@contextlib.contextmanager
def guarded_lab() -> Iterator[KernelLab]:
    """DRBD asks our handler before one side goes on without the other."""
    with fixtures.a_lab() as made:
        _name_handler(made)
        prepare(made)
        yield made


def _name_handler(lab: KernelLab) -> None:
    """In the resource's file, before it is up."""
    file = f"/etc/drbd.d/{drbd.RESOURCE}.res"
    handlers = f'handlers {{ fence-peer "{HANDLER}"; }}'
    for server in addresses.SERVERS:
        lab.shell(
            server,
            f"sed -i 's/disk {{/disk {{ fencing resource-and-stonith;/' {file}; "
            f"sed -i 's|^  protocol C;|  protocol C; {handlers}|' {file}",
        )


def wait_for_split_brain(lab: KernelLab) -> None:
    """One side has found it out; the other one stands alone, too, or tries for ever."""

    def is_found() -> bool:
        seen = [drbd.state(lab, server) for server in addresses.SERVERS]
        return any(one is not None and one.connection == "StandAlone" for one in seen)

    until(is_found, "the split brain is found", 60)


def lost_its_peer(seen: drbd.DrbdState) -> bool:
    return seen.connection not in ("Connected", "SyncSource", "SyncTarget")


def slow_sync(lab: KernelLab) -> None:
    """Tens of seconds for what takes one: long enough to look at."""
    for server in addresses.SERVERS:
        lab.run(server, ["drbdadm", "disk-options", "--resync-rate=500k", drbd.RESOURCE])


def prepare(lab: KernelLab) -> None:
    """Both copies empty and equal, with a file system; down again, as after a boot."""
    drbd.create(lab)
    drbd.make_file_system(lab, ONE)
    drbd.release(lab, ONE)
    for server in addresses.SERVERS:
        lab.shell(server, f"mkdir -p {drbd.MOUNT_POINT}; drbdadm down {drbd.RESOURCE}")
