"""The main job on real servers: start, look, move, stop, with what a client sees of it."""

import pytest

from tests.lab.outage import measure_outage
from tests.lab.witness import Witness

pytestmark = pytest.mark.lab

LAB_SERVICE = {"site": "started", "address": "started"}
NOTHING = {"site": "stopped", "address": "stopped"}


@pytest.mark.mission("A7")
@pytest.mark.mission("O1")
def test_a_start_serves_clients_on_the_preferred_server(site):
    site.done("start", "web")

    status = site.status()

    assert site.fetch().strip() == "linux1"
    assert status["active"] == "linux1"
    assert status["ready"]
    assert [server["role"] for server in status["servers"]] == ["ACTIVE", "STANDBY"]
    assert status["problems"] == []


@pytest.mark.mission("A2")
def test_a_switchover_moves_the_service_and_nobody_sees_two(site):
    site.done("start", "web")

    with Witness(site.lab.description) as witness, measure_outage(site.lab.description) as client:
        answer = site.done("switchover", "web", "-o", "json")

    witness.timeline.assert_never_both()
    assert site.fetch().strip() == "linux2"
    assert answer.document["interruption_s"] > 0
    assert 0 < client.report.total_s < 5
    assert set(client.report.answers) == {"linux1", "linux2"}
    assert site.states("linux1") == NOTHING
    assert site.states("linux2") == LAB_SERVICE


@pytest.mark.mission("A2")
def test_there_and_back_again(site):
    site.done("start", "web")
    site.done("switchover", "web")
    site.done("switchover", "web", "--to", "linux1")

    assert site.fetch().strip() == "linux1"
    assert site.hasys("switchover", "web", "--to", "linux1").code == 3


def test_everything_again_changes_nothing(site):
    site.done("start", "web")
    again = site.done("start", "web", "-o", "json").document

    assert {step["status"] for step in again["steps"]} == {"ok"}


@pytest.mark.mission("O5")
def test_single_parts_are_stopped_with_what_stands_on_them(site):
    site.done("start", "web")

    site.done("stop", "web", "address")
    assert site.states("linux1") == {"site": "started", "address": "stopped"}

    site.done("start", "web", "address")
    site.done("stop", "web", "site")
    assert site.states("linux1") == NOTHING


@pytest.mark.mission("A6")
def test_what_was_started_outlives_helper_session_and_controller(site):
    site.done("start", "web")
    before = site.on("linux1", "pgrep", "-f", "lab-[h]ttp")

    site.done("start", "web")

    assert site.on("linux1", "pgrep", "-f", "lab-[h]ttp") == before
    assert site.on("linux1", "pgrep", "-fc", "remote_[h]elpers|hasys-[h]elper || true").strip()


@pytest.mark.mission("A2")
def test_a_switchover_to_a_server_that_is_off_is_refused_and_nothing_stops(site):
    site.done("start", "web")
    site.lab.power_off("linux2")

    answer = site.hasys("switchover", "web")

    assert answer.code == 4
    assert "server-unreachable" in answer.err
    assert site.fetch().strip() == "linux1"


def test_a_start_beside_a_silent_peer_is_refused(site):
    site.lab.power_off("linux2")

    answer = site.hasys("start", "web")

    assert answer.code == 4
    assert "silence is not death" in answer.err


def test_release_leaves_the_service_and_removes_the_record(site):
    site.done("start", "web")
    assert "epoch.json" in site.on("linux1", "ls", "/var/lib/hasys/web")

    site.done("--yes", "release", "web")

    assert site.fetch().strip() == "linux1"
    assert site.on("linux1", "sh", "-c", "ls /var/lib/hasys 2>&1 || true").split() == []


@pytest.mark.mission("O2")
def test_what_happened_is_in_the_events_and_in_the_history(site):
    site.done("start", "web")
    site.done("switchover", "web")

    events = site.done("events", "web", "-o", "json").document["events"]
    runs = site.done("history", "web", "-o", "json").document["runs"]

    kinds = [event["kind"] for event in events]
    assert kinds == ["run-started", "run-done", "run-started", "run-done"]
    assert [run["playbook"] for run in runs] == ["switchover", "start"]
