"""The devices of a group's servers, level by level: order off, read back, and nothing less.

The only place that says "fenced". Made by `runtime`; used by the controller's loop and by hand.
"""

import dataclasses
import itertools
from collections.abc import Mapping, Sequence

from orchestrator.clock import Clock
from orchestrator.fencing.agents import Agents
from orchestrator.fencing.device import Device
from orchestrator.fencing.outcome import (
    Action,
    Attempt,
    Fenced,
    FenceOutcome,
    NotFenced,
    Power,
    Reading,
)
from orchestrator.model import FenceDevice, Reason, Refusal, ServerName

NO_DEVICE = "write fencing: in the group's file; or go there and see that it is off"
ADVICE = "repair the device; or go there, switch the server off and see that it is off"


class Fencer:
    """All that it does ends within `longest_s`, whatever the devices do."""

    def __init__(
        self,
        fencing: Mapping[ServerName, Sequence[FenceDevice]],
        agents: Agents,
        clock: Clock,
    ) -> None:
        self._devices = {
            server: [
                Device(one, agents, clock) for one in sorted(devices, key=lambda one: one.level)
            ]
            for server, devices in fencing.items()
        }
        self._clock = clock

    def longest_s(self, server: ServerName) -> float:
        """How long `fence` can take, but for tenths: each device is told once and asked once."""
        devices = [device.settings for device in self._devices.get(server, [])]
        return sum(device.delay_s + 2 * device.timeout_s for device in devices)

    async def fence(self, server: ServerName) -> FenceOutcome:
        """Level by level until one has switched the server off and says so when asked again.

        The order's own success does not count by itself: an agent may report it before the power
        is gone, and a plug that feeds nothing reports it, too.
        """
        begun = self._clock.monotonic()
        attempts: list[Attempt] = []
        for _, level in itertools.groupby(
            self._devices.get(server, []), key=lambda device: device.settings.level
        ):
            if await self._switched_off(list(level), attempts):
                now = self._clock.monotonic()
                return Fenced(
                    server=server, read_at=now, attempts=tuple(attempts), took_s=now - begun
                )
        now = self._clock.monotonic()
        return NotFenced(
            server=server,
            refusal=_refusal(server, attempts),
            attempts=tuple(attempts),
            took_s=now - begun,
            ended_at=now,
            may_still_act=any(one.action is Action.OFF and one.sent for one in attempts),
        )

    async def _switched_off(self, level: list[Device], attempts: list[Attempt]) -> bool:
        """All devices of one level: a server with two power supplies is off when both are."""
        for device in level:
            await self._clock.sleep(device.settings.delay_s)
            attempt, _ = await device.ask(Action.OFF)
            attempts.append(attempt)
            if not attempt.done:
                return False
        for device in level:
            reading = await device.read()
            attempts.append(_against_order(reading))
            if reading.power is not Power.OFF:
                return False
        return True

    async def switch_on(self, server: ServerName) -> tuple[Reading, ...]:
        """All devices, the last level first: a board needs the power of the strip behind it."""
        readings = []
        for device in reversed(self._devices.get(server, [])):
            attempt, _ = await device.ask(Action.ON)
            readings.append(
                await device.read()
                if attempt.done
                else Reading(power=Power.UNKNOWN, attempt=attempt)
            )
        return tuple(readings)

    async def status(self, server: ServerName) -> tuple[Reading, ...]:
        return tuple([await device.read() for device in self._devices.get(server, [])])

    async def monitor(self, server: ServerName) -> tuple[Attempt, ...]:
        """Whether the devices can be talked to; nothing of the server is asked."""
        found = [await device.ask(Action.MONITOR) for device in self._devices.get(server, [])]
        return tuple(attempt for attempt, _ in found)


def _against_order(reading: Reading) -> Attempt:
    """The reading after an order: what counts for a reading by itself is a failure here."""
    words = {
        Power.OFF: "it is off",
        Power.ON: "it still reads on",
        Power.UNKNOWN: f"it cannot tell whether it is off: {reading.attempt.saw}",
    }
    return dataclasses.replace(
        reading.attempt, done=reading.power is Power.OFF, saw=words[reading.power]
    )


def _refusal(server: ServerName, attempts: list[Attempt]) -> Refusal:
    if not attempts:
        return Refusal(
            reason=Reason.FENCE_NEEDED,
            evidence=f"{server} has no fencing device",
            advice=NO_DEVICE,
        )
    seen = "; ".join(str(one) for one in attempts)
    return Refusal(
        reason=Reason.FENCE_FAILED,
        evidence=f"{server} is not known to be off: {seen}",
        advice=ADVICE,
    )
