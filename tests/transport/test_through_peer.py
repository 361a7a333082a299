"""A server whose public link is cut is asked through its peer, over the heartbeat network."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import AsyncIterator, Callable, Sequence

import pytest

from orchestrator.config.load import load
from orchestrator.model import ControllerId, Epoch, GroupName, RunId, ServerName
from orchestrator.transport import Done, Reign, Reply, Request, SshTransport, Unreachable
from tests.lab.namespaces.lab import NamespacesLab
from tests.lab.network import Direction

pytestmark = pytest.mark.lab

ONE, TWO = ServerName("linux1"), ServerName("linux2")
Connect = Callable[..., SshTransport]


@pytest.fixture
async def connect(namespaces_lab: NamespacesLab) -> AsyncIterator[Connect]:
    """A transport to the lab's pair, which knows their heartbeat addresses."""
    made: list[SshTransport] = []
    plan = namespaces_lab.network.addresses

    def to_the_pair(**ways: Sequence[str]) -> SshTransport:
        known = {server: [plan.heartbeat(server)] for server in (ONE, TWO)}
        configuration = load(namespaces_lab.description.inventory)
        servers = [
            dataclasses.replace(one, login=dataclasses.replace(one.login, connect_timeout_s=2.0))
            for one in configuration.group("web").servers
        ]
        known |= {ServerName(name): list(addresses) for name, addresses in ways.items()}
        made.append(SshTransport(servers, ways=known))
        return made[-1]

    yield to_the_pair
    for transport in made:
        await transport.close()


async def ping(transport: SshTransport, server: ServerName) -> Reply:
    return await transport.call(server, Request(op="ping", deadline_s=1.0))


async def until_answered(transport: SshTransport, through: ServerName | None) -> float:
    """Polls linux1 as a loop would, until it answers that way; how long that took."""
    began = time.monotonic()
    async with asyncio.timeout(30):
        while True:
            reply = await ping(transport, ONE)
            if isinstance(reply, Done) and reply.through == through:
                return time.monotonic() - began
            await asyncio.sleep(0.1)


async def hostname(transport: SshTransport) -> str:
    reply = await transport.call(ONE, Request(op="facts", deadline_s=5.0))
    assert isinstance(reply, Done)
    return str(reply.data["hostname"])


@pytest.mark.mission("D3")
async def test_polls_go_on_through_the_peer_and_come_back(namespaces_lab, connect: Connect):
    transport = connect()
    await until_answered(transport, through=None)

    namespaces_lab.cut_public(ONE)
    await until_answered(transport, through=TWO)

    assert transport.through(ONE) == TWO
    assert transport.through(TWO) is None
    assert await hostname(transport) == ONE
    namespaces_lab.join_public(ONE)
    await until_answered(transport, through=None)
    assert transport.through(ONE) is None


@pytest.mark.parametrize(
    "direction", [Direction.SENDING, Direction.RECEIVING], ids=lambda d: d.value
)
async def test_a_cut_in_one_direction_is_gone_around(namespaces_lab, connect: Connect, direction):
    transport = connect()
    await until_answered(transport, through=None)

    namespaces_lab.cut_public(ONE, direction)
    await until_answered(transport, through=TWO)

    assert await hostname(transport) == ONE


async def test_a_first_contact_does_not_wait_for_the_direct_way(namespaces_lab, connect: Connect):
    namespaces_lab.cut_public(ONE)
    transport = connect()

    reply = await transport.call(ONE, Request(op="ping", deadline_s=20.0))

    assert isinstance(reply, Done)
    assert reply.through == TWO


async def test_a_step_that_runs_is_not_ended_by_a_silent_link(namespaces_lab, connect: Connect):
    transport = connect()
    group = GroupName("web")
    reign = Reign(
        group=group, epoch=Epoch(10_000), controller=ControllerId("c-1"), run=RunId("r-1")
    )
    raising = {"group": group, "epoch": 10_000, "controller": "c-1", "run": "r-1"}
    await transport.call(ONE, Request(op="epoch.raise", args=raising, deadline_s=5.0))
    step = asyncio.create_task(
        transport.call(
            ONE,
            Request(
                op="run",
                args={"shell": "echo begun > /tmp/step; sleep 3; echo ended > /tmp/step"},
                deadline_s=20.0,
                reign=reign,
            ),
        )
    )
    await until_written(namespaces_lab, "begun")

    namespaces_lab.cut_public(ONE)
    await until_answered(transport, through=TWO)
    assert not step.done()
    namespaces_lab.join_public(ONE)

    assert isinstance(await step, Done)
    await until_written(namespaces_lab, "ended")


async def until_written(lab: NamespacesLab, word: str) -> None:
    async with asyncio.timeout(20):
        while lab.run(ONE, ["sh", "-c", "cat /tmp/step || true"]).strip() != word:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_cut_off_on_both_networks_it_says_what_was_tried(namespaces_lab, connect: Connect):
    namespaces_lab.isolate(ONE)
    transport = connect()

    reply = await transport.call(ONE, Request(op="ping", deadline_s=20.0))

    assert isinstance(reply, Unreachable)
    plan = namespaces_lab.network.addresses
    assert f"linux1 (root@{plan.public(ONE)}:22): no answer in time" in reply.message
    assert f"linux1 (root@{plan.heartbeat(ONE)}:22 through linux2)" in reply.message
    assert not reply.sent


async def test_without_a_peer_that_answers_it_says_so(namespaces_lab, connect: Connect):
    namespaces_lab.isolate(ONE)
    namespaces_lab.cut_public(TWO)
    transport = connect()

    reply = await transport.call(ONE, Request(op="ping", deadline_s=20.0))

    assert isinstance(reply, Unreachable)
    assert "linux2 is not reached either" in reply.message


@pytest.mark.parametrize("how", ["sshd", "key"])
async def test_a_peer_that_does_not_lead_on_is_named(namespaces_lab, connect: Connect, how: str):
    forbid(namespaces_lab, how)
    namespaces_lab.cut_public(ONE)
    transport = connect()

    reply = await transport.call(ONE, Request(op="ping", deadline_s=20.0))

    allow(namespaces_lab)
    assert isinstance(reply, Unreachable)
    assert "through linux2): the peer does not lead connections on" in reply.message


CONFIGURATION, KEYS = "/etc/ssh/sshd_config", "/etc/ssh/lab_authorized_keys"


def forbid(lab: NamespacesLab, how: str) -> None:
    file, line = {
        "sshd": (CONFIGURATION, "1i AllowTcpForwarding no"),
        "key": (KEYS, "s/^/restrict /"),
    }[how]
    shell(lab, f"cp {file} {file}.kept && sed -i '{line}' {file}; systemctl reload ssh")


def allow(lab: NamespacesLab) -> None:
    for file in (CONFIGURATION, KEYS):
        shell(lab, f"[ ! -e {file}.kept ] || mv {file}.kept {file}; systemctl reload ssh")


def shell(lab: NamespacesLab, line: str) -> None:
    lab.run(TWO, ["sh", "-c", line])


async def test_an_address_that_is_another_servers_is_not_taken(namespaces_lab, connect: Connect):
    """Not even that of a known one: it would be asked in linux1's name."""
    namespaces_lab.cut_public(ONE)
    plan = namespaces_lab.network.addresses
    transport = connect(linux1=[plan.heartbeat(TWO), plan.public(TWO)])

    reply = await transport.call(ONE, Request(op="ping", deadline_s=20.0))

    assert isinstance(reply, Unreachable)
    assert "host key not accepted" in reply.message
