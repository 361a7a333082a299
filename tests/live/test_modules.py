"""Modules on real servers, through real sshd and systemd: foretold, done, and done once."""

import json

import pytest

from tests.live.site import Site

pytestmark = pytest.mark.lab

PLAYBOOK = """\
- name: Prepare
  hosts: source
  vars:
    names: [a, b]
  tasks:
    - name: folder
      file: {path: /srv/prepared/inner, state: directory, mode: '0750'}
    - name: rendered
      template: {src: site.conf.j2, dest: /srv/prepared/site.conf, mode: 'u=rw,go='}
    - name: copied
      copy: {src: "{{ inventory_hostname }}.txt", dest: /srv/prepared/}
    - name: line
      lineinfile: {path: /srv/prepared/own, regexp: ^limit, line: limit 20, create: true}
    - name: block
      blockinfile: {path: /srv/prepared/own, block: "x\\ny"}
    - name: link
      file: {path: /srv/prepared/link, src: site.conf, state: link}
    - name: unit file
      copy:
        dest: /etc/systemd/system/once.service
        content: |
          [Service]
          Type=oneshot
          RemainAfterExit=true
          ExecStart=/bin/touch /srv/prepared/once
          [Install]
          WantedBy=multi-user.target
    - name: unit
      systemd: {name: once, state: started, enabled: true, daemon_reload: true}
    - name: again
      service: {name: once, state: started, enabled: yes}
    - name: address
      ip: {address: 198.51.100.77/32, device: lo}
    - name: mounted
      mount: {path: /mnt, src: tmpfs, fstype: tmpfs}
    - name: script
      script: look.sh /srv/prepared/once
      changed_when: false
      register: looked
    - name: own
      depth: {queue: orders}
      register: own
    - name: seen
      stat: {path: /srv/prepared/site.conf}
      register: seen
    - name: read
      slurp: {src: /srv/prepared/site.conf}
      register: content
    - name: found
      find: {paths: /srv/prepared, patterns: '*.conf'}
      register: found
    - name: as it must be
      assert:
        that:
          - looked.stdout == 'there'
          - own.depth == 3
          - seen.stat.mode == '0600'
          - found.matched == 1
          - (content.content | b64decode).splitlines()[1:4] == ['server a', 'server b', 'limit 10']
"""
FILES = {
    "templates/site.conf.j2": "# {{ ansible_managed }}\n{% for one in names %}\nserver {{ one }}\n"
    "{% endfor %}\nlimit 10\n",
    "files/linux1.txt": "of linux1\n",
    "files/linux2.txt": "of linux2\n",
    "files/look.sh": '#!/bin/bash\ntest -e "$1" && echo there\n',
    "library/depth.py": "#!/usr/bin/env python3\n# supports_check_mode = True\n"
    "import json, sys\nasked = json.load(open(sys.argv[1]))\n"
    "print(json.dumps({'changed': False, 'depth': 3, 'queue': asked['queue']}))\n",
}
DONE = ["folder", "rendered", "copied", "line", "block", "link", "unit file", "unit", "address"]


@pytest.fixture(scope="module")
def prepared(namespaces_lab_of_module, tmp_path_factory):
    site = Site(namespaces_lab_of_module, tmp_path_factory.mktemp("modules"))
    site.done("start", site.group)
    folder = site.inventory / "prepare"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    (folder / "prepare.yaml").write_text(PLAYBOOK)
    return site


def play(site, name="prepare/prepare.yaml"):
    """A run that failed is given up: the next test has its own."""
    log = site.inventory / "log.jsonl"
    log.write_text("")
    answer = site.hasys("play", site.group, str(site.inventory / name), "--log", str(log))
    if answer.code != 0:
        site.hasys("resume", site.runs()[0]["run"], "--abandon")
    return answer, log.read_text()


def written(site, text):
    (site.inventory / "prepare" / "one.yaml").write_text(text)
    return "prepare/one.yaml"


def ended(log, status):
    lines = [json.loads(line) for line in log.splitlines()]
    tasks = [one for one in lines if one["event"] == "task-ended"]
    return [one["name"] for one in tasks if one["status"] == status]


def test_all_is_done_once_and_then_left_alone(prepared):
    first, log = play(prepared)
    assert first.code == 0, first.out + first.err
    assert ended(log, "changed") == [*DONE, "mounted"]

    again, log = play(prepared)
    assert again.code == 0, again.out + again.err
    assert ended(log, "changed") == []
    assert prepared.on("linux1", "cat", "/srv/prepared/linux1.txt") == "of linux1\n"
    assert "198.51.100.77" in prepared.on("linux1", "ip", "address", "show", "lo")


BY_HAND = """\
- hosts: linux2
  tasks:
    - name: by hand
      ip: {{address: {address}/25, device: eth0}}
"""


def test_what_belongs_to_the_group_is_started_only_where_a_flow_could_start_it(prepared):
    text = BY_HAND.format(address=prepared.lab.description.service.address)

    answer, log = play(prepared, written(prepared, text))

    assert answer.code == 3
    assert ended(log, "failed") == ["by hand"]
    assert "refused (runs-on-peer): linux1" in log


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("import time\nwhile True: time.sleep(1)", "deadline"),
        ("while True: print('x' * 1000000)", "deadline"),
        ("print('x' * 100000000)", "printed more than a module may: 256 KiB"),
        ("print('hello')", "printed no JSON object (exit code 0): hello"),
        ("raise SystemExit(4)", "printed no JSON object (exit code 4), but nothing"),
    ],
)
def test_a_module_that_misbehaves_fails_with_its_name(prepared, text, message):
    folder = prepared.inventory / "prepare"
    (folder / "library" / "bad.py").write_text(text)
    name = written(
        prepared,
        "- hosts: source\n  tasks:\n    - name: misbehave\n      bad: {a: 1}\n      timeout: 3\n",
    )

    answer, log = play(prepared, name)

    assert answer.code == 1
    assert ended(log, "failed") == ["misbehave"]
    assert message in log


BACK = (
    PLAYBOOK.replace("/srv/prepared", "/srv/back")
    .replace("once", "twice")
    .replace("198.51.100.77", "198.51.100.78")
    .replace("/mnt", "/media")
)
LEFT = r"""
find /srv/back -printf '%p %y %m %l %s\n' | sort
ip -o address show lo
grep -c /media /proc/mounts
ls /etc/systemd/system
systemctl is-active twice.service
true
"""


def test_what_they_did_is_taken_back_module_by_module(prepared):
    """Over what was there already, too: a file with other content, a line, a mode."""
    (prepared.inventory / "prepare" / "back.yaml").write_text(BACK)
    prepared.on(
        *("linux1", "sh", "-c"),
        "mkdir -p /srv/back; cd /srv/back; echo old > linux1.txt; echo 'limit 10' > own; "
        "install -d -m 700 inner; touch twice",
    )
    before = prepared.on("linux1", "sh", "-c", LEFT)

    done, _ = play(prepared, "prepare/back.yaml")
    between = prepared.on("linux1", "sh", "-c", LEFT)
    back = prepared.hasys("rollback", prepared.runs()[0]["run"], "--yes")

    assert done.code == 0, done.out + done.err
    assert "198.51.100.78" in between
    assert back.code == 0, back.out + back.err
    assert prepared.on("linux1", "sh", "-c", LEFT) == before
