"""A server that is lost in the middle of a switchover: bounded, told, and never two."""

import time

import pytest

from tests.lab.witness import Witness
from tests.live import gate
from tests.live.gate import Gate
from tests.live.site import until

pytestmark = pytest.mark.lab

BOUND_S = 60
"""Keepalives notice it in 4 s and each further attempt to connect ends in 5 s; the rest of this
is for a busy machine."""
HEAL = {"isolate": "join", "freeze": "thaw", "power_off": "power_on"}


@pytest.mark.mission("A2")
@pytest.mark.parametrize(
    ("fault", "server", "verb"),
    [
        ("isolate", "linux2", "start"),
        pytest.param("power_off", "linux2", "start", marks=pytest.mark.soak),
        ("freeze", "linux1", "stop"),
        pytest.param("isolate", "linux1", "stop", marks=pytest.mark.soak),
    ],
)
def test_a_server_lost_in_the_middle_ends_the_run_and_nothing_starts_elsewhere(
    site, fault, server, verb
):
    gate.between_site_and_address(site)
    peer = {"linux1": "linux2", "linux2": "linux1"}[server]
    site.done("start", "web")
    held = Gate(site, server, verb)
    held.hold()

    with Witness(site.lab.description) as witness:
        with site.begun("switchover", "web") as controller:
            held.wait_until_reached()
            began = time.monotonic()
            getattr(site.lab, fault)(server)
            answer = site.end_of(controller)
            took_s = time.monotonic() - began
        status = site.status()
        refused = site.hasys("start", "web", "--on", peer)
        getattr(site.lab, HEAL[fault])(server)
        if fault != "power_off":
            held.let_go()
            held.wait_until_nobody_waits()
        until(lambda: reachable(site, server), f"{server} to be reachable again", 30)
        site.done("start", "web")

    witness.timeline.assert_never_both()
    assert answer.code == 4
    assert "what it did there is not known" in answer.err + answer.out
    assert took_s < BOUND_S
    lost = {one["name"]: one for one in status["servers"]}[server]
    assert (lost["role"], lost["reachable"]) == ("UNKNOWN", False)
    assert refused.code == 4
    assert "silence is not death" in refused.err
    assert site.status()["problems"] == []
    assert site.fetch().strip() in ("linux1", "linux2")


def test_only_a_rescue_makes_good_that_a_server_was_lost(site):
    """Whoever reads the exit code alone must not take half a run for a whole one."""
    site.done("start", "web")
    play = site.inventory / "lost.yaml"
    task = "{name: Ask, command: 'true', timeout: 3}"
    ending = "- hosts: linux1\n  tasks: [{debug: {msg: done}}]\n"
    rescued = f"[{{block: [{task}], rescue: [{{debug: {{msg: 'go on without it'}}}}]}}]"
    ignored = f"[{task.replace('timeout', 'ignore_unreachable: true, timeout')}]"
    answers = {}
    site.lab.freeze("linux2")
    try:
        for name, tasks in (("rescued", rescued), ("ignored", ignored), ("bare", f"[{task}]")):
            play.write_text(f"- hosts: linux2\n  tasks: {tasks}\n{ending}")
            answers[name] = site.hasys("play", "web", str(play))
    finally:
        site.lab.thaw("linux2")

    assert {name: answer.code for name, answer in answers.items()} == {
        "rescued": 0,
        "ignored": 4,
        "bare": 4,
    }
    assert "lost: linux2: unknown" in answers["rescued"].err


def reachable(site, server):
    servers = {one["name"]: one for one in site.status()["servers"]}
    return servers[server]["reachable"]


def test_what_a_dead_helper_left_half_done_does_not_go_on_after_the_service_went_back(site):
    """Killed by the kernel for want of memory, say. The start that it was in the middle of must
    not be completed behind the back of the run, which has gone back by then."""
    gate.between_site_and_address(site)
    site.done("start", "web")
    held = Gate(site, "linux2", "start")
    held.hold()

    with Witness(site.lab.description) as witness:
        with site.begun("switchover", "web") as controller:
            held.wait_until_reached()
            site.on("linux2", "sh", "-c", "kill -9 $(pgrep -f '[z]lib import decompress')")
            answer = site.end_of(controller)
        held.let_go()
        held.wait_until_nobody_waits()

    witness.timeline.assert_never_both()
    assert answer.code == 1, "the loss was made good: the service is back where it was"
    assert "helper did not start or ended" in answer.err + answer.out
    assert set(site.states("linux2").values()) == {"stopped"}
    assert set(site.states("linux1").values()) == {"started"}
