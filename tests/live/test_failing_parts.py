"""Parts of a service that fail, hang or say too much, while it is started, stopped and moved."""

import json

import pytest

from tests.lab.witness import Witness

pytestmark = pytest.mark.lab


def flag(name, **changes):
    """A part that is a file, told by a shell command; `changes` break one of the three."""
    path = f"/run/{name}.on"
    working = {
        "start": f"touch {path}",
        "stop": f"rm -f {path}",
        "check": f"test -e {path} || exit 3",
    }
    return {"command": {**working, **changes}}


@pytest.mark.mission("A2")
def test_a_program_that_fails_on_the_target_brings_the_service_back(site):
    site.done("start", "web")
    site.on("linux2", "chmod", "-x", "/usr/local/bin/lab-http")

    with Witness(site.lab.description) as witness:
        answer = site.hasys("switchover", "web")

    witness.timeline.assert_never_both()
    assert answer.code == 1
    assert "linux2 could not start the service, so it is back on linux1" in answer.err
    assert "the start command ended with 126" in answer.err
    assert "Permission denied" in answer.err
    assert site.fetch().strip() == "linux1"
    assert site.states("linux2") == {"site": "stopped", "address": "stopped"}


@pytest.mark.mission("A2")
def test_a_stop_that_hangs_is_ended_at_its_deadline_and_nothing_starts_elsewhere(site):
    def change(document):
        hangs = flag("part", stop="echo waiting for the archiver; sleep 600")
        document["resources"] = {
            "part": {**hangs, "timeouts": {"stop": "2s"}},
            **document["resources"],
        }

    site.change_group(change)
    site.done("start", "web")

    with Witness(site.lab.description) as witness:
        answer = site.hasys("switchover", "web")

    witness.timeline.assert_never_both()
    assert answer.code == 1
    assert "linux1 could not stop the service, so it was not moved" in answer.err
    assert "stop command killed, not done after" in answer.err
    assert "waiting for the archiver" in answer.err
    assert site.on("linux1", "sh", "-c", "pgrep -fc '[s]leep 600' || true").strip() == "0"
    assert site.fetch().strip() == "linux1"
    assert set(site.states("linux2").values()) == {"stopped"}


def test_a_check_that_hangs_is_unknown_and_not_stopped(site):
    site.change_group(lambda document: document["resources"].update(part=flag("part")))
    site.done("start", "web")
    site.change_group(
        lambda document: document["resources"].update(part=flag("part", check="sleep 600"))
    )

    status = site.hasys("status", "-o", "json")
    moved = site.hasys("switchover", "web")
    started = site.hasys("start", "web")

    assert status.code == 5
    problems = status.document["groups"][0]["problems"]
    assert [problem.split(" is unknown")[0] for problem in problems] == [
        "linux1: part",
        "linux2: part",
    ]
    assert moved.code == 3
    assert "refused (state-unknown): linux2: part" in moved.err
    assert started.code == 3
    assert site.fetch().strip() == "linux1"


def test_a_hundred_megabytes_of_output_and_bytes_that_are_no_text_do_no_harm(site):
    loud = flag("loud", start="yes | head -c 100000000; touch /run/loud.on")
    odd = flag("odd", start=r"printf 'caf\351 \377\376 \033[31m'; touch /run/odd.on")
    broken = flag("broken", start=r"printf 'caf\351 \377\376' >&2; exit 1")
    site.resources({"loud": loud, "odd": odd})
    site.done("start", "web")
    states = site.states("linux1")

    site.resources({"broken": broken})
    failed = site.hasys("start", "web", "-o", "json")
    shown = site.done("history", "--run", failed.document["run"])

    assert states == {"loud": "started", "odd": "started"}
    assert failed.code == 1
    assert "start command ended with 1" in failed.document["failures"]["linux1"]
    assert "caf\ufffd \ufffd\ufffd" in failed.document["failures"]["linux1"]
    assert "caf\ufffd" in shown.out


def test_a_task_that_writes_a_hundred_megabytes_keeps_a_bounded_part_of_it(site):
    play = site.inventory / "loud.yaml"
    play.write_text(
        "- hosts: source\n"
        "  tasks:\n"
        "    - name: Shout\n"
        "      shell: yes | head -c 100000000\n"
        "      register: loud\n"
        "    - assert:\n"
        "        that: [loud.truncated, loud.stdout | length < 1000000]\n"
    )

    answer = site.done("play", "web", str(play), "-o", "json")

    assert answer.document["state"] == "done"
    assert len(json.dumps(answer.document)) < 100_000
    assert (site.state / "hasys.db").stat().st_size < 4_000_000
