"""What becomes of the loop's orders to fencing devices. The devices are programs that play them."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from orchestrator.daemon.fences import AGAIN_S, Fences
from orchestrator.decision.intents import Fence
from orchestrator.fencing import Agents, Fenced, FenceOutcome, Fencer, NotFenced
from orchestrator.model import FenceDevice, ServerName
from orchestrator.model.guard_report import FenceResult
from remote_helpers.protocol.words import Reign
from tests.fencing import devices
from tests.fencing.devices import agent, orders
from tests.support.clock import JumpingClock

ONE = ServerName("one")
ORDER = Fence(server=ONE, reign=Reign(epoch=7, controller="c", nonce="n", server="one", boot="b"))

OLDER = Reign(epoch=6, controller="c", nonce="o", server="one", boot="b")


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
            reigns=lambda _server: (OLDER, ORDER.reign),
        )

    async def off(self) -> FenceOutcome:
        return await self.fences.off(ONE, self.told.append)


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


async def test_a_playbooks_order_is_a_proof_for_every_reign_that_may_run_there(tmp_path: Path):
    desk = Desk(agent(tmp_path, "device", devices.OBEYS))

    outcome = await desk.off()

    assert isinstance(outcome, Fenced)
    assert [(one.asked_for, one.off) for one in desk.results] == [
        (OLDER, True),
        (ORDER.reign, True),
    ]
    assert desk.told == [outcome]


async def test_while_one_order_is_under_way_no_second_is_given(tmp_path: Path):
    desk = Desk(agent(tmp_path, "device", devices.OBEYS))
    assert desk.fences.takes(ORDER)
    by_the_loop = asyncio.create_task(desk.fences.carry_out(ORDER))

    outcome = await desk.off()
    await by_the_loop

    assert orders(tmp_path, "device") == ["off", "status"]
    assert desk.told == [outcome]
    by_a_playbook = asyncio.create_task(desk.off())
    await asyncio.sleep(0)
    desk.clock.now += AGAIN_S
    assert not desk.fences.takes(ORDER)
    await by_a_playbook


async def test_where_the_loops_order_failed_a_playbooks_is_given(tmp_path: Path):
    desk = Desk(agent(tmp_path, "device", devices.LIES))
    assert desk.fences.takes(ORDER)
    by_the_loop = asyncio.create_task(desk.fences.carry_out(ORDER))

    outcome = await desk.off()
    await by_the_loop

    assert isinstance(outcome, NotFenced)
    assert orders(tmp_path, "device").count("off") == 2


async def test_a_run_that_is_ended_takes_its_order_not_with_it(tmp_path: Path):
    """A failover ends the run in the middle of the order, and needs its result."""
    desk = Desk(agent(tmp_path, "device", devices.OBEYS))
    run = asyncio.create_task(desk.off())
    await asyncio.sleep(0)

    run.cancel()
    await asyncio.wait([run])

    assert run.cancelled()
    assert isinstance(await desk.off(), Fenced)
    assert orders(tmp_path, "device") == ["off", "status"]
