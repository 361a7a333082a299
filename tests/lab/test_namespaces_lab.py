"""The namespaces lab itself: what tests build on must be true before they are."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.lab import programs
from tests.lab.checks import ONE, TWO, answers, eventually, heard, reaches, ssh, take_address
from tests.lab.interface import Unsupported
from tests.lab.namespaces.lab import NamespacesLab
from tests.lab.network import HEARTBEAT, Direction

pytestmark = pytest.mark.lab


def test_description_and_inventory_name_the_same_servers(namespaces_lab: NamespacesLab):
    described = namespaces_lab.description.as_json()
    assert set(described) >= {"lab", "inventory", "group", "servers", "client", "service"}
    hosts = yaml.safe_load(Path(described["inventory"], "hosts.yaml").read_text())
    listed = hosts["all"]["children"][described["group"]]["hosts"]
    assert [server["name"] for server in described["servers"]] == list(listed)
    for server in described["servers"]:
        assert listed[server["name"]]["ansible_host"] == server["address"]
        assert listed[server["name"]]["ansible_ssh_private_key_file"] == server["key"]
        assert server["known_hosts"] in listed[server["name"]]["ansible_ssh_common_args"]
    file = Path(described["inventory"], "groups", f"{described['group']}.yaml")
    group = yaml.safe_load(file.read_text())
    assert group["servers"] == list(listed)
    assert group["resources"]["address"]["ip"].startswith(described["service"]["address"])


def test_ssh_is_a_real_one_for_root_and_for_a_login_with_sudo(namespaces_lab: NamespacesLab):
    for server in namespaces_lab.description.servers:
        assert ssh(server, "hostname").strip() == server.name
    assert ssh(namespaces_lab.description.server(ONE), "sudo -n id -u", user="hasys").strip() == "0"


def test_systemd_runs_and_its_timers_fire(namespaces_lab: NamespacesLab):
    state = ["systemctl", "is-system-running", "--wait"]
    assert namespaces_lab.run(ONE, state).strip() == "running"
    namespaces_lab.run(
        ONE,
        [
            *("systemd-run", "--on-active=0.2", "--timer-property=AccuracySec=10ms"),
            *("touch", "/run/fired"),
        ],
    )
    fired = ["sh", "-c", "test -e /run/fired && echo yes || true"]
    assert eventually(lambda: namespaces_lab.run(ONE, fired).strip() == "yes")


def test_each_server_is_a_machine_of_its_own(namespaces_lab: NamespacesLab):
    for path in ("/etc/hostname", "/etc/machine-id", "/proc/sys/kernel/random/boot_id"):
        seen = {namespaces_lab.run(server, ["cat", path]) for server in (ONE, TWO)}
        seen.add(Path(path).read_text() if Path(path).exists() else "")
        assert len(seen) == 3, path
    uptime = float(namespaces_lab.run(ONE, ["cat", "/proc/uptime"]).split()[0])
    assert uptime < float(Path("/proc/uptime").read_text().split()[0])
    namespaces_lab.run(ONE, ["touch", "/etc/here", "/tmp/here", "/run/here", "/var/lib/here"])
    for folder in ("/etc", "/tmp", "/run", "/var/lib"):
        assert "here" not in namespaces_lab.run(TWO, ["ls", folder]).split()
        assert not Path(folder, "here").exists()


@pytest.mark.parametrize(
    "harm",
    [
        "date -s '2001-01-01'",
        "echo 1 > /proc/sys/vm/drop_caches",
        "echo 0 > /proc/sys/kernel/panic",
        "mknod /tmp/disk b 7 0",
        "modprobe loop",
    ],
)
def test_nothing_reaches_the_machine_below(namespaces_lab: NamespacesLab, harm: str):
    with pytest.raises(programs.ProgramFailed):
        namespaces_lab.run(ONE, ["sh", "-c", harm])


def test_network_settings_are_the_servers_own(namespaces_lab: NamespacesLab):
    setting = "/proc/sys/net/ipv4/ip_nonlocal_bind"
    before = Path(setting).read_text()
    namespaces_lab.run(ONE, ["sh", "-c", f"echo 1 > {setting}"])
    assert namespaces_lab.run(ONE, ["cat", setting]) == "1\n"
    assert Path(setting).read_text() == before


def test_power_cut_keeps_the_disk_and_nothing_else(namespaces_lab: NamespacesLab):
    lab, address = namespaces_lab, namespaces_lab.description.server(ONE).address
    lab.run(ONE, ["touch", "/var/lib/kept", "/run/lost", "/tmp/lost"])
    take_address(lab, ONE)
    before = lab.run(ONE, ["cat", "/proc/sys/kernel/random/boot_id"])
    lab.power_off(ONE)
    assert not answers(address)
    assert not reaches(lab, TWO, address)
    with pytest.raises(programs.ProgramFailed, match="is off"):
        lab.run(ONE, ["true"])
    lab.power_on(ONE)
    assert answers(address)
    assert lab.run(ONE, ["cat", "/proc/sys/kernel/random/boot_id"]) != before
    assert lab.run(ONE, ["ls", "/var/lib/kept"])
    assert "lost" not in lab.run(ONE, ["ls", "/run", "/tmp"])
    assert lab.description.service.address not in lab.run(ONE, ["ip", "address"])


@pytest.mark.parametrize("command", ["reboot -f", "systemctl reboot"])
def test_a_server_that_reboots_itself_comes_back(namespaces_lab: NamespacesLab, command: str):
    lab, server = namespaces_lab, namespaces_lab.description.server(TWO)
    boot_id = lab.record.folder / TWO / "boot_id"
    before = boot_id.read_text()
    with contextlib.suppress(programs.ProgramFailed):  # it goes with its server
        lab.run(TWO, ["sh", "-c", f"{command} || true"])
    assert eventually(lambda: boot_id.read_text() != before and answers(server.address))


def test_a_server_that_powers_itself_off_stays_off(namespaces_lab: NamespacesLab):
    namespaces_lab.run(TWO, ["sh", "-c", "systemctl poweroff || true"])
    assert eventually(lambda: not namespaces_lab.powered(TWO))
    namespaces_lab.power_on(TWO)
    assert ssh(namespaces_lab.description.server(TWO), "hostname").strip() == TWO


def test_reset(namespaces_lab: NamespacesLab):
    before = namespaces_lab.run(ONE, ["cat", "/proc/sys/kernel/random/boot_id"])
    namespaces_lab.reboot(ONE)
    assert namespaces_lab.run(ONE, ["cat", "/proc/sys/kernel/random/boot_id"]) != before


def test_a_frozen_server_is_silent_and_goes_on_where_it_was(namespaces_lab: NamespacesLab):
    lab, address = namespaces_lab, namespaces_lab.description.server(ONE).address
    counting = "i=0; while :; do i=$((i+1)); echo $i > /run/count; sleep 0.02; done"
    lab.run(ONE, ["systemd-run", "--unit=counting", "sh", "-c", counting])
    count = ["cat", "/run/count"]
    assert eventually(lambda: lab.run(ONE, ["sh", "-c", "cat /run/count || true"]) != "")
    lab.freeze(ONE)
    assert not answers(address)
    assert not reaches(lab, TWO, address)
    with pytest.raises(subprocess.TimeoutExpired):
        lab.run(ONE, count, timeout_s=0.5)
    lab.thaw(ONE)
    assert answers(address, timeout_s=2)
    first = int(lab.run(ONE, count))
    assert eventually(lambda: int(lab.run(ONE, count) or 0) > first)
    lab.run(ONE, ["systemctl", "stop", "counting"])


def test_a_frozen_server_can_lose_its_power(namespaces_lab: NamespacesLab):
    namespaces_lab.freeze(ONE)
    namespaces_lab.power_off(ONE)
    namespaces_lab.power_on(ONE)
    assert answers(namespaces_lab.description.server(ONE).address)


def test_public_and_heartbeat_are_cut_apart(namespaces_lab: NamespacesLab):
    lab, plan = namespaces_lab, namespaces_lab.network.addresses
    public, heartbeat = plan.public(TWO), plan.heartbeat(TWO)
    lab.cut_public(TWO)
    assert (reaches(lab, ONE, public), reaches(lab, ONE, heartbeat)) == (False, True)
    assert not answers(public)
    lab.join_public(TWO)
    lab.cut_heartbeat(ONE)
    assert (reaches(lab, ONE, public, 2), reaches(lab, ONE, heartbeat)) == (True, False)
    assert answers(public, timeout_s=2)
    lab.isolate(TWO)
    lab.join_heartbeat(ONE)
    assert (reaches(lab, ONE, public), reaches(lab, ONE, heartbeat)) == (False, False)
    lab.join(TWO)
    assert (reaches(lab, ONE, public, 2), reaches(lab, ONE, heartbeat, 2)) == (True, True)


def test_a_cut_outlives_a_reboot(namespaces_lab: NamespacesLab):
    lab = namespaces_lab
    lab.cut_public(ONE)
    lab.reboot(ONE)
    assert not answers(lab.network.addresses.public(ONE))
    lab.join(ONE)
    assert answers(lab.network.addresses.public(ONE), timeout_s=3)


def test_one_direction_only(namespaces_lab: NamespacesLab):
    lab = namespaces_lab
    lab.cut_heartbeat(ONE, Direction.SENDING)
    assert (heard(lab, ONE, TWO), heard(lab, TWO, ONE)) == (False, True)
    lab.join_heartbeat(ONE)
    lab.network.cut_between(HEARTBEAT, TWO, ONE)
    assert (heard(lab, ONE, TWO), heard(lab, TWO, ONE)) == (True, False)
    lab.network.join_between(HEARTBEAT, TWO, ONE)
    assert heard(lab, TWO, ONE)


def test_loss_loses_some_and_not_all(namespaces_lab: NamespacesLab):
    lab = namespaces_lab
    ping = ["ping", "-q", "-c", "100", "-i", "0.002", "-W", "1"]
    to = lab.network.addresses.heartbeat(TWO)
    reaches(lab, ONE, to)
    lab.loss(ONE, 30)
    output = lab.run(ONE, ["sh", "-c", f"{' '.join(ping)} {to} || true"])
    received = int(output.split(" received")[0].rsplit(" ", 1)[1])
    assert 20 <= received <= 80  # 0.7 * 0.7 of them
    lab.loss(ONE, 0)
    assert "100 received" in lab.run(ONE, [*ping, to])


def test_disk_errors_need_another_kind(namespaces_lab: NamespacesLab):
    with pytest.raises(Unsupported, match="kernel lab"):
        namespaces_lab.disk_error(ONE)
