"""What becomes of the loop's orders to fencing devices. The devices are programs that play them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from orchestrator.daemon.fences import AGAIN_S, Fences
from orchestrator.decision.intents import Fence
from orchestrator.fencing import Agents, FenceOutcome, Fencer
from orchestrator.model import FenceDevice, ServerName
from orchestrator.model.guard_report import FenceResult
from remote_helpers.protocol.words import Reign
from tests.fencing import devices
from tests.fencing.devices import agent, orders
from tests.support.clock import JumpingClock

ONE = ServerName("one")
ORDER = Fence(server=ONE, reign=Reign(epoch=7, controller="c", nonce="n", server="one", boot="b"))


class Desk:
    def __init__(self, device: FenceDevice) -> None:
        self.clock = JumpingClock()
        self.results: list[FenceResult] = []
        self.told: list[FenceOutcome] = []
        self.fences = Fences(
            Fencer({ONE: [device]}, Agents(os.environ), self.clock),
            self.clock,
            done=self.results.append,
            told=self.told.append,
        )


async def test_an_order_is_given_once_and_its_result_is_for_that_reign(tmp_path: Path):
    desk = Desk(agent(tmp_path, "device", devices.OBEYS))
    assert desk.fences.takes(ORDER)
    carrying = asyncio.create_task(desk.fences.carry_out(ORDER))

    asked_again = desk.fences.takes(ORDER)
    await carrying

    assert not asked_again
    assert orders(tmp_path, "device") == ["off", "status"]
    (result,) = desk.results
    assert (result.off, result.asked_for) == (True, ORDER.reign)


async def test_devices_that_fail_are_tried_again_after_a_pause(tmp_path: Path):
    desk = Desk(agent(tmp_path, "device", devices.LIES))
    assert desk.fences.takes(ORDER)
    await desk.fences.carry_out(ORDER)

    at_once = desk.fences.takes(ORDER)
    desk.clock.now += AGAIN_S

    assert not at_once
    assert desk.fences.takes(ORDER)
    assert not desk.results[0].off


async def test_an_order_that_was_not_answered_is_looked_after(tmp_path: Path):
    """The device hangs once, and can be asked later."""
    body = f'[ "$opt_action" = off ] && {devices.HANGS}; exit 0'
    desk = Desk(agent(tmp_path, "device", body, timeout_s=0.5))
    assert desk.fences.takes(ORDER)

    await desk.fences.carry_out(ORDER)

    unanswered, later = desk.results
    assert unanswered.may_still_act
    assert (later.asked_for, later.off, later.may_still_act) == (None, False, False)
