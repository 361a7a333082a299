"""A reign on real servers: ordered, leased, started through the gate, stopped and confirmed."""

import asyncio
import dataclasses

import pytest

from orchestrator.transport import Done, Failed, FailureKind, Unreachable
from tests.guarding.conductor import Conductor, until
from tests.guarding.lab_settings import LEASE, resources_of

pytestmark = [pytest.mark.lab]
ONE, TWO = "linux1", "linux2"


async def test_a_reign_from_order_to_confirmed_stop(conductor: Conductor):
    about = await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)

    assert (about[ONE]["how"], about[ONE]["cover"]) == ("started", "systemd")
    assert conductor.serves() == ONE
    await until(lambda: conductor.hears_active(TWO), "the standby to hear the active")

    stopping = await conductor.stop(reign)
    await conductor.stop_service(reign)
    await until(lambda: conductor.phase_is(ONE, "idle"), "the end of the reign")
    stopped = await conductor.stop(reign)

    assert (stopping.accepted, stopping.why) == (False, "in-progress")
    assert (stopped.accepted, stopped.why, stopped.reign) == (True, "stopped", reign)
    assert stopped.report.held is False
    assert conductor.covers(ONE) == []


async def test_a_start_needs_the_open_gate(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    (address,), _ = resources_of(conductor.lab)
    wrong = [
        conductor.gate(reign, plan="plan-0"),
        conductor.gate(reign, incarnation="another"),
        conductor.gate(reign._replace(nonce="another")),
    ]
    named = [conductor.steps(reign, gate=gate) for gate in wrong]
    without = dataclasses.replace(conductor.steps(reign), gate=None)

    for steps in [*named, without]:
        reply = await conductor.call(ONE, "resource.start", reign=steps, **address)
        assert isinstance(reply, Failed), reply
        assert reply.kind is FailureKind.GATE_CLOSED


async def test_after_the_stop_the_gate_is_closed_for_starts_only(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.stop(reign)
    (address,), _ = resources_of(conductor.lab)

    reply = await conductor.call(ONE, "resource.start", reign=conductor.steps(reign), **address)
    await conductor.stop_service(reign)

    assert isinstance(reply, Failed), reply
    assert reply.kind is FailureKind.GATE_CLOSED


async def test_a_step_in_progress_does_not_outlive_the_gate(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    begun = "touch /run/begun; sleep 60; touch /run/done"
    slow = conductor.call(ONE, "run", reign=conductor.steps(reign), within=70.0, shell=begun)
    step = asyncio.ensure_future(slow)
    await until(lambda: conductor.is_there(ONE, "/run/begun"), "the step to begin")

    stopping = asyncio.ensure_future(conductor.stop_again(reign))
    await until(lambda: conductor.phase_is(ONE, "idle"), "the end of the reign")
    ended = await step
    await stopping

    assert isinstance(ended, Unreachable), ended
    assert not await conductor.is_there(ONE, "/run/done")


async def test_a_server_that_rebooted_starts_nothing_before_it_is_guarded(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    conductor.lab.reboot(ONE)
    (address,), _ = resources_of(conductor.lab)

    steps = conductor.steps(reign)
    reply = await conductor.call_anew(ONE, "resource.start", reign=steps, **address)

    assert isinstance(reply, Failed), reply
    assert (reply.kind, "no guard has run here" in reply.message) == (
        FailureKind.GATE_CLOSED,
        True,
    )


async def test_a_group_that_is_released_is_guarded_no_more(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)

    await conductor.done(ONE, "guard.stop")
    unguarded = dataclasses.replace(conductor.steps(reign), gate=None)
    (address,), _ = resources_of(conductor.lab)
    reply = await conductor.call(ONE, "resource.start", reign=unguarded, **address)
    await asyncio.sleep(LEASE)

    assert isinstance(reply, Done), reply
    assert conductor.serves() == ONE
    assert conductor.covers(ONE) == []


async def test_without_a_guard_the_helper_says_so(conductor: Conductor):
    reply = await conductor.call(ONE, "guard.say", message={"type": "status"})

    assert isinstance(reply, Failed), reply
    assert reply.kind is FailureKind.NO_GUARD
