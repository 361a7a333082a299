"""The namespaces lab: coming up, and its faults."""

from __future__ import annotations

import socket
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab import addresses, inventory, programs, rootfs, teardown
from tests.lab.credentials import Credentials
from tests.lab.interface import (
    LabClient,
    LabDescription,
    LabServer,
    LabService,
    Unsupported,
)
from tests.lab.namespaces import server as servers
from tests.lab.namespaces.server import Server, wait_until
from tests.lab.network import HEARTBEAT, PUBLIC, Direction, LabNetwork
from tests.lab.registry import LabRecord

_BOOT_S = 30.0
_KEEPER_S = 3.0


class NamespacesLab:
    """A handle on a lab that is up; any process may hold one, all state is in the lab itself."""

    def __init__(self, record: LabRecord, description: LabDescription) -> None:
        self.record = record
        self.description = description
        self.network = LabNetwork(record.lab, record.index)

    def down(self) -> None:
        teardown.remove(self.record)

    # -- power --------------------------------------------------------------------------------

    def power_off(self, server: str) -> None:
        """The plug is pulled: nothing on it runs any more, nothing of it answers."""
        target = self._server(server)

        def off() -> bool:
            target.kill()  # again, as it may be in the middle of a reboot
            return not target.powered()

        wait_until(off, f"{server} to be off", timeout_s=10)

    def powered(self, server: str) -> bool:
        return self._server(server).powered()

    def power_on(self, server: str) -> None:
        """The same disk, a new boot; returns when ssh answers (not asked where it is cut off)."""
        target = self._server(server)
        if not target.powered():
            before = target.boot_id()
            target.start_keeper()
            self._wait_for_boot(target, before)

    def reboot(self, server: str) -> None:
        """A reset, not an orderly shutdown; returns when ssh answers again."""
        target = self._server(server)
        if not target.powered():
            self.power_on(server)
            return
        before = target.boot_id()
        target.press_sysrq("b")
        self._wait_for_boot(target, before)

    def freeze(self, server: str) -> None:
        """Nothing runs and nothing answers, as with a hung machine; it goes on after `thaw`."""
        self.network.silence(server, silent=True)
        self._server(server).set_frozen(frozen=True)

    def thaw(self, server: str) -> None:
        self._server(server).set_frozen(frozen=False)
        self.network.silence(server, silent=False)

    # -- networks -----------------------------------------------------------------------------

    def cut_public(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.cut(PUBLIC, self._known(server), direction)

    def join_public(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.join(PUBLIC, self._known(server), direction)

    def cut_heartbeat(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.cut(HEARTBEAT, self._known(server), direction)

    def join_heartbeat(self, server: str, direction: Direction = Direction.BOTH) -> None:
        self.network.join(HEARTBEAT, self._known(server), direction)

    def isolate(self, server: str) -> None:
        self.cut_public(server)
        self.cut_heartbeat(server)

    def join(self, server: str) -> None:
        """Ends every cut and loss of this server."""
        self.join_public(server)
        self.join_heartbeat(server)
        self.loss(server, 0)

    def loss(self, server: str, percent: int) -> None:
        """On both networks, in each direction."""
        for network in (PUBLIC, HEARTBEAT):
            self.network.loss(network, self._known(server), percent)

    def disk_error(self, server: str) -> None:
        raise Unsupported(
            f"disk-error on {server}: servers of a namespaces lab have no block devices; "
            "a kernel lab can (python -m tests.lab kernel up)"
        )

    # -- running ------------------------------------------------------------------------------

    def run(self, server: str, argv: Sequence[str], timeout_s: float = 30) -> str:
        enter = self.description.server(server).enter
        return programs.run([*enter, *argv], timeout_s=timeout_s)

    # -- parts --------------------------------------------------------------------------------

    def _known(self, name: str) -> str:
        return self._server(name).name

    def _server(self, name: str) -> Server:
        if name not in addresses.SERVERS:
            raise ValueError(f"no server {name!r} in the lab: {', '.join(addresses.SERVERS)}")
        return Server(self.record, name)

    def _wait_for_boot(self, target: Server, before: str | None) -> None:
        started = time.monotonic()

        def booted() -> bool:
            if time.monotonic() > started + _KEEPER_S and not target.powered():
                raise RuntimeError(f"{target.name} went off while it booted")
            return target.boot_id() not in (None, before) and self._ssh_answers(target)

        try:
            wait_until(booted, f"ssh to answer on {target.name}", timeout_s=_BOOT_S)
        except (TimeoutError, RuntimeError) as error:
            console = (target.folder / "console.log").read_text(errors="replace")
            error.add_note(f"its console: {console[-2000:]}")
            raise

    def _ssh_answers(self, target: Server) -> bool:
        """Asked from within its own network, so that a cut on the switch does not matter."""
        pid = target.pid()
        if pid is None:
            return False
        if self.network.is_cut(PUBLIC, target.name):
            return _listens_on_ssh(Path(f"/proc/{pid}/net/tcp"))
        address = self.network.addresses.public(target.name)
        try:
            with socket.create_connection((address, 22), timeout=0.5) as connection:
                return connection.recv(8).startswith(b"SSH-2.0")
        except OSError:
            return False


def up(record: LabRecord, variant: str = "base") -> NamespacesLab:
    """See `tests.lab.kinds.Kind`."""
    servers.require_tools()
    (record.folder / "tree").symlink_to(rootfs.tree(variant))  # the same one at every reboot
    keys = Credentials(record.folder)
    network = LabNetwork(record.lab, record.index)
    keys.make(network.addresses)
    network.up()
    inventory.write(record.folder / "inventory", network.addresses, keys)
    enter = record.folder / "enter"
    enter.write_text(servers.enter_script(record))
    enter.chmod(0o755)
    lab = NamespacesLab(record, _describe(record, network, keys))
    booting = [Server(record, name) for name in addresses.SERVERS]
    for server in booting:
        server.install(keys)
        server.start_keeper()
    for server in booting:
        lab._wait_for_boot(server, None)
    return lab


def attach(record: LabRecord) -> NamespacesLab:
    """See `tests.lab.kinds.Kind`."""
    assert record.description is not None
    return NamespacesLab(record, LabDescription.from_json(record.description))


def _describe(record: LabRecord, network: LabNetwork, keys: Credentials) -> LabDescription:
    plan = network.addresses
    return LabDescription(
        lab=record.lab,
        kind=record.kind,
        inventory=record.folder / "inventory",
        group=inventory.GROUP,
        servers=tuple(
            LabServer(
                name=name,
                address=plan.public(name),
                port=22,
                user="root",
                key=keys.key,
                known_hosts=keys.known_hosts,
                enter=(str(record.folder / "enter"), name),
            )
            for name in addresses.SERVERS
        ),
        client=LabClient(enter=network.enter("client")),
        service=LabService(address=plan.service, url=plan.url),
    )


def _listens_on_ssh(table: Path) -> bool:
    listening, ssh = "0A", ":0016"
    try:
        lines = table.read_text().splitlines()[1:]
    except OSError:
        return False
    return any(line.split()[1].endswith(ssh) and line.split()[3] == listening for line in lines)
