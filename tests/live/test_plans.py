"""A plan changes nothing on real servers, and what the run then does is what it foretold."""

import difflib
import re

import pytest

from tests.live.site import Site

pytestmark = pytest.mark.lab

WORDS = {
    "changed": "would change",
    "ok": "would change nothing",
    "skipped": "would be skipped",
    "failed": "would fail",
}
SERVERS = ("linux1", "linux2")
FINGERPRINT = r"""
ip -o address; cat /proc/self/mounts
for pid in /proc/[0-9]*; do
  line=$(tr '\0' ' ' < $pid/cmdline 2>/dev/null)
  case $line in *sshd*|*stdin.buffer*|sh*|*/sh*|tr*|'') ;; *) echo "${pid##*/} $line" ;; esac
done
find /etc /srv /opt /var/lib/hasys -xdev -type f -exec sha256sum {} +
find /etc /srv /opt /var/lib/hasys /run -xdev -printf '%p %m %u %s %T@ %l\n'
true
"""
"""All that a step could change: addresses, mounts, processes, files, the record of the group."""


def fingerprints(site: Site) -> dict[str, str]:
    return {server: _settled(site.on(server, "sh", "-c", FINGERPRINT)) for server in SERVERS}


def _settled(text: str) -> str:
    """Without what changes by itself: the log-ins of the check itself, an address that settles."""
    lines = (re.sub(r"(tentative|valid_lft|\\).*", "", line) for line in text.splitlines())
    return "\n".join(sorted(line.rstrip() for line in lines if "utmp" not in line))


def _differences(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [
        f"{server}: {line}"
        for server in SERVERS
        for line in difflib.ndiff(before[server].splitlines(), after[server].splitlines())
        if line[0] in "+-?"
    ]


def foretold(plan: dict) -> dict[str, str]:
    """What is certain: with nothing before it of which nobody can tell."""
    return {
        step["step"]: step["would"]
        for step in steps_of(plan)
        if step["would"] != "decided when it runs" and not step["assumes"]
    }


def plan_and_do(site: Site, *command: str) -> tuple[dict, dict]:
    """Foretells, compares the servers, does exactly that, and compares what was done."""
    before = fingerprints(site)
    plan = site.done(*command, "--check", "-o", "json").document
    assert "\n".join(_differences(before, fingerprints(site))) == ""
    answer = site.done(*command, "--plan", plan["digest"][:12], "-o", "json").document
    ended = {step["step"]: WORDS[step["status"]] for step in answer["steps"]}
    sure = foretold(plan)

    assert sure
    assert {step: ended[step] for step in sure} == sure
    return plan, answer


@pytest.mark.mission("O5")
def test_start_switchover_and_stop_do_what_was_foretold_and_a_check_changes_nothing(site):
    started, _ = plan_and_do(site, "start", "web")
    again, _ = plan_and_do(site, "start", "web")
    moved, _ = plan_and_do(site, "switchover", "web")
    stopped, _ = plan_and_do(site, "stop", "web")

    digests = [one["digest"] for one in (started, again, moved, stopped)]
    assert len(set(digests)) == 4
    assert set(foretold(again).values()) == {"would change nothing"}


def test_a_playbook_with_conditions_loops_and_handlers_does_what_was_foretold(site):
    site.done("start", "web")
    play = site.inventory / "own.yaml"
    play.write_text(
        "- hosts: group\n"
        "  vars: {mark: /srv/mark}\n"
        "  handlers:\n"
        "    - {name: told, debug: {msg: told}}\n"
        "  tasks:\n"
        "    - {name: Who, command: hostname, register: who, changed_when: false}\n"
        "    - {name: Only there, debug: {msg: x}, when: inventory_hostname == source}\n"
        "    - {name: Each, debug: {msg: '{{ item }}'}, loop: [a, b]}\n"
        "    - name: Needless\n"
        "      command: {cmd: touch /srv/never, creates: /etc/hostname}\n"
        "    - name: Make\n"
        "      command: {cmd: 'touch {{ mark }}', creates: '{{ mark }}'}\n"
        "      notify: told\n"
        "    - {name: Depends, debug: {msg: x}, when: who.stdout == 'linux1'}\n"
    )

    plan, answer = plan_and_do(site, "play", "web", str(play))

    would = {(step["title"], step["server"]): step["would"] for step in steps_of(plan)}
    assert would["Depends", "linux1"] == would["Make", "linux1"] == "decided when it runs"
    assert would["told", "linux2"] == "decided when it runs"
    assert would["Only there", "linux2"] == "would be skipped"
    assert answer["state"] == "done"
    assert site.on("linux1", "ls", "/srv/mark") == "/srv/mark\n"


FILES = """\
- hosts: source
  handlers:
    - {name: told, debug: {msg: told}}
  tasks:
    - {name: Folder, file: {path: /srv/site, state: directory, mode: "0750"}}
    - {name: Page, copy: {dest: /srv/page, content: "second {{ '{{' }} braces\\n"}, notify: told}
    - {name: Same, copy: {dest: /srv/same, content: "as it is\\n"}}
    - {name: Line, lineinfile: {path: /srv/lines, line: three}}
    - {name: Gone, file: {path: /srv/old, state: absent}}
    - {name: Look, stat: {path: /srv/page}, register: page}
    - {name: Then, debug: {msg: "{{ page.stat.size }}"}, when: page.stat.exists}
    - {name: Inside, copy: {dest: /srv/site/index, content: x}}
    - {name: Hostname, stat: {path: /etc/hostname}, register: host}
    - {name: Known, debug: {msg: there}, when: host.stat.exists}
"""
BEFORE = {"page": "first\n", "same": "as it is\n", "lines": "one\ntwo\n", "old": "kept\n"}


def test_files_are_changed_as_foretold_and_taken_back_as_they_were(site):
    """Every module's check, its differences and its undo, on a real disk."""
    site.done("start", "web")
    for name, text in BEFORE.items():
        site.on("linux1", "sh", "-c", f"printf %s '{text}' > /srv/{name}")
    play = site.inventory / "files.yaml"
    play.write_text(FILES)
    content = "cd /srv; ls -d site; cat page same lines old site/index 2>/dev/null || true"
    before = fingerprints(site)["linux1"]

    shown = site.done("play", "web", str(play), "--check", "--diff").out
    plan, _ = plan_and_do(site, "play", "web", str(play))
    after = site.on("linux1", "sh", "-c", content)
    run = site.runs()[0]["run"]
    site.done("rollback", run, "--yes")

    would = {step["title"]: step["would"] for step in steps_of(plan)}
    assert would == {
        "Folder": "would change",
        "Page": "would change",
        "Same": "would change nothing",
        "Line": "would change",
        "Gone": "would change",
        "Look": "decided when it runs",
        "Then": "decided when it runs",
        "Inside": "decided when it runs",
        "Hostname": "would change nothing",
        "Known": "would change nothing",
        "told": "would change nothing",
    }
    assert "-first" in shown
    assert "+second {{ braces" in shown
    assert after.split("\n")[:6] == ["site", "second {{ braces", "as it is", "one", "two", "three"]
    assert contents(fingerprints(site)["linux1"]) == contents(before)


def steps_of(plan: dict) -> list[dict]:
    return [s for play in plan["plays"] for task in play["tasks"] for s in task["steps"]]


def contents(fingerprint: str) -> list[str]:
    """Without times: what was put back is younger than what was there."""
    summed = [line for line in fingerprint.splitlines() if "/srv/" in line]
    return [re.sub(r"(/srv/\S+ \d+ \S+ \d+) \S+", r"\1", line) for line in summed]


@pytest.mark.mission("O5")
def test_a_plan_that_is_no_longer_true_is_not_carried_out_and_the_change_is_named(site):
    site.done("start", "web")
    plan = site.done("switchover", "web", "--check", "-o", "json").document
    device, address = "eth0", site.lab.description.service.address
    prefix = next(
        word
        for word in site.on("linux1", "ip", "-o", "address", "show", device).split()
        if word.startswith(f"{address}/")
    )
    site.on("linux1", "ip", "address", "del", prefix, "dev", device)

    answer = site.hasys("switchover", "web", "--plan", plan["digest"][:12])

    assert answer.code == 3
    assert "refused (plan-changed)" in answer.err
    assert "stop address on linux1, would change nothing" in answer.err
    assert "the plan said: stop address on linux1, would change" in answer.err
    assert site.states("linux2") == dict.fromkeys(site.states("linux2"), "stopped")


def test_a_check_of_a_silent_server_says_so(site):
    site.done("start", "web")
    site.lab.freeze("linux2")
    try:
        answer = site.hasys("stop", "web", "--check")
    finally:
        site.lab.thaw("linux2")

    assert answer.code == 4
    assert "server is unreachable" in answer.out
