"""What a guard does when its network, its process or its disk fails it."""

import asyncio
import time

import pytest

from tests.guarding.conductor import Conductor, until
from tests.guarding.lab_settings import LEASE, resource
from tests.lab.programs import ProgramFailed

pytestmark = [pytest.mark.lab]
ONE, TWO = "linux1", "linux2"


async def test_an_isolated_server_takes_its_service_down_before_its_lease_ends(
    conductor: Conductor,
):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    boot = conductor.boot_of(ONE)

    conductor.lab.isolate(ONE)
    cut_at = time.monotonic()
    await until(lambda: asyncio.to_thread(lambda: conductor.holds(ONE) == []), "the demotion")
    took_s = time.monotonic() - cut_at
    conductor.lab.join(ONE)
    await until(lambda: conductor.phase_is(ONE, "idle"), "the end of the reign")

    assert took_s < LEASE
    assert conductor.boot_of(ONE) == boot, "a demotion that succeeds resets nothing"
    assert conductor.covers(ONE) == []


async def test_a_killed_guard_comes_back_and_its_reign_goes_on(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    before, boot = await conductor.report(ONE), conductor.boot_of(ONE)

    conductor.lab.run(ONE, ["kill", "-KILL", str(conductor.guard_pid(ONE))])
    await until(lambda: conductor.has_another_guard(ONE, before.incarnation), "another guard")
    await asyncio.sleep(LEASE)  # had nobody taken the lease clock over, it would be over by now
    after = await conductor.report(ONE)

    assert (after.phase, after.reign) == ("reigning", reign)
    assert conductor.serves() == ONE
    assert conductor.boot_of(ONE) == boot


async def test_a_frozen_guard_has_its_server_reset_when_its_lease_ends(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    boot = conductor.boot_of(ONE)

    conductor.lab.run(ONE, ["kill", "-STOP", str(conductor.guard_pid(ONE))])
    frozen_at = time.monotonic()
    await until(lambda: has_rebooted(conductor, boot), "the reset")
    took_s = time.monotonic() - frozen_at

    assert took_s < LEASE + 1.0  # the time to notice it here is in it
    assert conductor.holds(ONE) == []


async def has_rebooted(conductor: Conductor, boot: str) -> bool:
    try:
        return conductor.boot_of(ONE) != boot
    except ProgramFailed:  # it is just going down or coming up
        return False


async def test_a_stop_that_hangs_ends_with_a_reset(conductor: Conductor):
    stuck = resource("command", "stuck", {"start": "true", "stop": "sleep 60", "check": "true"})
    idle = resource("command", "stuck", {"start": "true", "stop": "true", "check": "exit 3"})
    await conductor.start_both(resources=[[idle]])
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_guard(ONE, TWO, resources=[[stuck]])
    boot = conductor.boot_of(reign.server)

    conductor.lab.isolate(ONE)
    cut_at = time.monotonic()
    await until(lambda: has_rebooted(conductor, boot), "the reset")

    assert time.monotonic() - cut_at < LEASE + 1.0


async def test_a_guard_that_wakes_after_its_lease_resets_at_once(conductor: Conductor):
    await conductor.start_both(reset="none")
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    boot, pid = conductor.boot_of(ONE), conductor.guard_pid(ONE)

    conductor.lab.run(ONE, ["kill", "-STOP", str(pid)])
    await asyncio.sleep(LEASE + 0.5)
    uncovered = conductor.boot_of(ONE) == boot
    conductor.lab.run(ONE, ["kill", "-CONT", str(pid)])
    await until(lambda: has_rebooted(conductor, boot), "the reset")

    assert uncovered


async def test_an_idle_guard_that_dies_resets_nothing(conductor: Conductor):
    await conductor.start_both()
    boot = conductor.boot_of(TWO)

    conductor.lab.run(TWO, ["kill", "-STOP", str(conductor.guard_pid(TWO))])
    await asyncio.sleep(LEASE + 1.0)

    assert conductor.boot_of(TWO) == boot


async def test_a_guard_told_to_end_takes_its_service_down_first(conductor: Conductor):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    boot, pid = conductor.boot_of(ONE), conductor.guard_pid(ONE)

    conductor.lab.run(ONE, ["kill", "-TERM", str(pid)])
    await until(lambda: conductor.has_ended(ONE, pid), "the end of the guard")

    assert conductor.holds(ONE) == []
    assert conductor.boot_of(ONE) == boot


async def test_a_record_that_was_damaged_makes_the_server_forgetful_not_bold(
    conductor: Conductor,
):
    await conductor.start_both()
    before = await conductor.report(TWO)
    await conductor.restart_guard(
        TWO, spoil="printf x | dd of=/var/lib/hasys/web/guard conv=notrunc"
    )
    await conductor.start_guard(TWO, ONE)
    after = await conductor.report(TWO)

    assert (before.amnesiac, before.registered) == (False, conductor.registration)
    assert (after.amnesiac, after.registered.term, after.promise_left > 0) == (True, 0, True)


async def test_a_disk_that_takes_no_writes_refuses_orders_and_ends_no_lease(
    conductor: Conductor,
):
    await conductor.start_both()
    reign = await conductor.reign_on(ONE, 1)
    await conductor.start_service(reign)
    conductor.lab.run(ONE, ["sh", "-c", READ_ONLY])

    refusal = await conductor.refused_solo(reign)
    await asyncio.sleep(LEASE)
    after = await conductor.report(ONE)

    assert "record cannot be written" in refusal
    assert (after.phase, after.solo, after.solo_number) == ("reigning", False, 0)


READ_ONLY = """
nsenter --target 1 --mount sh -c '
mount --bind /var/lib/hasys /var/lib/hasys && mount -o remount,bind,ro /var/lib/hasys'
"""


async def test_two_groups_on_one_pair_know_nothing_of_each_other(conductor: Conductor):
    await conductor.start_both()
    other = Conductor(conductor.lab, "erp", port=7411)
    try:
        await other.start_both()
        mine = await conductor.reign_on(ONE, 1)
        theirs = await other.reign_on(TWO, 1)

        await conductor.stop(mine)
        await until(lambda: conductor.phase_is(ONE, "idle"), "the end of one reign")

        assert (await other.report(TWO)).reign == theirs
        assert await other.phase_is(TWO, "reigning")
    finally:
        await other.close()
