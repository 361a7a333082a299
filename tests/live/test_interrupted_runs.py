"""A controller that dies or is stopped in the middle of a switchover, and what comes after."""

import os
import signal
import subprocess

import pytest

from tests.lab.witness import Witness
from tests.live import gate
from tests.live.gate import Gate
from tests.live.site import until

pytestmark = pytest.mark.lab

WHOLE = {"site": "started", "gate": "started", "address": "started"}
NOTHING = {"site": "stopped", "gate": "stopped", "address": "stopped"}

HANGING_CHECK = "touch /run/asked; sleep 600"


@pytest.fixture
def running(site):
    """The service runs on linux1."""
    gate.between_site_and_address(site)
    site.done("start", "web")
    return site


def kill(process):
    os.kill(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def die_in_a_switchover(site, server, verb):
    """The controller is killed in the middle of this step, which then goes no further."""
    held = Gate(site, server, verb)
    held.hold()
    with site.begun("switchover", "web") as controller:
        held.wait_until_reached()
        kill(controller)
    held.wait_until_nobody_waits()
    held.let_go()


@pytest.mark.mission("A2")
@pytest.mark.parametrize(("server", "verb"), [("linux1", "stop"), ("linux2", "start")])
def test_a_run_whose_controller_was_killed_is_resumed_and_never_serves_twice(running, server, verb):
    with Witness(running.lab.description) as witness:
        die_in_a_switchover(running, server, verb)
        left = running.states(server)
        again = running.hasys("switchover", "web")
        run = running.runs()[0]
        resumed = running.done("resume", run["run"], "-o", "json").document

    witness.timeline.assert_never_both()
    # the step of the dead controller did not go on
    as_before = "started" if verb == "stop" else "stopped"
    assert left == {"site": "started", "gate": as_before, "address": "stopped"}
    assert again.code == 3
    assert f"run {run['run']} (switchover) has not come to its end" in again.err
    assert f"hasys resume {run['run']}" in again.err
    assert resumed["state"] == "done"
    assert any(step["replayed"] for step in resumed["steps"])
    assert running.states("linux1") == NOTHING
    assert running.states("linux2") == WHOLE
    assert running.fetch().strip() == "linux2"


def test_a_controller_killed_before_its_first_step_leaves_the_service_alone(running):
    """A step of somebody else is in progress on linux2: the run waits to raise its epoch there."""
    enter = running.lab.description.server("linux2").enter
    lock = ["flock", "--shared", "/var/lib/hasys/web/lock", "cat"]
    with subprocess.Popen([*enter, *lock], stdin=subprocess.PIPE) as holder:
        with running.begun("switchover", "web") as controller:
            until(lambda: running.runs()[0]["playbook"] == "switchover", "the run to begin", 30)
            kill(controller)
        assert running.fetch().strip() == "linux1"
        holder.stdin.close()
        holder.wait(timeout=10)

    run = running.runs()[0]["run"]
    abandoned = running.done("resume", run, "--abandon")
    twice = running.hasys("resume", run)
    running.done("switchover", "web")

    assert f"run {run} (switchover of web) is abandoned" in abandoned.out
    assert twice.code == 2
    assert "has ended: abandoned" in twice.err
    assert running.fetch().strip() == "linux2"


def test_a_run_that_no_longer_fits_is_abandoned_and_a_start_completes_its_work(running):
    die_in_a_switchover(running, "linux1", "stop")

    run = running.runs()[0]["run"]
    before = running.group_file.read_text()
    running.change_group(lambda document: document["resources"].pop("address"))
    changed = running.hasys("resume", run)
    running.group_file.write_text(before)
    running.done("resume", run, "--abandon")
    half = running.states("linux1")
    running.done("start", "web")

    assert changed.code == 3
    gone = f"the configuration of web has changed since run {run} began: resource address is gone"
    assert gone in changed.err
    assert "--accept" not in changed.err
    assert half == {"site": "started", "gate": "started", "address": "stopped"}
    assert running.states("linux1") == WHOLE
    assert running.fetch().strip() == "linux1"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_signal_lets_the_steps_under_way_end_and_the_run_is_resumed(running, number):
    held = Gate(running, "linux1", "stop")
    held.hold()
    with running.begun("switchover", "web") as controller:
        held.wait_until_reached()
        controller.send_signal(number)
        told = controller.stderr.readline()
        held.let_go()
        answer = running.end_of(controller)

    run = running.runs()[0]
    stopped_at = running.states("linux1")
    running.done("resume", run["run"])

    assert told.startswith("stopping when the steps under way have ended")
    assert answer.code == 130
    assert f"interrupted; go on with: hasys resume {run['run']}" in answer.err
    assert run["state"] == "interrupted"
    assert stopped_at == {"site": "started", "gate": "stopped", "address": "stopped"}
    assert running.fetch().strip() == "linux2"


def test_a_second_signal_cuts_the_steps_off_and_the_run_is_still_resumed(running):
    held = Gate(running, "linux1", "stop")
    held.hold()
    with running.begun("switchover", "web") as controller:
        held.wait_until_reached()
        controller.send_signal(signal.SIGINT)
        controller.stderr.readline()
        controller.send_signal(signal.SIGINT)
        answer = running.end_of(controller)
    held.wait_until_nobody_waits()
    held.let_go()

    run = running.runs()[0]
    cut_at = running.states("linux1")
    running.done("resume", run["run"])

    assert answer.code == 130
    assert "cut off; `hasys history` shows the run, `hasys resume` goes on" in answer.err
    assert cut_at == {"site": "started", "gate": "started", "address": "stopped"}
    assert running.fetch().strip() == "linux2"


def test_a_run_whose_group_was_changed_goes_on_when_a_person_agrees_to_what_is_shown(running):
    """The part that would not stop is given less time, and then the run goes on."""
    die_in_a_switchover(running, "linux1", "stop")
    running.change_group(
        lambda document: document["resources"]["site"].update(timeouts={"stop": "20s"})
    )

    run = running.runs()[0]["run"]
    refused = running.hasys("resume", run)
    another = running.hasys("resume", run, "--accept", "0123456789ab")
    digest = refused.err.partition("--accept ")[2][:12]
    running.done("resume", run, "--accept", digest)

    assert (refused.code, another.code) == (3, 3)
    assert f"changed since run {run} began: resource site has changed" in refused.err
    assert f"put it back; or go on by what is there now: hasys resume {run} --accept" in refused.err
    amended = [one for one in events(running) if one["kind"] == "run-amended"]
    assert "resource site has changed" in amended[0]["text"]
    assert running.fetch().strip() == "linux2"


def events(site):
    return site.done("events", "-o", "json").document["events"]


def test_a_signal_before_anything_was_done_says_so_and_leaves_no_run(site):
    """It waits for the check of a part, which it needs to know where the service is."""
    site.resources({gate.RESOURCE: {"command": {**gate.command(), "check": HANGING_CHECK}}})
    with site.begun("start", "web") as controller:
        until(lambda: site.on("linux1", "ls", "/run").count("asked"), "the check to begin", 30)
        controller.send_signal(signal.SIGINT)
        answer = site.end_of(controller)

    assert answer.code == 130
    assert answer.err == "interrupted before anything was done\n"
    assert site.runs() == []
