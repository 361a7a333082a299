"""An SSH server that is not OpenSSH and never passes on the end of stdin."""

import contextlib
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import mockssh
import mockssh.server
import paramiko
import pytest

from orchestrator.model import Login, Server, ServerName
from orchestrator.transport import Done, Reign, Request, SshTransport, Unreachable, UnreachableKind
from tests.transport.sshd import PYTHON

NAME = ServerName("linux1")
# The library's own habit.
pytestmark = pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning")


@pytest.fixture
async def foreign(tmp_path: Path) -> AsyncIterator[Server]:
    key = tmp_path / "key"
    asyncssh.generate_private_key("ssh-rsa").write_private_key(key)
    key.chmod(0o600)
    sockets: list[socket.socket] = []

    class Handler(mockssh.server.Handler):
        def __init__(self, owner: object, client: tuple[socket.socket, object]) -> None:
            sockets.append(client[0])
            super().__init__(owner, client)

        def run(self) -> None:
            """A client may leave in the middle of the handshake: that is the end, no failure.

            Its thread lives longer than the test, and would fail whichever runs then.
            """
            with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
                super().run()

    with mockssh.Server({"root": str(key)}) as server:
        server.handler_cls = Handler
        sockets.append(server._socket)
        yield Server(
            name=NAME,
            login=Login(
                address=server.host,
                port=server.port,
                key_file=key,
                known_hosts=tmp_path / "known_hosts",
                python=PYTHON,
            ),
        )
    for each in sockets:
        each.close()  # it forgets to


@pytest.fixture
async def transport(foreign: Server, tmp_path: Path) -> AsyncIterator[SshTransport]:
    one = SshTransport(
        [foreign], accept_new_host_keys=True, state_directory=str(tmp_path / "state")
    )
    yield one
    await one.close()


async def test_the_helper_starts_without_an_end_of_stdin(transport: SshTransport):
    assert isinstance(await transport.call(NAME, Request(op="ping", deadline_s=10)), Done)


async def test_exit_codes_and_output_come_back(transport: SshTransport, reign: Reign):
    await transport.call(
        NAME,
        Request(
            op="epoch.raise",
            args={"group": "web", "epoch": 3, "controller": "c-1", "run": "r-1"},
            deadline_s=10,
        ),
    )
    reply = await transport.call(
        NAME,
        Request(op="run", args={"shell": "echo here; exit 7"}, deadline_s=10, reign=reign),
    )

    assert isinstance(reply, Done)
    assert reply.data["rc"] == 7
    assert reply.data["stdout"] == "here\n"


@pytest.mark.parametrize("kind", ["ssh-ed25519", "ssh-rsa"])
async def test_a_changed_host_key_is_refused(foreign: Server, tmp_path: Path, kind: str):
    """Also where the server has no key of the kind that is known."""
    other = asyncssh.generate_private_key(kind).export_public_key("openssh").decode()
    port = foreign.login.port
    (tmp_path / "known_hosts").write_text(f"[{foreign.login.address}]:{port} {other}")
    transport = SshTransport([foreign], accept_new_host_keys=True)

    reply = await transport.call(NAME, Request(op="ping", deadline_s=10))
    await transport.close()

    assert isinstance(reply, Unreachable)
    assert reply.kind is UnreachableKind.HOST_KEY
    assert os.fspath(tmp_path / "known_hosts") in reply.message
