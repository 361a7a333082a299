"""A site's own playbooks on real servers, and the shipped ones once they are changed."""

import pytest

from tests.lab.witness import Witness
from tests.live.site import until

pytestmark = pytest.mark.lab

MAINTENANCE = """\
# Show every keyword of the first form.
- name: Look and prepare
  hosts: group
  vars:
    mark: /run/mark
  tasks:
    - name: Who is this
      command: hostname
      register: who
    - name: Only where it is active
      shell: echo "{{ who.stdout | trim }} {{ note }}" > {{ mark }}
      when: inventory_hostname == source
    - name: Begin something that takes a moment
      shell: (sleep 0.3; touch /run/ready) > /dev/null 2>&1 &
    - name: Wait for it
      command: test -e /run/ready
      register: ready
      until: ready is succeeded
      retries: 50
      delay: 0.1
    - name: Try
      block:
        - name: Fail on one of them
          command: test -e {{ mark }}
      rescue:
        - name: Make good
          shell: echo "rescued {{ ansible_failed_result.rc }}" > {{ mark }}
      always:
        - name: Tidy
          command: rm /run/ready
    - name: One may not take for ever
      block:
        - name: Hang
          command: sleep 600
          timeout: 1
      rescue:
        - name: See why
          assert:
            that: ansible_failed_result.kind == 'timed-out'
"""


@pytest.mark.mission("O5")
def test_a_playbook_of_the_site_runs_on_both_servers_with_all_its_keywords(site):
    site.done("start", "web")
    play = site.inventory / "maintenance.yaml"
    play.write_text(MAINTENANCE)

    answer = site.done("play", "web", str(play), "-e", "note=upgrade", "-o", "json").document
    missing = site.hasys("play", "web", str(play))

    assert answer["state"] == "done"
    assert site.on("linux1", "cat", "/run/mark") == "linux1 upgrade\n"
    assert site.on("linux2", "cat", "/run/mark") == "rescued 1\n"
    statuses = {(step["title"], step["server"]): step["status"] for step in answer["steps"]}
    assert statuses["Only where it is active", "linux2"] == "skipped"
    assert statuses["Fail on one of them", "linux2"] == "failed"
    assert ("Make good", "linux1") not in statuses
    assert site.on("linux1", "sh", "-c", "pgrep -fc '[s]leep 600' || true").strip() == "0"
    assert missing.code == 1
    assert "note" in missing.err
    assert site.fetch().strip() == "linux1"


@pytest.mark.mission("O9")
def test_a_copied_playbook_is_used_as_the_site_changed_it(site):
    copied = site.done("playbooks", "copy", "switchover").out.split()[-1]
    own = site.inventory / "playbooks" / "switchover.yaml"
    note = (
        "- name: The site's own step\n"
        "  hosts: target\n"
        "  tasks:\n"
        "    - name: Warm up\n"
        "      command: touch /run/warm\n\n"
    )
    own.write_text(
        own.read_text().replace("- name: Stop on the source", f"{note}- name: Stop on the source")
    )
    twice = site.hasys("playbooks", "copy", "switchover")
    listed = site.done("playbooks", "list").out
    planned = site.done("plan", "web", "switchover").out
    site.done("start", "web")

    with Witness(site.lab.description) as witness:
        site.done("switchover", "web")

    witness.timeline.assert_never_both()
    assert copied == str(own)
    assert twice.code == 2
    assert [line.split()[:2] for line in listed.splitlines() if "switchover" in line] == [
        ["switchover", "site"]
    ]
    assert "Warm up" in planned
    assert site.on("linux2", "ls", "/run/warm") == "/run/warm\n"
    assert site.fetch().strip() == "linux2"


def test_no_playbook_can_leave_out_that_the_other_server_is_stopped(site):
    """It starts on the target and never stops on the source."""
    site.done("start", "web")
    play = site.inventory / "two.yaml"
    play.write_text("- hosts: target\n  tasks:\n    - flow: {state: started}\n")

    with Witness(site.lab.description) as witness:
        answer = site.hasys("play", "web", str(play))

    witness.timeline.assert_never_both()
    assert answer.code == 3
    assert "refused (runs-on-peer): linux1:" in answer.err
    assert site.fetch().strip() == "linux1"
    assert set(site.states("linux2").values()) == {"stopped"}


def test_a_task_under_way_when_the_controller_died_is_not_repeated_blindly(site):
    """A shell command may have done its work: nobody can tell, so a person is told."""
    site.done("start", "web")
    play = site.inventory / "once.yaml"
    play.write_text(
        "- hosts: source\n"
        "  tasks:\n"
        "    - name: Charge the customers\n"
        "      shell: echo charged >> /run/charged; sleep 600\n"
        "    - name: Afterwards\n"
        "      command: touch /run/afterwards\n"
    )
    with site.begun("play", "web", str(play)) as controller:
        until(
            lambda: site.on("linux1", "sh", "-c", "cat /run/charged || true") != "", "the task", 30
        )
        controller.kill()
        controller.wait(timeout=10)
    play.write_text("- hosts: source\n  tasks: [{command: touch /run/edited}]\n")
    resumed = site.hasys("resume", site.runs()[0]["run"])

    assert resumed.code == 1
    assert f"edited since run {site.runs()[0]['run']} began: {play}" in resumed.err
    assert "the controller died while `Charge the customers` was under way" in resumed.err
    assert "not repeated blindly" in resumed.err
    assert site.on("linux1", "cat", "/run/charged") == "charged\n"
    assert site.on("linux1", "sh", "-c", "ls /run/afterwards /run/edited || true") == ""
