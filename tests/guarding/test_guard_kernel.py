"""Guards on machines with kernels of their own: a real watchdog, real resets, clocks that jump."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.guarding.conductor import Conductor, until
from tests.guarding.lab_settings import LEASE
from tests.lab.kernel.lab import KernelLab

pytestmark = [pytest.mark.kernel_lab]
ONE, TWO = "linux1", "linux2"
WATCHDOG = {"watchdog_device": "/dev/watchdog", "watchdog": 2.0}


@pytest.fixture
async def conductor(fresh_kernel_lab: KernelLab) -> AsyncIterator[Conductor]:
    one = Conductor(fresh_kernel_lab)
    yield one
    await one.close()


async def test_a_watchdog_that_cannot_be_stopped_is_fed_in_a_reign_and_after(
    conductor: Conductor,
):
    """The kernel of these machines is built with CONFIG_WATCHDOG_NOWAYOUT."""
    about = await conductor.start_both(**WATCHDOG)
    boot = conductor.boot_of(ONE)
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    await asyncio.sleep(LEASE)
    await conductor.stop(reign)
    await conductor.stop_service(reign)
    await until(lambda: conductor.phase_is(ONE, "idle"), "the end of the reign")
    await asyncio.sleep(LEASE)

    assert about[ONE]["cover"] == "device"
    assert about[ONE]["warnings"] == []
    assert conductor.boot_of(ONE) == boot


async def test_a_frozen_guard_has_its_machine_reset_by_the_watchdog(
    conductor: Conductor, fresh_kernel_lab: KernelLab
):
    lab = fresh_kernel_lab
    await conductor.start_both(**WATCHDOG)
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    life = lab.machine(ONE).life()

    lab.run(ONE, ["kill", "-STOP", str(conductor.guard_pid(ONE))])
    await asyncio.to_thread(lab.wait_for_next_boot, ONE, life)  # nobody else would reset it

    assert conductor.holds(ONE) == []


async def test_a_machine_that_wakes_after_its_lease_resets_itself(
    conductor: Conductor, fresh_kernel_lab: KernelLab
):
    lab = fresh_kernel_lab
    await conductor.start_both(reset="none")
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    life = lab.machine(ONE).life()

    lab.freeze(ONE)
    await asyncio.sleep(LEASE + 2.0)
    lab.thaw(ONE)
    await asyncio.to_thread(lab.wait_for_next_boot, ONE, life)

    assert conductor.holds(ONE) == []


async def test_a_step_of_the_wall_clock_changes_nothing(
    conductor: Conductor, fresh_kernel_lab: KernelLab
):
    lab = fresh_kernel_lab
    await conductor.start_both(**WATCHDOG)
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    boots = [conductor.boot_of(server) for server in (ONE, TWO)]

    lab.clock_step(ONE, 3600.0)
    lab.clock_step(TWO, -3600.0)
    await asyncio.sleep(LEASE)
    after = await conductor.report(ONE)

    assert (after.phase, after.reign) == ("reigning", reign)
    assert [conductor.boot_of(server) for server in (ONE, TWO)] == boots
    assert conductor.serves() == ONE
