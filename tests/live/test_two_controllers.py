"""Two people, or two controllers, that act on one group at the same time."""

import os
import re
import signal

import pytest

from tests.lab.witness import Witness
from tests.live import gate
from tests.live.gate import Gate
from tests.live.site import Site, until

pytestmark = pytest.mark.lab


@pytest.fixture
def other(fresh_namespaces_lab, tmp_path):
    """A second controller for the same servers, which knows nothing of the first."""
    directory = tmp_path / "other"
    directory.mkdir()
    found = Site(fresh_namespaces_lab, directory)
    gate.between_site_and_address(found)
    return found


def test_a_second_command_on_a_group_is_told_who_holds_it(site):
    gate.between_site_and_address(site)
    held = Gate(site, "linux1", "start")
    held.hold()
    with site.begun("start", "web") as first:
        held.wait_until_reached()
        second = site.hasys("stop", "web")
        resumed = site.hasys("resume", site.runs()[0]["run"])
        held.let_go()
        answer = site.end_of(first)

    assert answer.code == 0
    for refused in (second, resumed):
        assert refused.code == 75
        assert re.search(rf"group web is held by process {first.pid}: start by \w+", refused.err)
    assert site.fetch().strip() == "linux1"


@pytest.mark.mission("A2")
def test_a_controller_that_slept_is_refused_by_the_epoch_of_the_one_that_acted(site, other):
    """As a virtual machine that is stopped for a snapshot, and goes on as if nothing had been."""
    gate.between_site_and_address(site)
    held = Gate(site, "linux2", "start")
    site.done("start", "web")
    held.hold()
    with Witness(site.lab.description) as witness, site.begun("switchover", "web") as sleeper:
        held.wait_until_reached()
        os.kill(sleeper.pid, signal.SIGSTOP)
        held.let_go()
        held.wait_until_nobody_waits()
        other.done("start", "web")
        other.done("switchover", "web")
        os.kill(sleeper.pid, signal.SIGCONT)
        answer = site.end_of(sleeper)

    witness.timeline.assert_never_both()
    assert answer.code == 3
    assert re.search(r"epoch \d+ is stale: \d+ is promised to controller c-\w+", answer.err)
    assert site.fetch().strip() == "linux1"
    assert site.states("linux2") == {"site": "stopped", "gate": "stopped", "address": "stopped"}
    assert site.runs()[0]["state"] == "failed"


def test_parts_on_both_servers_are_seen_and_a_stop_ends_them_on_both(site):
    """Somebody started the program by hand on the standby."""
    site.done("start", "web")
    site.on("linux2", "systemd-run", "--quiet", "/usr/local/bin/lab-http", "--port", "8080")
    until(lambda: site.states("linux2")["site"] == "started", "the program on linux2")

    status = site.hasys("status")
    refused = [site.hasys("start", "web"), site.hasys("switchover", "web")]
    site.done("stop", "web")
    stopped = site.states("linux1"), site.states("linux2")
    said = site.done("events", "web").out
    site.done("start", "web")

    assert status.code == 5
    assert "both servers hold parts of the service: linux1 and linux2" in status.out
    for one in refused:
        assert one.code == 3
        assert "refused (both-active): linux1 and linux2 both hold parts" in one.err
        assert "hasys stop" in one.err
    assert stopped == ({"site": "stopped", "address": "stopped"},) * 2
    assert "stop on linux1 and linux2, epoch 2" in said
    assert site.fetch().strip() == "linux1"
