"""Real units on a server of the lab, over real SSH."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.model import ControllerId, Epoch, GroupName, Login, RunId, Server, ServerName
from orchestrator.transport import Done, Failed, Reign, Reply, Request
from orchestrator.transport.ssh import SshTransport
from tests.lab.checks import ONE
from tests.lab.namespaces.lab import NamespacesLab

_epochs = itertools.count(1)
_GROUP = GroupName("units")


class Host:
    """One server of the lab, through the production transport."""

    def __init__(self, lab: NamespacesLab, transport: SshTransport) -> None:
        self.lab = lab
        self._transport = transport
        self._reign = Reign(
            group=_GROUP,
            epoch=Epoch(next(_epochs)),
            controller=ControllerId("c-test"),
            run=RunId("r-test"),
        )

    async def register(self) -> None:
        reign = self._reign
        args = {
            "group": reign.group,
            "epoch": reign.epoch,
            "controller": reign.controller,
            "run": reign.run,
        }
        answer = await self._call(Request(op="epoch.raise", args=args, deadline_s=10.0))
        assert isinstance(answer, Done), answer

    async def resource(
        self, verb: str, kind: str, spec: dict[str, Any], deadline_s: float = 10.0
    ) -> Reply:
        args = {"type": kind, "name": "it", "spec": spec}
        reign = None if verb == "check" else self._reign
        request = Request(op=f"resource.{verb}", args=args, deadline_s=deadline_s, reign=reign)
        return await self._call(request)

    async def unit(self, verb: str, unit: str, deadline_s: float = 10.0) -> Reply:
        return await self.resource(verb, "systemd", {"unit": unit}, deadline_s)

    async def leave(self) -> None:
        await self._transport.close()

    def writes(self, unit: str, *lines: str) -> None:
        text = "\\n".join(["[Service]", *lines, "[Install]", "WantedBy=multi-user.target", ""])
        path = f"/etc/systemd/system/{unit}"
        self.lab.run(ONE, ["sh", "-c", f"printf '{text}' > {path}; systemctl daemon-reload"])

    async def _call(self, request: Request) -> Reply:
        return await self._transport.call(ServerName(ONE), request)


def a_transport(lab: NamespacesLab) -> SshTransport:
    described = lab.description.server(ONE)
    login = Login(
        address=described.address,
        port=described.port,
        user=described.user,
        key_file=Path(described.key),
        known_hosts=Path(described.known_hosts),
    )
    return SshTransport([Server(name=ServerName(ONE), login=login)])


@contextlib.asynccontextmanager
async def on_a_host(lab: NamespacesLab) -> AsyncIterator[Host]:
    host = Host(lab, a_transport(lab))
    try:
        await host.register()
        yield host
    finally:
        await host.leave()


@pytest.fixture
def units(namespaces_lab: NamespacesLab) -> Iterator[NamespacesLab]:
    yield namespaces_lab
    script = "systemctl stop 'hasys-test-*'; systemctl reset-failed; rm -f {0}/hasys-test-*"
    namespaces_lab.run(ONE, ["sh", "-c", script.format("/etc/systemd/system")])


def data(reply: Reply) -> tuple[str, bool]:
    assert isinstance(reply, Done), reply
    return reply.data["state"], reply.data.get("changed", False)


def message(reply: Reply) -> str:
    assert isinstance(reply, Failed), reply
    return reply.message


@pytest.mark.lab
async def test_a_unit_is_started_once_and_stopped_once(units: NamespacesLab):
    async with on_a_host(units) as host:
        host.writes("hasys-test-a.service", "ExecStart=/bin/sleep 300")
        verbs = ["check", "start", "start", "check", "stop", "stop", "check"]
        answers = [data(await host.unit(verb, "hasys-test-a")) for verb in verbs]

    assert answers == [
        ("stopped", False),
        ("started", True),
        ("started", False),
        ("started", False),
        ("stopped", True),
        ("stopped", False),
        ("stopped", False),
    ]


@pytest.mark.lab
async def test_a_unit_that_cannot_start_says_what_systemd_saw(units: NamespacesLab):
    async with on_a_host(units) as host:
        host.writes("hasys-test-b.service", "Type=notify", "ExecStart=/bin/false")
        told = message(await host.unit("start", "hasys-test-b"))
        stopped = data(await host.unit("stop", "hasys-test-b"))

    assert told.startswith("systemctl start hasys-test-b.service ended with 1: ")
    assert "result exit-code, exit status 1" in told
    assert told.endswith("journalctl -u hasys-test-b.service tells more")
    assert stopped == ("stopped", True)


@pytest.mark.lab
async def test_a_unit_that_is_not_there_is_stopped_and_cannot_be_started(units: NamespacesLab):
    async with on_a_host(units) as host:
        checked = data(await host.unit("check", "hasys-test-none"))
        told = message(await host.unit("start", "hasys-test-none"))

    assert checked == ("stopped", False)
    assert told == "cannot start: there is no unit hasys-test-none.service on this server"


@pytest.mark.lab
async def test_a_unit_that_starts_too_slowly_is_told_before_the_deadline(units: NamespacesLab):
    async with on_a_host(units) as host:
        host.writes("hasys-test-c.service", "Type=oneshot", "ExecStart=/bin/sleep 300")
        told = message(await host.unit("start", "hasys-test-c", deadline_s=1.5))

    assert "was not done after" in told
    assert "hasys-test-c.service is activating (start)" in told


@pytest.mark.lab
async def test_a_unit_enabled_at_boot_is_told(units: NamespacesLab):
    async with on_a_host(units) as host:
        host.writes("hasys-test-d.service", "ExecStart=/bin/sleep 300")
        units.run(ONE, ["systemctl", "enable", "--quiet", "hasys-test-d.service"])
        answer = await host.unit("check", "hasys-test-d")
        units.run(ONE, ["systemctl", "disable", "--quiet", "hasys-test-d.service"])

    assert isinstance(answer, Done)
    assert "enabled at boot, would start by itself" in answer.data["detail"]


@pytest.mark.lab
async def test_a_process_outlives_the_session_that_started_it_and_another_stops_it(
    units: NamespacesLab,
):
    spec = {"start": "exec sleep 86399", "pattern": "^sleep 86399$"}
    async with on_a_host(units) as host:
        started = await host.resource("start", "process", spec)
    async with on_a_host(units) as host:
        found = await host.resource("check", "process", spec)
        scope = units.run(ONE, ["sh", "-c", "cat /proc/$(pgrep -x -f 'sleep 86399')/cgroup"])
        stopped = await host.resource("stop", "process", spec)

    assert data(started) == ("started", True)
    assert data(found) == ("started", False)
    assert "session" not in scope
    assert data(stopped) == ("stopped", True)


@pytest.mark.lab
async def test_a_failed_start_shows_the_last_words_from_the_journal(units: NamespacesLab):
    async with on_a_host(units) as host:
        spec = {"start": "echo no licence found; sleep 0.2; exit 5", "pattern": "nothing-of-it"}
        told = message(await host.resource("start", "process", spec))

    assert told.startswith("the start command ended with 5; no process matches")
    assert told.endswith("journalctl -t hasys-units-it: no licence found")
