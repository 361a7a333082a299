"""Every type of resource on real systemd and a real kernel, moved by the real command."""

import subprocess

import pytest

from tests.lab.witness import Witness
from tests.live import disk
from tests.live.site import until

pytestmark = pytest.mark.lab

ADDRESS6 = "fd77:77::70"
UNIT = """\
[Service]
ExecStart=/bin/sleep 1000
"""
WORKERS = "for n in 1 2 3; do setsid sleep 70$n & done"


def on_every_server(site, *argv):
    for server in ("linux1", "linux2"):
        site.on(server, *argv)


def write(site, path, text):
    on_every_server(site, "python3", "-c", f"open({path!r}, 'w').write({text!r})")


def everything(site, device):
    """One resource of each type and of each way to know a process."""
    addresses = site.lab.network.addresses
    return {
        "data": {"mount": "/data", "device": device, "fstype": "ext4"},
        "unit": {"systemd": "lab-unit.service", "after": ["data"]},
        "by-file": {
            "process": None,
            "pid_file": "/run/by-file.pid",
            "start": "sleep 601 & echo $! > /run/by-file.pid",
            "after": ["data"],
        },
        "by-check": {
            "process": None,
            "check": "systemctl is-active --quiet by-check",
            "start": "systemd-run --quiet --unit=by-check sleep 602",
            "stop": "systemctl stop by-check",
        },
        "workers": {"process": "sleep 70[123]", "count": "2-4", "start": WORKERS, "user": "hasys"},
        "flag": {
            "command": {
                "start": "touch /data/flag",
                "stop": "rm -f /data/flag",
                "check": "test -e /data/flag || exit 3",
            },
            "after": ["data"],
        },
        "site": {
            "process": "lab-http --port 8080",
            "count": "1",
            "start": "/usr/local/bin/lab-http --port 8080",
            "after": ["unit", "by-file", "flag"],
        },
        "site6": {
            "process": "http.server --bind ::",
            "start": "python3 -m http.server --bind :: --directory /etc 8081",
        },
        "address": {"ip": f"{addresses.service}/25", "network": "public", "after": ["site"]},
        "address6": {"ip": f"{ADDRESS6}/64", "interface": "eth0", "after": ["site6"]},
    }


def holds(site, server):
    """What the server's own tools say of it, not what we say."""
    asked = {
        "data": "findmnt -n -o FSTYPE /data",
        "unit": "systemctl is-active -q lab-unit && echo yes",
        "by-file": "pgrep -f '[s]leep 601'",
        "by-check": "pgrep -f '[s]leep 602'",
        "workers": "pgrep -u hasys -fc '^sleep 70' | grep -v '^0'",
        "flag": "test -e /data/flag && echo yes",
        "site": "pgrep -f '[l]ab-http'",
        "site6": "pgrep -f '[h]ttp.server'",
        "address": f"ip -4 address | grep -F {site.lab.network.addresses.service}/",
        "address6": f"ip -6 address | grep -F {ADDRESS6}/",
    }
    script = "; ".join(f"({shell}) >/dev/null 2>&1 && echo {name}" for name, shell in asked.items())
    return set(site.on(server, "sh", "-c", f"{script}; true").split())


@pytest.mark.mission("A6")
@pytest.mark.mission("A7")
@pytest.mark.mission("D2")
def test_resources_of_every_type_move_from_server_to_server(site, tmp_path):
    on_every_server(site, "mkdir", "/data")
    write(site, "/etc/systemd/system/lab-unit.service", UNIT)
    on_every_server(site, "systemctl", "daemon-reload")
    site.lab.network.inside(
        "client", "ip", "address", "add", "fd77:77::2/64", "dev", "eth0", "nodad"
    )
    with disk.shared(site.lab, tmp_path) as device:
        resources = everything(site, device)
        site.resources(resources)
        with Witness(site.lab.description) as witness:
            site.done("start", "web")
            first = holds(site, "linux1"), holds(site, "linux2")
            site.on("linux1", "sh", "-c", "echo written on linux1 > /data/note")
            site.done("switchover", "web")
            second = holds(site, "linux1"), holds(site, "linux2")
        note = site.on("linux2", "cat", "/data/note")
        over_ipv6 = fetch(site, f"http://[{ADDRESS6}]:8081/hostname")
        site.done("stop", "web")
        stopped = holds(site, "linux1"), holds(site, "linux2")

    witness.timeline.assert_never_both()
    assert first == (set(resources), set())
    assert second == (set(), set(resources))
    assert stopped == (set(), set())
    assert note == "written on linux1\n"
    assert over_ipv6.strip() == "linux2"


def fetch(site, url):
    enter = site.lab.description.client.enter
    curl = [*enter, "curl", "-sS", "--max-time", "3", url]
    return subprocess.run(curl, capture_output=True, text=True, check=True).stdout


@pytest.mark.mission("D2")
@pytest.mark.mission("A6")
def test_what_was_killed_is_shown_and_a_start_completes_it(site):
    workers = {"process": "sleep 70[123]", "count": "3", "start": WORKERS}
    site.change_group(lambda document: document["resources"].update(workers=workers))
    site.done("start", "web")

    site.on("linux1", "pkill", "-f", "lab-[h]ttp")
    one_gone = site.hasys("status")
    site.done("start", "web")
    mended = site.hasys("status")
    site.on("linux1", "pkill", "-f", "sleep 70[2]")
    too_few = site.hasys("status")
    refused = site.hasys("start", "web")
    site.done("stop", "web", "workers")
    site.done("start", "web")

    assert one_gone.code == 5
    assert "linux1: site is stopped: no process matches lab-http" in one_gone.out
    assert mended.code == 0
    assert too_few.code == 5
    assert "linux1: workers is failed: 2 processes" in too_few.out
    assert "at least 3 wanted" in too_few.out
    assert refused.code == 1
    assert "not started, stop it first" in refused.err
    assert site.hasys("status").code == 0


@pytest.mark.mission("A7")
def test_an_address_that_somebody_else_has_is_not_taken(site):
    address = site.lab.network.addresses.service
    site.lab.network.inside("client", "ip", "address", "add", f"{address}/25", "dev", "eth0")

    answer = site.hasys("start", "web")
    site.lab.network.inside("client", "ip", "address", "del", f"{address}/25", "dev", "eth0")
    site.done("start", "web")

    assert answer.code == 1
    assert f"another machine has {address}: 52:54:" in answer.err
    assert "answered on eth0" in answer.err
    assert site.fetch().strip() == "linux1"


@pytest.mark.mission("D2")
def test_a_reboot_of_the_active_server_is_seen_and_a_start_brings_the_service_back(site):
    site.done("start", "web")
    epoch = site.status()["epoch"]

    site.lab.reboot("linux1")
    after = site.status()
    site.done("start", "web")

    assert after["active"] is None
    assert after["problems"] == ["no server runs the service"]
    assert after["epoch"] == epoch
    until(lambda: site.fetch().strip() == "linux1", "the service to answer")
