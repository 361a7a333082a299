"""Labs as they are used: from the shell, with client and witness, side by side, taken away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.lab import kinds, programs, registry, teardown
from tests.lab.checks import (
    ONE,
    PROJECT,
    TWO,
    answers,
    eventually,
    left_of,
    reaches,
    serve,
    shell,
    take_address,
)
from tests.lab.namespaces.lab import NamespacesLab
from tests.lab.outage import measure_outage
from tests.lab.witness import Thing, Witness

pytestmark = pytest.mark.lab


def test_client_and_witness_see_a_move_and_an_overlap(namespaces_lab: NamespacesLab):
    lab = namespaces_lab
    with Witness(lab.description) as witness:
        serve(lab, ONE)
        with measure_outage(lab.description) as measured:
            time.sleep(0.3)
            lab.power_off(ONE)
            serve(lab, TWO)
            time.sleep(0.3)
        moved = witness.timeline
        lab.power_on(ONE)
        take_address(lab, ONE)
        assert eventually(lambda: bool(witness.timeline.both(Thing.ADDRESS)))
    report = measured.report
    assert set(report.answers) == {ONE, TWO}
    assert 0.05 < report.total_s < 5
    assert report.outages[-1].ended is not None
    moved.assert_never_both()
    assert moved.spans(ONE, Thing.ADDRESS)
    assert moved.spans(TWO, Thing.SERVICE)
    with pytest.raises(AssertionError, match="two servers had the address at once"):
        witness.timeline.assert_never_both()
    lab.reboot(ONE)
    lab.reboot(TWO)


def test_the_command_line_brings_up_breaks_and_takes_down():
    lab_id = registry.unique_lab_id()
    up = shell("namespaces", "up", "--json", "--lab", lab_id)
    assert up.returncode == 0, up.stderr
    try:
        described = json.loads(up.stdout)
        address = described["servers"][0]["address"]
        index = int(address.split(".")[2])
        client = ["ping", "-c", "1", "-W", "1", address]
        programs.run([*described["client"]["enter"], *client])
        entered = programs.run([*described["servers"][1]["enter"], "hostname"])
        assert entered.strip() == TWO
        for fault, reached in (("cut-public", False), ("join", True), ("loss=100", False)):
            assert shell(fault, ONE, "--lab", lab_id).returncode == 0
            assert answers(address, timeout_s=2 if reached else 0.3) is reached, fault
        assert shell("loss=0", ONE, "--lab", lab_id).returncode == 0
        assert shell("power-off", ONE, "--lab", lab_id).returncode == 0
        assert not answers(address)
        refused = shell("disk-error", ONE, "--lab", lab_id)
        assert refused.returncode == 3
        assert "kernel" in refused.stderr
        assert shell("namespaces", "up", "--lab", lab_id).returncode == 75
        assert left_of(lab_id, index)
    finally:
        down = shell("down", "--lab", lab_id)
    assert down.returncode == 0, down.stderr
    assert left_of(lab_id, index) == []
    assert shell("down", "--lab", lab_id).returncode == 3


def test_two_labs_side_by_side_do_not_see_each_other(namespaces_lab: NamespacesLab):
    other = kinds.up("namespaces", registry.unique_lab_id())
    try:
        assert isinstance(other, NamespacesLab)
        address = other.network.addresses.public(ONE)
        assert answers(address)
        assert not reaches(namespaces_lab, ONE, address)
        other.power_off(ONE)
        assert answers(namespaces_lab.description.server(ONE).address)
    finally:
        other.down()
    assert answers(namespaces_lab.description.server(ONE).address)
    assert left_of(other.description.lab, other.record.index) == []


def test_a_lab_whose_owner_was_killed_is_swept_away():
    lab_id = registry.unique_lab_id()
    script = (
        "import time; from tests.lab import kinds; "
        f"kinds.up('namespaces', {lab_id!r}); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        index = registry.find(lab_id).index
        os.kill(owner.pid, signal.SIGKILL)
    assert left_of(lab_id, index)
    teardown.sweep()
    assert left_of(lab_id, index) == []
