"""Kernel labs come and go: twice in a row, side by side, after their owner was killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.lab import kinds, programs, provided, registry, teardown
from tests.lab.checks import ONE, PROJECT, TWO, left_of, reaches, shell, speaks
from tests.lab.kernel.lab import KernelLab

pytestmark = pytest.mark.kernel_lab
StepClock = Callable[[str], None]


def test_up_and_down_twice_in_a_row_leaves_nothing(step: StepClock):
    for turn in ("first", "second"):
        with provided.lab("kernel") as lab:
            step(f"{turn} time: up")
            assert isinstance(lab, KernelLab)
            record = lab.record
            assert speaks(lab.description.server(TWO).address)
            step("(asked)")
        step(f"{turn} time: down")
        assert remains(record) == []


def test_two_labs_side_by_side_do_not_see_each_other(kernel_lab: KernelLab):
    with provided.lab("kernel") as other:
        assert isinstance(other, KernelLab)
        address = other.description.server(ONE).address
        assert speaks(address)
        assert not reaches(kernel_lab, ONE, address)
        other.power_off(ONE)
        assert speaks(kernel_lab.description.server(ONE).address)
        other.panic(TWO)
    assert speaks(kernel_lab.description.server(TWO).address)
    assert kernel_lab.run(ONE, ["hostname"]).strip() == ONE
    assert remains(other.record) == []


def test_a_lab_whose_owner_was_killed_is_swept_away():
    lab_id = registry.unique_lab_id()
    script = (
        "import time; from tests.lab import kinds; "
        f"kinds.up('kernel', {lab_id!r}); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        record = registry.find(lab_id)
        os.kill(owner.pid, signal.SIGKILL)
    assert remains(record)
    teardown.sweep()
    assert remains(record) == []


def test_the_command_line_brings_up_breaks_and_takes_down():
    lab_id = registry.unique_lab_id()
    up = shell("kernel", "up", "--json", "--lab", lab_id)
    assert up.returncode == 0, up.stderr
    try:
        described = json.loads(up.stdout)
        record = registry.find(lab_id)
        address = described["servers"][0]["address"]
        assert pinged(described["client"]["enter"], address)
        entered = programs.run([*described["servers"][1]["enter"], "hostname"])
        assert entered.strip() == TWO
        for fault in ("clock-step=-60", "clock-right", "delay=5", "delay=0", "disk-error"):
            done = shell(fault, ONE, "--lab", lab_id)
            assert done.returncode == 0, done.stderr
        for fault, reached in (("cut-public-receiving", False), ("join", True), ("panic", False)):
            assert shell(fault, ONE, "--lab", lab_id).returncode == 0
            assert pinged(described["client"]["enter"], address) is reached, fault
        assert shell("delay=fast", ONE, "--lab", lab_id).returncode == 2
    finally:
        down = shell("down", "--lab", lab_id)
    assert down.returncode == 0, down.stderr
    assert remains(record) == []


def test_where_it_cannot_run_tests_say_so_and_fail_in_ci(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> None:
        raise programs.CannotRun("no user-mode-linux here")

    monkeypatch.setattr(kinds, "up", refuse)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="NOT RUN: no user-mode-linux"):
        provided.lab("kernel").__enter__()
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="must run in continuous integration"):
        provided.lab("kernel").__enter__()


def pinged(enter: list[str], address: str) -> bool:
    try:
        programs.run([*enter, "ping", "-c", "3", "-i", "0.2", "-W", "1", address])
    except programs.ProgramFailed:
        return False
    return True


def remains(record: registry.LabRecord) -> list[str]:
    """Whatever on this machine still belongs to that lab."""
    disks = [str(record.disks)] if record.disks.exists() else []
    return disks + left_of(record.lab, record.index)
