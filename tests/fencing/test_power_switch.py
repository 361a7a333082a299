"""A real fence agent against a real IPMI device that really cuts a machine's power."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestrator.clock import SystemClock
from orchestrator.fencing import Agents, Fenced, Fencer, NotFenced, Power
from orchestrator.model import FenceDevice, Secret, ServerName
from tests.lab import programs
from tests.lab.kernel import chassis
from tests.lab.kernel.lab import KernelLab

pytestmark = pytest.mark.kernel_lab
ONE = "linux1"


@pytest.fixture
def device(kernel_lab: KernelLab, tmp_path: Path) -> FenceDevice:
    programs.require_programs({"fence_ipmilan": "fence-agents", "ipmitool": "ipmitool"})
    password = tmp_path / "password"
    password.write_text(chassis.PASSWORD)
    password.chmod(0o600)
    return FenceDevice(
        agent="fence_ipmilan",
        options={
            "ip": kernel_lab.power_switch(ONE).address,
            "username": chassis.USER,
            "password": Secret(file=password),
            "lanplus": "true",
            "cipher": "3",
        },
    )


def fencer(*devices: FenceDevice) -> Fencer:
    return Fencer({ServerName(ONE): devices}, Agents(os.environ), SystemClock())


@pytest.mark.mission("A1")
async def test_the_machine_is_off_and_can_be_switched_on(kernel_lab, device: FenceDevice):
    one = fencer(device)

    outcome = await one.fence(ServerName(ONE))

    assert isinstance(outcome, Fenced)
    assert not kernel_lab.powered(ONE)
    assert kernel_lab.powered("linux2")
    (reading,) = await one.switch_on(ServerName(ONE))
    assert reading.power is Power.ON
    assert kernel_lab.powered(ONE)


async def test_a_wrong_password_fences_nobody(kernel_lab, device: FenceDevice, tmp_path: Path):
    wrong = tmp_path / "wrong"
    wrong.write_text("guessed")
    wrong.chmod(0o600)
    options = {**device.options, "password": Secret(file=wrong)}

    outcome = await fencer(dataclasses.replace(device, options=options)).fence(ServerName(ONE))

    assert isinstance(outcome, NotFenced)
    assert "guessed" not in outcome.refusal.evidence
    assert kernel_lab.powered(ONE)


async def test_a_dead_board_is_a_refusal_in_bounded_time(kernel_lab, device: FenceDevice):
    kernel_lab.power_switch_off(ONE)
    impatient = dataclasses.replace(device, timeout_s=2.0)

    outcome = await fencer(impatient).fence(ServerName(ONE))

    assert isinstance(outcome, NotFenced)
    assert outcome.refusal.evidence.endswith("off: timed out after 2 s")
    assert kernel_lab.powered(ONE)


@pytest.fixture
def frozen_board(kernel_lab: KernelLab) -> Iterator[None]:
    """The device is there and says nothing: its program is stopped."""
    board = int((kernel_lab.machine(ONE).folder / "ipmi" / "process").read_text().split()[0])
    os.kill(board, signal.SIGSTOP)
    yield
    os.kill(board, signal.SIGCONT)


@pytest.mark.usefixtures("frozen_board")
async def test_a_board_that_hangs_leaves_the_next_level(kernel_lab, device, tmp_path: Path):
    """The second device here is a stand-in: a switched power strip of the lab's own."""
    strip = tmp_path / "fence_strip"
    pid = kernel_lab.machine(ONE).folder
    strip.write_text(
        "#!/bin/sh\n"
        'while IFS="=" read -r name value; do [ "$name" = action ] && action=$value; done\n'
        f"cd {Path(__file__).parents[2]} && "
        f'run() {{ {sys.executable} -m tests.lab.kernel.chassis {pid} "$@"; }}\n'
        'case "$action" in off) run set power 0;;\n'
        'status) case "$(run get power)" in power:0) exit 2;; esac;; esac\n'
    )
    strip.chmod(0o755)
    second = FenceDevice(agent=str(strip), level=2)

    outcome = await fencer(dataclasses.replace(device, timeout_s=2.0), second).fence(
        ServerName(ONE)
    )

    assert isinstance(outcome, Fenced)
    assert outcome.attempts[0].saw == "timed out after 2 s"
    assert not kernel_lab.powered(ONE)
