"""What a run asks of fencing devices: orders and questions that no server is sent.

The devices are reached by the controller; so a task can have a server switched off that does not
answer. Made by `runtime`, around the transport of a run or a plan.
"""

import dataclasses
from collections.abc import Iterable
from typing import Any, Protocol

from orchestrator.fencing import Attempt, FenceOutcome, NotFenced, Power, Reading, power_of
from orchestrator.model import ServerName
from orchestrator.playbooks.module import POWER_OFF, POWER_READ
from orchestrator.transport import Done, Failed, FailureKind, Reply, Request, Transport

OF_DEVICES = frozenset({POWER_OFF, POWER_READ})


class Devices(Protocol):
    async def off(self, server: ServerName) -> FenceOutcome:
        """Ends within the devices' own time-outs, and is told to whoever listens."""
        ...

    async def read(self, server: ServerName) -> tuple[Reading, ...]: ...

    def wants_order(self, server: ServerName) -> bool:
        """Whether reading it as off is not enough: the end of a reign is proven by an order."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PoweredTransport:
    """Answers requests about the power of a server by its devices; passes all others on."""

    transport: Transport
    devices: Devices
    servers: tuple[ServerName, ...]
    """The run switches no other."""

    async def call(self, server: ServerName, request: Request) -> Reply:
        if request.op not in OF_DEVICES:
            return await self.transport.call(server, request)
        meant = ServerName(str(request.args["server"]))
        if meant not in self.servers:
            names = " and ".join(self.servers)
            return _failed(f"this run may not touch {meant!r}, only {names}")
        found = await self.devices.read(meant)
        was_off = power_of(found) is Power.OFF
        if request.op == POWER_READ or (was_off and not self.devices.wants_order(meant)):
            return _read(meant, found)
        outcome = await self.devices.off(meant)
        if isinstance(outcome, NotFenced):
            detail = {"attempts": _words(outcome.attempts)}
            message = f"refused ({outcome.refusal.reason.value}): {outcome.refusal.evidence}"
            return _failed(f"{message}; {outcome.refusal.advice}", detail)
        return _done(meant, Power.OFF, outcome.attempts, outcome.took_s, changed=not was_off)

    async def close(self) -> None:
        await self.transport.close()


def _read(server: ServerName, readings: tuple[Reading, ...]) -> Reply:
    attempts = [one.attempt for one in readings]
    if not attempts:
        return _failed(f"{server} has no fencing device; write fencing: in the group's file")
    took_s = sum(one.took_s for one in attempts)
    return _done(server, power_of(readings), attempts, took_s, changed=False)


def _done(
    server: ServerName, power: Power, attempts: Iterable[Attempt], took_s: float, *, changed: bool
) -> Done:
    words = _words(attempts)
    data = {"server": server, "power": power.value, "changed": changed, "attempts": words}
    return Done(data=data, took_s=took_s)


def _failed(message: str, detail: dict[str, Any] | None = None) -> Failed:
    return Failed(kind=FailureKind.FAILED, message=message, detail=detail or {})


def _words(attempts: Iterable[Attempt]) -> list[str]:
    return [str(one) for one in attempts]
