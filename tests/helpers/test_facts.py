"""What the machine says of itself: the same by psutil and by /proc, and cheap for each poll."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

import pytest

from orchestrator.model import HostFacts
from remote_helpers import facts
from remote_helpers.resources import processes


def test_every_field_of_the_model_is_answered_as_json():
    found = json.loads(json.dumps(facts.read()))

    assert set(HostFacts.__dataclass_fields__) <= set(found)
    assert found["hostname"] == socket.gethostname()
    assert found["boot_id"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert found["kernel"] == os.uname().release
    assert found["cpus_total"] >= found["cpus_online"] >= 1
    assert found["memory_bytes"] > found["memory_available_bytes"] > 0


def test_the_operating_system_is_called_as_it_calls_itself():
    said = subprocess.run(
        ["/bin/sh", "-c", '. /etc/os-release; printf %s "$PRETTY_NAME"'],
        capture_output=True,
        text=True,
        check=True,
    )

    assert facts.os_name() == said.stdout


def test_psutil_and_proc_say_the_same():
    earlier, by_psutil, by_proc = facts.load_of_proc(), facts.load_of_psutil(), facts.load_of_proc()

    assert by_proc.memory_bytes == by_psutil.memory_bytes
    assert by_proc.memory_available_bytes == pytest.approx(
        by_psutil.memory_available_bytes, rel=0.05
    )
    assert by_psutil.load1 in (earlier.load1, by_proc.load1)
    assert by_proc.uptime_s == pytest.approx(by_psutil.uptime_s, abs=1.0)


def test_psutil_and_proc_list_the_same_processes():
    """The list changes all the time; whoever is there before and after must be in both."""
    before = processes.running_of_proc()
    by_psutil = processes.running_of_psutil()
    after = processes.running_of_proc()
    steady = [one for one in before if one in after]

    assert len(steady) > 1
    assert [one for one in steady if one not in by_psutil] == []


def test_a_kernel_that_tells_no_available_memory_is_estimated(tmp_path: Path):
    (tmp_path / "meminfo").write_text(
        "MemTotal:  1000 kB\nMemFree:  100 kB\nBuffers:  20 kB\nCached:  300 kB\nHugePages:  0\n"
    )
    (tmp_path / "loadavg").write_text("0.50 0.40 0.30 1/100 4711\n")
    (tmp_path / "uptime").write_text("12.34 20.00\n")

    assert facts.load_of_proc(str(tmp_path)) == facts.Load(
        memory_bytes=1000 * 1024, memory_available_bytes=420 * 1024, load1=0.5, uptime_s=12.34
    )


def test_it_is_cheap_enough_for_every_poll():
    facts.read()
    began = time.process_time()
    for _ in range(50):
        facts.read()
    each_s = (time.process_time() - began) / 50

    assert each_s < 0.01  # about 0.5 ms on an idle machine; wide, for machines that are not idle
