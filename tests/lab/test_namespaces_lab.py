"""The namespaces lab itself: what tests build on must be true before they are."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.lab import addresses, kinds, network, programs, registry, teardown
from tests.lab.interface import LabServer, Unsupported
from tests.lab.namespaces.lab import NamespacesLab
from tests.lab.network import HEARTBEAT, Direction
from tests.lab.outage import measure_outage
from tests.lab.witness import Thing, Witness

pytest_plugins = ["tests.lab.fixtures"]
pytestmark = pytest.mark.lab

PROJECT = Path(__file__).parents[2]
ONE, TWO = addresses.SERVERS


def ssh(server: LabServer, *command: str, user: str | None = None) -> str:
    """The machine's own OpenSSH client, host key checked."""
    return programs.run(
        [
            *("ssh", "-F", "none", "-i", str(server.key), "-p", str(server.port)),
            *("-o", f"UserKnownHostsFile={server.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "BatchMode=yes", "-o", "ConnectTimeout=2"),
            *(f"{user or server.user}@{server.address}", *command),
        ],
        timeout_s=10,
    )


def answers(address: str, port: int = 22, timeout_s: float = 0.3) -> bool:
    """Somebody there speaks first, as sshd does."""
    try:
        with socket.create_connection((address, port), timeout=timeout_s) as connection:
            return bool(connection.recv(1))
    except OSError:
        return False


def reaches(lab: NamespacesLab, server: str, address: str, wait_s: float = 0.3) -> bool:
    """After a cut, a server asks for its neighbour's hardware address once a second only."""
    try:
        lab.run(server, ["ping", "-c", "1", "-W", str(wait_s), address])
    except programs.ProgramFailed:
        return False
    return True


def eventually(condition: Callable[[], bool], timeout_s: float = 5) -> bool:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.01)
    return False


def serve(lab: NamespacesLab, server: str) -> None:
    """By hand what a controller does: the service, then the address, then the neighbours."""
    service = lab.description.service.address
    take_address(lab, server)
    lab.run(server, ["systemd-run", "--unit=site", "/usr/local/bin/lab-http", "--port", "8080"])
    lab.run(server, ["arping", "-U", "-c", "1", "-I", "eth0", service])


def take_address(lab: NamespacesLab, server: str) -> None:
    address = f"{lab.description.service.address}/{addresses.PREFIX}"
    lab.run(server, ["ip", "address", "add", address, "dev", "eth0"])


# -- what a lab is ---------------------------------------------------------------------------


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


# -- power -----------------------------------------------------------------------------------


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


# -- networks --------------------------------------------------------------------------------


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


def heard(lab: NamespacesLab, sender: str, receiver: str) -> bool:
    """A datagram over the heartbeat network, one way."""
    listen = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.settimeout(0.6); "
        "s.bind(('', 9999)); print('ready', flush=True); print(s.recv(99).decode(), flush=True)"
    )
    to = lab.network.addresses.heartbeat(receiver)
    send = (
        "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); "
        f"s.sendto(b'hello', ('{to}', 9999))"
    )
    # address resolution needs both ways, a cut after it does not matter to it
    mac = lab.network.addresses.heartbeat_mac(receiver)
    lab.run(sender, ["ip", "neigh", "replace", to, "lladdr", mac, "dev", "eth1"])
    enter = lab.description.server(receiver).enter
    with subprocess.Popen(
        [*enter, "python3", "-c", listen],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as listening:
        assert listening.stdout is not None
        assert listening.stdout.readline() == "ready\n"
        lab.run(sender, ["python3", "-c", send])
        result = listening.stdout.readline() == "hello\n"
    lab.run(sender, ["ip", "neigh", "del", to, "dev", "eth1"])
    return result


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


# -- client and witness ----------------------------------------------------------------------


def test_client_and_witness_see_a_move_and_an_overlap(namespaces_lab: NamespacesLab):
    lab = namespaces_lab
    with Witness(lab.description) as witness:
        serve(lab, ONE)
        with measure_outage(lab.description) as measured:
            time.sleep(0.3)
            lab.power_off(ONE)
            serve(lab, TWO)
            time.sleep(0.3)
        moved = witness.timeline
        lab.power_on(ONE)
        take_address(lab, ONE)
        time.sleep(0.3)
    report = measured.report
    assert set(report.answers) == {ONE, TWO}
    assert 0.05 < report.total_s < 5
    assert report.outages[-1].ended is not None
    moved.assert_never_both()
    assert moved.spans(ONE, Thing.ADDRESS)
    assert moved.spans(TWO, Thing.SERVICE)
    with pytest.raises(AssertionError, match="two servers had the address at once"):
        witness.timeline.assert_never_both()
    lab.reboot(ONE)
    lab.reboot(TWO)


# -- coming and going ------------------------------------------------------------------------


def left_of(lab_id: str, index: int) -> list[str]:
    """Whatever on this machine still belongs to that lab."""
    left = [str(path) for path in (registry.STATE / lab_id,) if path.exists()]
    namespaces = network.NAMESPACES.glob(f"hasys-{lab_id}-*")
    left += [str(path) for path in namespaces]
    left += [str(path) for path in teardown.cgroup(lab_id, "").parent.glob(f"hasys-lab-{lab_id}-*")]
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    left += [line for line in mounts if f"/{lab_id}/" in line or f"hasys-{lab_id}-" in line]
    links = programs.run(["ip", "-oneline", "link"]).splitlines()
    left += [line for line in links if f" hasys-lab{index}@" in line]
    routes = programs.run(["ip", "route"]).splitlines()
    left += [line for line in routes if f"10.77.{index}." in line]
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = process.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if f" {lab_id} " in command or f"/{lab_id}/" in command:
            left.append(f"{process}: {command}")
    return left


def shell(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tests.lab", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_line_brings_up_breaks_and_takes_down():
    lab_id = registry.unique_lab_id()
    up = shell("namespaces", "up", "--json", "--lab", lab_id)
    assert up.returncode == 0, up.stderr
    try:
        described = json.loads(up.stdout)
        address = described["servers"][0]["address"]
        index = int(address.split(".")[2])
        client = ["ping", "-c", "1", "-W", "1", address]
        programs.run([*described["client"]["enter"], *client])
        entered = programs.run([*described["servers"][1]["enter"], "hostname"])
        assert entered.strip() == TWO
        for fault, reached in (("cut-public", False), ("join", True), ("loss=100", False)):
            assert shell(fault, ONE, "--lab", lab_id).returncode == 0
            assert answers(address, timeout_s=2 if reached else 0.3) is reached, fault
        assert shell("loss=0", ONE, "--lab", lab_id).returncode == 0
        assert shell("power-off", ONE, "--lab", lab_id).returncode == 0
        assert not answers(address)
        refused = shell("disk-error", ONE, "--lab", lab_id)
        assert refused.returncode == 3
        assert "kernel" in refused.stderr
        assert shell("namespaces", "up", "--lab", lab_id).returncode == 75
        assert left_of(lab_id, index)
    finally:
        down = shell("down", "--lab", lab_id)
    assert down.returncode == 0, down.stderr
    assert left_of(lab_id, index) == []
    assert shell("down", "--lab", lab_id).returncode == 3


def test_two_labs_side_by_side_do_not_see_each_other(namespaces_lab: NamespacesLab):
    other = kinds.up("namespaces", registry.unique_lab_id())
    try:
        assert isinstance(other, NamespacesLab)
        address = other.network.addresses.public(ONE)
        assert answers(address)
        assert not reaches(namespaces_lab, ONE, address)
        other.power_off(ONE)
        assert answers(namespaces_lab.description.server(ONE).address)
    finally:
        other.down()
    assert answers(namespaces_lab.description.server(ONE).address)
    assert left_of(other.description.lab, other.record.index) == []


def test_a_lab_whose_owner_was_killed_is_swept_away():
    lab_id = registry.unique_lab_id()
    script = (
        "import time; from tests.lab import kinds; "
        f"kinds.up('namespaces', {lab_id!r}); print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        index = registry.find(lab_id).index
        os.kill(owner.pid, signal.SIGKILL)
    assert left_of(lab_id, index)
    teardown.sweep()
    assert left_of(lab_id, index) == []
