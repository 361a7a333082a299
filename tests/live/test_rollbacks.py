"""`hasys rollback` on real servers: what it can take back, it does, and says what it cannot."""

import pytest

from tests.lab.witness import Witness

pytestmark = pytest.mark.lab


def last_run(site):
    return site.runs()[0]["run"]


@pytest.mark.mission("O5")
def test_a_switchover_is_taken_back_and_the_service_is_never_on_both(site):
    site.done("start", "web")
    site.done("switchover", "web")
    run = last_run(site)
    listed = site.done("rollback", run, "--list", "-o", "json").document

    with Witness(site.lab.description) as witness:
        answer = site.done("rollback", run, "--yes")

    witness.timeline.assert_never_both()
    assert {step["taken_back_by"] for step in listed["steps"]} == {"flow"}
    assert f"run {run}, the last step first" in answer.out
    assert site.fetch().strip() == "linux1"
    again = site.hasys("rollback", run, "--yes")
    assert again.code == 2
    assert f"has taken {run} back already" in again.err


def test_it_asks_first_and_names_what_stays(site):
    site.done("start", "web")
    play = site.inventory / "own.yaml"
    play.write_text(
        "- hosts: source\n"
        "  tasks:\n"
        "    - {name: Pay, command: touch /srv/paid}\n"
        "    - {name: Stop it, flow: {state: stopped, resources: [address]}}\n"
    )
    site.done("play", "web", str(play))
    run = last_run(site)

    unasked = site.hasys("rollback", run)

    assert unasked.code != 0
    assert "cannot be taken back: [linux1] Pay: none; what a program did" in unasked.out
    assert "Take back 1 step; 1 cannot be taken back and stay as they are. Go on?" in unasked.err
    assert site.states("linux1")["address"] == "stopped"
    plan = site.done("rollback", run, "--check", "-o", "json").document
    site.done("rollback", run, "--plan", plan["digest"][:12])
    assert site.states("linux1")["address"] == "started"
    assert site.on("linux1", "ls", "/srv/paid") == "/srv/paid\n"


def test_a_run_that_has_not_ended_and_one_that_is_not_there_are_refused(site):
    answer = site.hasys("rollback", "r-none")

    assert answer.code == 2
    assert "there is no run 'r-none'" in answer.err
