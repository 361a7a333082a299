"""Brings up the demo's two servers and its client, and proves that a login works.

Called by the stage, once. Two kinds: with namespaces of their own, and on the loopback.
"""

import asyncio
import dataclasses
import socket
import sys
from pathlib import Path

import asyncssh

from orchestrator.demo import credentials as keys
from orchestrator.demo import inventory, network
from orchestrator.demo.credentials import Credentials
from orchestrator.demo.host import has_sshd
from orchestrator.demo.inventory import Reached
from orchestrator.demo.levels import Level
from orchestrator.demo.member import DemoFailed, Member

_HOST = "orchestrator.demo.host"
_CLIENT = "orchestrator.demo.client"
_NETWORKS = (network.PUBLIC, network.HEARTBEAT)
LOGIN_S = 10.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """What the story tells of."""

    ssh: str
    """Which SSH server they run."""
    reached: dict[str, Reached]
    group_file: Path
    service: tuple[str, int]
    """Where the client finds the service."""


class Builder:
    """`folder` is the stage's own; the inventory is written there."""

    def __init__(self, level: Level, folder: Path, log: int) -> None:
        self._level = level
        self._folder = folder
        self._log = log
        self._members: list[Member] = []
        (folder / "inventory").mkdir()
        self._credentials = keys.make(folder, network.SERVERS)

    async def servers(self) -> Servers:
        """Up, with their inventory written."""
        on = self._in_namespaces if self._level.has_namespaces else self._on_loopback
        servers = await on()
        folder = self._folder / "inventory"
        inventory.write_hosts(folder, sys.executable, self._credentials, servers.reached)
        return servers

    async def end(self) -> None:
        for member in self._members:
            await member.end()

    async def client(self, service: tuple[str, int]) -> Member:
        """It measures from when this returns."""
        client = await self._start("client", _CLIENT, self._level.client_namespaces)
        if self._level.has_namespaces:
            await network.plug("client", client.process.pid, (network.PUBLIC,))
        address, port = service
        await client.tell(own_place=self._level.has_namespaces, address=address, port=port)
        await client.hear()
        return client

    async def _start(self, name: str, module: str, namespaces: str) -> Member:
        """It is in its namespaces, where it waits for its cables."""
        member = await Member.start(name, module, namespaces=namespaces, log=self._log)
        self._members.append(member)
        await member.hear()
        return member

    # -- servers with namespaces --------------------------------------------------------------

    async def _in_namespaces(self) -> Servers:
        await network.build()
        reached, ssh = await self._with_any_ssh()
        folder = self._folder / "inventory"
        return Servers(
            ssh=ssh,
            reached=reached,
            group_file=inventory.write_group(folder),
            service=(network.SERVICE, inventory.PORT),
        )

    async def _with_any_ssh(self) -> tuple[dict[str, Reached], str]:
        """OpenSSH's server where it is and works: only then the demo is as real as it can be."""
        if self._level is not Level.ROOT:
            reached = await self._all_namespaced("asyncssh")
            return reached, "asyncssh (OpenSSH's server needs more users than one may map)"
        why = "this machine has no OpenSSH server"
        if has_sshd():
            try:
                return await self._all_namespaced("sshd"), "OpenSSH"
            except DemoFailed as error:
                why = f"OpenSSH's did not work: {error}"
        return await self._all_namespaced("asyncssh"), f"asyncssh ({why})"

    async def _all_namespaced(self, ssh: str) -> dict[str, Reached]:
        both = (self._namespaced(name, ssh) for name in network.SERVERS)
        results = await asyncio.gather(*both, return_exceptions=True)
        reached = {}
        for name, result in zip(network.SERVERS, results, strict=True):
            if isinstance(result, BaseException):
                raise result
            reached[name] = result
        return reached

    async def _namespaced(self, name: str, ssh: str) -> Reached:
        member = await self._start(name, _HOST, self._level.server_namespaces)
        try:
            await network.plug(name, member.process.pid, _NETWORKS)
            address = network.address_of(name, network.PUBLIC)
            reached = await self._started(member, own_place=True, ssh=ssh, address=address, port=22)
        except DemoFailed:
            await network.unplug(name, _NETWORKS)
            await member.end()
            raise
        return reached

    async def _started(
        self, member: Member, *, own_place: bool, ssh: str, address: str, port: int
    ) -> Reached:
        await member.tell(
            own_place=own_place,
            ssh=ssh,
            address=address,
            port=port,
            root=str(self._folder / member.name),
            host_key=self._credentials.host_keys[member.name],
            authorized=self._credentials.authorized,
        )
        reached = Reached(address=address, port=(await member.hear())["port"])
        self._credentials.note_server(member.name, reached.address, reached.port)
        await _log_in(member.name, reached, self._credentials)
        return reached

    # -- servers on the loopback --------------------------------------------------------------

    async def _on_loopback(self) -> Servers:
        reached = {}
        for number, name in enumerate(network.SERVERS, start=1):
            (self._folder / name).mkdir()
            member = await self._start(name, _HOST, self._level.server_namespaces)
            reached[name] = await self._started(
                member, own_place=False, ssh="asyncssh", address=f"127.0.0.{number}", port=0
            )
        service = ("127.0.0.1", _free_port("127.0.0.1"))
        group_file = inventory.write_group_on_loopback(
            self._folder / "inventory",
            site=self._folder / "site",
            service=service[0],
            port=service[1],
        )
        return Servers(ssh="asyncssh", reached=reached, group_file=group_file, service=service)


async def _log_in(name: str, reached: Reached, credentials: Credentials) -> None:
    """As a person would try it first; sshd starts and refuses everybody on some machines."""
    options = asyncssh.SSHClientConnectionOptions(
        username="root",
        client_keys=[str(credentials.key_file)],
        known_hosts=str(credentials.known_hosts),
        agent_path=None,
        config=None,
    )
    try:
        async with asyncio.timeout(LOGIN_S):
            connection = await asyncssh.connect(
                reached.address, reached.port, options=options, config=None
            )
            async with connection:
                done = await connection.run("echo $((6 * 7))")
    except (OSError, asyncssh.Error) as error:  # a TimeoutError is an OSError
        raise DemoFailed(f"no login at {name}: {str(error) or type(error).__name__}") from error
    if str(done.stdout).strip() != "42":
        raise DemoFailed(f"{name} runs no commands: {done.stderr!r}")


def _free_port(address: str) -> int:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
