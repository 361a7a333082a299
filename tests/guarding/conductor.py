"""A controller in its smallest form: speaks to the guards of a lab's two servers over SSH.

It answers what they ask while it is told to, and gives the orders that a test wants given. The
real controller decides; this one obeys.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orchestrator.model import ControllerId, Epoch, GroupName, Login, RunId, Server, ServerName
from orchestrator.transport import (
    Done,
    Failed,
    Gate,
    Reign,
    Reply,
    Request,
    SshTransport,
    Unreachable,
)
from remote_helpers.protocol import messages
from remote_helpers.protocol.messages import (
    Answer,
    Order,
    Plan,
    Proven,
    Register,
    Solo,
    Status,
    Stop,
)
from remote_helpers.protocol.words import Registration
from remote_helpers.protocol.words import Reign as GuardReign
from tests.guarding.lab_settings import GROUP, LEASE, Lab, resources_of, settings_of
from tests.lab import addresses, programs

PLAN = "plan-1"


class Conductor:
    """Registered as one controller; the run epoch of its steps rises with each reign."""

    def __init__(self, lab: Lab, group: str = GROUP, port: int = 7410) -> None:
        self.lab = lab
        self.group, self.port = group, port
        self.answers = True
        self.pushed: list[tuple[str, Mapping[str, Any]]] = []
        self.registration = Registration(1, "c-test", secrets.token_hex(4))
        self.transport = SshTransport(
            [_server(one) for one in lab.description.servers], on_push=self._on_push
        )
        self._tasks: set[asyncio.Task[Any]] = set()

    async def close(self) -> None:
        self.answers = False
        await self.transport.close()

    def _on_push(self, server: ServerName, message: Mapping[str, Any]) -> None:
        self.pushed.append((server, message))
        if self.answers and message["push"] == "guard":
            question = messages.decode(message["message"])
            answer = messages.encode(Answer(question, LEASE, self.registration))
            task = asyncio.ensure_future(self.call(server, "guard.answer", message=answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    # --- operations ---

    async def call(
        self, server: str, op: str, *, reign: Reign | None = None, within: float = 10.0, **args: Any
    ) -> Reply:
        args = args if op == "run" else {"group": self.group, **args}
        request = Request(op=op, args=args, deadline_s=within, reign=reign)
        return await self.transport.call(ServerName(server), request)

    async def call_anew(self, server: str, op: str, **options: Any) -> Reply:
        """Over a new connection, where the old one is lost."""
        while isinstance(  # noqa: ASYNC110 - it is on another machine
            reply := await self.call(server, op, **options), Unreachable
        ):
            await asyncio.sleep(0.1)
        return reply

    async def done(self, server: str, op: str, **options: Any) -> Mapping[str, Any]:
        reply = await self.call(server, op, **options)
        assert isinstance(reply, Done), reply
        return reply.data

    async def start_guard(self, me: str, peer: str, **changes: Any) -> Mapping[str, Any]:
        settings = settings_of(self.lab, me, peer, self.port, group=self.group, **changes)
        about = await self.done(me, "guard.start", settings=settings)
        await self.done(me, "guard.listen")
        return about

    async def start_both(self, **changes: Any) -> dict[str, Mapping[str, Any]]:
        """Both guards, we registered with both."""
        one, two = addresses.SERVERS
        about = {
            one: await self.start_guard(one, two, **changes),
            two: await self.start_guard(two, one, **changes),
        }
        await self.register(two, one)
        return about

    # --- what is seen ---

    def serves(self) -> str:
        """What a client reads at the service address."""
        service = self.lab.description.service.url
        curl = [*self.lab.description.client.enter, "curl", "-sS", "--max-time", "3", service]
        return programs.run(curl).strip()

    def covers(self, server: str) -> list[str]:
        """Units that would reset the server."""
        listed = self.lab.run(server, ["systemctl", "list-units", "--plain", "--no-legend"])
        return [line for line in listed.splitlines() if line.startswith("hasys-cover-")]

    def holds(self, server: str) -> list[str]:
        """Which of the group's resources are on it, as its own programs show."""
        plan = self.lab.network.addresses
        on = self.lab.run(server, ["ip", "-brief", "address"])
        running = self.lab.run(server, ["sh", "-c", "pgrep -f '[l]ab-http --port' || true"])
        return ["address"] * (f" {plan.service}/" in on) + ["site"] * bool(running.strip())

    def guard_pid(self, server: str) -> int:
        asked = ["pgrep", "-f", f"[i]mport sys,zlib.*/run/hasys/{self.group}$"]
        return int(self.lab.run(server, asked))

    def boot_of(self, server: str) -> str:
        return self.lab.run(server, ["cat", "/proc/sys/kernel/random/boot_id"]).strip()

    async def phase_is(self, server: str, phase: str) -> bool:
        return (await self.report(server)).phase == phase

    async def has_another_guard(self, server: str, before: str) -> bool:
        """A guard that has just been killed may be asked while nobody is there."""
        reply = await self.call(server, "guard.say", message=messages.encode(self._status))
        if isinstance(reply, Failed):
            return False
        return (await self.report(server)).incarnation != before

    async def is_there(self, server: str, path: str) -> bool:
        return bool(self.lab.run(server, ["sh", "-c", f"ls -d {path} 2>/dev/null || true"]).strip())

    async def has_ended(self, server: str, pid: int) -> bool:
        return not await self.is_there(server, f"/proc/{pid}")

    async def restart_guard(self, server: str, spoil: str) -> None:
        """Ended in order, something done to what it left, and no state in /run for the next."""
        pid = self.guard_pid(server)
        self.lab.run(server, ["kill", "-TERM", str(pid)])
        await until(lambda: self.has_ended(server, pid), "the end of the guard")
        self.lab.run(server, ["sh", "-c", f"rm -f /run/hasys/{self.group}/state; {spoil}"])

    async def refused_solo(self, reign: GuardReign) -> str:
        solo = messages.encode(Solo(self.registration, reign, 1, give=True))
        reply = await self.call(reign.server, "guard.say", message=solo)
        assert isinstance(reply, Failed), reply
        return reply.message

    async def hears_active(self, server: str) -> bool:
        return (await self.report(server)).peer_running

    async def say(self, server: str, message: Any) -> messages.Reply:
        data = await self.done(server, "guard.say", message=messages.encode(message))
        reply = messages.decode(data["message"])
        assert isinstance(reply, messages.Reply)
        return reply

    async def report(self, server: str) -> messages.Report:
        """Also while a connection is lost and made anew."""
        message = messages.encode(self._status)
        reply = await self.call_anew(server, "guard.say", message=message)
        assert isinstance(reply, Done), reply
        return _report(messages.decode(reply.data["message"]).report)

    @property
    def _status(self) -> Status:
        return Status(self.registration)

    async def register(self, *servers: str) -> None:
        for server in servers:
            reply = await self.say(server, Register(self.registration, None))
            assert reply.accepted, reply

    # --- reigns ---

    async def order(
        self, server: str, epoch: int, *, proven: tuple[Proven, ...] = ()
    ) -> GuardReign:
        boot = (await self.report(server)).boot
        reign = GuardReign(epoch, "c-test", secrets.token_hex(4), server, boot)
        order = Order(self.registration, reign, proven, (), forced=False, adopts=False)
        reply = await self.say(server, order)
        assert reply.accepted, reply.why
        return reign

    async def reign_on(self, server: str, epoch: int, **options: Any) -> GuardReign:
        """Ordered, the lease running, the gate open for our plan, the steps' epoch raised."""
        await until(lambda: self._is_clean(server), f"{server} to be checked as holding nothing")
        reign = await self.order(server, epoch, **options)
        await until(lambda: self.phase_is(server, "reigning"), f"the lease on {server}")
        reply = await self.say(server, Plan(self.registration, reign, PLAN))
        assert reply.accepted, reply.why
        await self.done(server, "epoch.raise", epoch=epoch, controller="c-test", run="r-1")
        return reign

    async def _is_clean(self, server: str) -> bool:
        report = await self.report(server)
        return report.held is False and report.promise_left == 0.0

    def steps(self, reign: GuardReign, *, gate: Gate | None = None) -> Reign:
        """In whose name a step comes, and what it shows at the gate."""
        return Reign(
            group=GroupName(self.group),
            epoch=Epoch(reign.epoch),
            controller=ControllerId("c-test"),
            run=RunId("r-1"),
            gate=gate or self.gate(reign),
        )

    def gate(self, reign: GuardReign, **changes: Any) -> Gate:
        shown = {"reign": reign, "plan": PLAN, "incarnation": self.registration.incarnation}
        return Gate(**{**shown, **changes})

    async def start_service(self, reign: GuardReign) -> None:
        for layer in reversed(resources_of(self.lab)):
            for one in layer:
                await self.done(reign.server, "resource.start", reign=self.steps(reign), **one)

    async def stop_service(self, reign: GuardReign) -> None:
        for layer in resources_of(self.lab):
            for one in layer:
                await self.done(reign.server, "resource.stop", reign=self.steps(reign), **one)

    async def stop_again(self, reign: GuardReign) -> None:
        """Until it is confirmed, over lost connections, as a controller does."""
        message = messages.encode(Stop(self.registration, reign))

        async def confirmed() -> bool:
            reply = await self.call(reign.server, "guard.say", message=message)
            return isinstance(reply, Done) and bool(reply.data["message"]["accepted"])

        await until(confirmed, "the confirmed stop")

    async def stop(self, reign: GuardReign) -> messages.Reply:
        return await self.say(reign.server, Stop(self.registration, reign))


def _report(report: Any) -> messages.Report:
    assert isinstance(report, messages.Report)
    return report


def _server(one: Any) -> Server:
    login = Login(
        address=one.address,
        user=one.user,
        port=one.port,
        key_file=Path(one.key),
        known_hosts=Path(one.known_hosts),
    )
    return Server(name=ServerName(one.name), login=login)


async def until(condition: Any, what: str, within_s: float = 15.0) -> None:
    """Waits for something that must come; fails, naming it, when it does not."""
    try:
        async with asyncio.timeout(within_s):
            while not await condition():  # noqa: ASYNC110 - it is on another machine
                await asyncio.sleep(0.03)
    except TimeoutError:
        raise AssertionError(f"{what}: not within {within_s:g} s") from None
