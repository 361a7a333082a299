"""The kernel lab itself: machines that really die, and every way in which they do."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.lab import addresses, programs
from tests.lab.checks import ONE, TWO, eventually, heard, reaches, seen_by_client, speaks, ssh
from tests.lab.kernel import chassis
from tests.lab.kernel.lab import KernelLab
from tests.lab.network import PUBLIC, Direction

pytestmark = pytest.mark.kernel_lab
StepClock = Callable[[str], None]
BOOT_ID = ["cat", "/proc/sys/kernel/random/boot_id"]
READ_DISK = ["dd", "if=/dev/mapper/data", "of=/dev/null", "bs=4k", "count=1", "iflag=direct"]


def test_two_machines_with_kernels_of_their_own(kernel_lab: KernelLab):
    for server in kernel_lab.description.servers:
        assert ssh(server, "hostname").strip() == server.name
        kernel = ssh(server, "uname", "-r").strip()
        assert kernel != os.uname().release
        running = ["systemctl", "is-system-running", "--wait"]
        assert kernel_lab.run(server.name, running).strip() == "running"
        assert kernel_lab.run(server.name, ["echo", "a  b", "$c;'"]).strip() == "a  b $c;'"
        disks = kernel_lab.run(server.name, ["ls", "/dev/mapper/data", "/dev/ubdc"])
        assert len(disks.split()) == 2
    ids = {kernel_lab.run(server, BOOT_ID) for server in (ONE, TWO)}
    assert len(ids) == 2
    assert all(seen_by_client(kernel_lab, server) for server in (ONE, TWO))
    assert reaches(kernel_lab, ONE, kernel_lab.network.addresses.heartbeat(TWO), 1)


def test_a_power_cut_loses_what_was_not_written(kernel_lab: KernelLab, step: StepClock):
    before = kernel_lab.run(ONE, BOOT_ID)
    kernel_lab.shell(ONE, "echo kept > /root/kept; sync; echo lost > /root/lost")
    kernel_lab.power_off(ONE)
    step("power off")
    assert not kernel_lab.powered(ONE)
    assert not seen_by_client(kernel_lab, ONE)
    assert speaks(kernel_lab.description.server(TWO).address)
    step("(asked whether it is off)")
    kernel_lab.power_on(ONE)
    step("power on until ssh answers")
    assert kernel_lab.run(ONE, BOOT_ID) != before
    assert kernel_lab.run(ONE, ["cat", "/root/kept"]) == "kept\n"
    assert kernel_lab.shell(ONE, "cat /root/lost 2>/dev/null || true") == ""


def test_resets_of_both_kinds_bring_it_back(kernel_lab: KernelLab, step: StepClock):
    seen = {kernel_lab.run(ONE, BOOT_ID)}
    for name, reset in (
        ("reset until ssh answers", kernel_lab.reboot),
        ("orderly reboot until ssh answers", kernel_lab.shut_down_and_boot),
    ):
        reset(ONE)
        step(name)
        assert speaks(kernel_lab.description.server(ONE).address)
        seen.add(kernel_lab.run(ONE, BOOT_ID))
    assert len(seen) == 3


def test_a_reset_ends_even_a_frozen_machine(kernel_lab: KernelLab):
    before = kernel_lab.run(TWO, BOOT_ID)
    kernel_lab.freeze(TWO)
    kernel_lab.reboot(TWO)
    assert kernel_lab.run(TWO, BOOT_ID) != before


def test_a_panic_ends_it(kernel_lab: KernelLab):
    kernel_lab.panic(TWO)
    assert not kernel_lab.powered(TWO)
    assert not seen_by_client(kernel_lab, TWO)
    assert "sysrq triggered crash" in kernel_lab.machine(TWO).said(200)


def test_a_frozen_machine_is_silent_and_goes_on_later(kernel_lab: KernelLab):
    before = kernel_lab.run(TWO, BOOT_ID)
    kernel_lab.freeze(TWO)
    assert kernel_lab.powered(TWO)
    assert not seen_by_client(kernel_lab, TWO)
    kernel_lab.thaw(TWO)
    assert speaks(kernel_lab.description.server(TWO).address)
    assert kernel_lab.run(TWO, BOOT_ID) == before
    assert abs(clock_error_s(kernel_lab, TWO)) < 1


def test_a_starved_watchdog_resets_it(kernel_lab: KernelLab, step: StepClock):
    life = kernel_lab.machine(ONE).life()
    before = kernel_lab.run(ONE, BOOT_ID)
    kernel_lab.starve_watchdog(ONE, margin_s=2)
    step("watchdog armed")
    kernel_lab.wait_for_next_boot(ONE, life)
    step("watchdog of 2 s: reset and ssh answers")
    assert kernel_lab.run(ONE, BOOT_ID) != before


def test_networks_are_cut_one_by_one_and_one_way(kernel_lab: KernelLab):
    two = kernel_lab.description.server(TWO).address
    heartbeat = kernel_lab.network.addresses.heartbeat(TWO)
    kernel_lab.cut_public(ONE)
    assert not seen_by_client(kernel_lab, ONE)
    assert seen_by_client(kernel_lab, TWO)
    assert reaches(kernel_lab, ONE, heartbeat, 1)
    kernel_lab.join_public(ONE)
    assert seen_by_client(kernel_lab, ONE)
    kernel_lab.cut_heartbeat(TWO, Direction.SENDING)
    assert heard(kernel_lab, ONE, TWO, wait_s=5)
    assert not heard(kernel_lab, TWO, ONE, wait_s=2)
    kernel_lab.join_heartbeat(TWO)
    kernel_lab.network.cut_between(PUBLIC, ONE, TWO)
    assert not reaches(kernel_lab, ONE, two)
    assert seen_by_client(kernel_lab, ONE)
    kernel_lab.network.join_between(PUBLIC, ONE, TWO)
    kernel_lab.isolate(ONE)
    assert not seen_by_client(kernel_lab, ONE)
    assert not reaches(kernel_lab, ONE, heartbeat)
    kernel_lab.join(ONE)
    assert speaks(kernel_lab.description.server(ONE).address)


def test_packets_are_lost_and_late(kernel_lab: KernelLab):
    address = kernel_lab.description.server(ONE).address
    ping(kernel_lab, address, "-c", "1", "-W", "1", r" (0)% packet")  # they know each other's cards
    kernel_lab.loss(ONE, 50)
    sixty = ("-c", "60", "-i", "0.01", "-W", "0.2")
    lost = float(ping(kernel_lab, address, *sixty, r"([\d.]+)% packet"))
    assert 40 < lost < 97  # lost on the way there or on the way back
    kernel_lab.loss(ONE, 0)
    kernel_lab.delay(ONE, 80)
    fastest = float(ping(kernel_lab, address, "-c", "3", "-i", "0.1", r"= ([\d.]+)/"))
    assert fastest >= 80
    kernel_lab.delay(ONE, 0)
    fastest = float(ping(kernel_lab, address, "-c", "3", "-i", "0.1", r"= ([\d.]+)/"))
    assert fastest < 80


def test_the_data_disk_fails_hangs_and_is_mended(kernel_lab: KernelLab):
    kernel_lab.run(TWO, READ_DISK)
    kernel_lab.disk_error(TWO)
    with pytest.raises(programs.ProgramFailed, match="Input/output error"):
        kernel_lab.run(TWO, READ_DISK)
    kernel_lab.disk_mend(TWO)
    kernel_lab.run(TWO, READ_DISK)
    kernel_lab.disk_flaky(TWO)
    reading = (
        f"for i in $(seq 15); do {' '.join(READ_DISK)} 2>/dev/null && echo ok; sleep 0.1; done"
    )
    good = kernel_lab.run(TWO, ["sh", "-c", f"{reading}; true"]).count("ok")
    assert 0 < good < 15
    kernel_lab.disk_hang(TWO)
    reader = f"systemd-run --quiet --unit=reader --collect {' '.join(READ_DISK)}"
    kernel_lab.shell(TWO, f"{reader}; sleep 0.5; systemctl is-active reader")
    kernel_lab.disk_mend(TWO)
    ended = ["sh", "-c", "systemctl is-active reader || true"]
    assert eventually(lambda: kernel_lab.run(TWO, ended).strip() == "inactive")


def test_a_full_disk_takes_not_one_byte(kernel_lab: KernelLab):
    kernel_lab.disk_full(ONE)
    with pytest.raises(programs.ProgramFailed, match="No space left"):
        kernel_lab.run(ONE, ["dd", "if=/dev/zero", "of=/root/more", "bs=64k", "count=1"])
    kernel_lab.disk_free(ONE)
    kernel_lab.run(ONE, ["dd", "if=/dev/zero", "of=/root/more", "bs=64k", "count=1"])


def test_load_and_scarce_memory_do_not_kill_it(kernel_lab: KernelLab):
    kernel_lab.cpu_load(ONE, workers=4)
    idle = ["sh", "-c", "awk '/^cpu /{print $5}' /proc/stat"]
    before = int(kernel_lab.run(ONE, idle))
    time.sleep(0.5)
    assert int(kernel_lab.run(ONE, idle)) - before <= 5  # hundredths of a second
    kernel_lab.cpu_relief(ONE)
    kernel_lab.memory_pressure(ONE, leave_mb=96)
    available = ["sh", "-c", "awk '/^MemAvailable/{print $2}' /proc/meminfo"]
    assert int(kernel_lab.run(ONE, available)) < 100 << 10
    assert speaks(kernel_lab.description.server(ONE).address)
    kernel_lab.memory_relief(ONE)
    assert int(kernel_lab.run(ONE, available)) > 140 << 10


def test_the_clock_jumps_and_is_set_right(kernel_lab: KernelLab):
    kernel_lab.clock_step(ONE, 3600)
    assert 3590 < clock_error_s(kernel_lab, ONE) < 3610
    assert abs(clock_error_s(kernel_lab, TWO)) < 5
    kernel_lab.clock_right(ONE)
    assert abs(clock_error_s(kernel_lab, ONE)) < 5


def test_a_fence_agent_really_cuts_power(kernel_lab: KernelLab, step: StepClock):
    programs.require_programs({"fence_ipmilan": "fence-agents", "ipmitool": "ipmitool"})
    before = kernel_lab.run(TWO, BOOT_ID)
    assert fence(kernel_lab, TWO, "status") == (0, True)
    step("fence_ipmilan: status")
    assert fence(kernel_lab, TWO, "off") == (0, False)
    step("fence_ipmilan: off")
    assert fence(kernel_lab, TWO, "status") == (2, False)  # 2: off, as fence agents say it
    assert kernel_lab.powered(ONE)
    step("fence_ipmilan: status of a machine that is off")
    assert fence(kernel_lab, TWO, "on") == (0, True)
    step("fence_ipmilan: on")
    assert speaks(kernel_lab.description.server(TWO).address)
    assert kernel_lab.run(TWO, BOOT_ID) != before
    kernel_lab.power_switch_off(TWO)
    assert fence(kernel_lab, TWO, "off", "login_timeout=1\npower_timeout=1\n") == (1, True)


def fence(lab: KernelLab, server: str, action: str, more: str = "") -> tuple[int, bool]:
    """What the agent said, and whether the machine is on then."""
    options = f"ip={lab.power_switch(server).address}\nipport={chassis.PORT}\n{more}"
    login = f"username={chassis.USER}\npassword={chassis.PASSWORD}\nlanplus=1\ncipher=3\n"
    done = subprocess.run(
        ["fence_ipmilan"],
        input=f"{options}{login}action={action}\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, lab.powered(server)


def ping(lab: KernelLab, address: str, *options_and_pattern: str) -> str:
    *options, pattern = options_and_pattern
    done = subprocess.run(
        [*lab.description.client.enter, "ping", *options, address],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    found = re.search(pattern, done.stdout)
    assert found, done.stdout
    return found[1]


def clock_error_s(lab: KernelLab, server: str) -> float:
    return float(lab.run(server, ["date", "+%s.%N"])) - time.time()


def test_no_server_but_the_two(kernel_lab: KernelLab):
    with pytest.raises(ValueError, match="no server 'linux3'"):
        kernel_lab.power_off("linux3")
    assert addresses.SERVERS == (ONE, TWO)
