"""One sshd a test process; each test has its own connection and its own state folder."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from orchestrator.model import ControllerId, Epoch, GroupName, RunId, ServerName
from orchestrator.transport import Reign, Reply, Request, SshTransport
from tests.transport.sshd import Sshd, running

Call = Callable[..., Awaitable[Reply]]


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    with running(tmp_path_factory.mktemp("sshd")) as server:
        yield server


@pytest.fixture
def reign() -> Reign:
    return Reign(
        group=GroupName("web"), epoch=Epoch(3), controller=ControllerId("c-1"), run=RunId("r-1")
    )


@pytest.fixture
async def transport(sshd: Sshd, tmp_path: Path) -> AsyncIterator[SshTransport]:
    one = SshTransport([sshd.server()], state_directory=str(tmp_path / "state"))
    yield one
    await one.close()


@pytest.fixture
def call(transport: SshTransport) -> Call:
    async def ask(
        op: str, *, deadline_s: float = 10.0, reign: Reign | None = None, **args: object
    ) -> Reply:
        request = Request(op=op, args=args, deadline_s=deadline_s, reign=reign)
        return await transport.call(ServerName("linux1"), request)

    return ask


@pytest.fixture
async def raised(call: Call, reign: Reign) -> Reign:
    """The reign, after the server has promised its epoch: changes are allowed."""
    await call(
        "epoch.raise",
        group=reign.group,
        epoch=reign.epoch,
        controller=reign.controller,
        run=reign.run,
    )
    return reign
