"""What a server lacks for a group, from what it says of itself."""

import ipaddress

import pytest

from orchestrator.decision.finding import Weight
from orchestrator.decision.fitness import clock_finding, findings
from orchestrator.model import DiskSpec, DrbdSpec, IpSpec, MountSpec, ProcessSpec, SystemdSpec
from tests.support.builders import LINUX1, a_group, a_resource

GROUP = a_group(
    a_resource("data", spec=MountSpec(path="/data", device="/dev/sdb1", fstype="ext4")),
    a_resource("database", "data", spec=SystemdSpec(unit="mariadb.service")),
    a_resource(
        "address",
        "database",
        spec=IpSpec(interface=ipaddress.ip_interface("10.0.0.70/24"), device="eth0"),
    ),
)
WELL = {
    "programs": {"ip": "/sbin/ip"},
    "units": {"mariadb.service": {"load": "loaded", "at_boot": "disabled"}},
    "paths": {"/data": {"directory": True, "at_boot": False}},
    "addresses": {"10.0.0.70/24": {"configured_in": []}},
    "devices": {"eth0": {"up": True, "carrier": True}},
}


def test_nothing_is_said_of_a_server_that_has_everything():
    assert findings(GROUP, LINUX1, WELL) == []


@pytest.mark.parametrize(
    ("part", "answer", "said"),
    [
        ("programs", {"ip": None}, "there is no program ip"),
        ("units", {}, "unit mariadb.service is not usable: no answer"),
        ("units", {"mariadb.service": {"load": "not-found"}}, "there is no unit mariadb.service"),
        (
            "units",
            {"mariadb.service": {"load": "loaded", "at_boot": "enabled"}},
            "would start by itself at boot",
        ),
        ("paths", {"/data": {"directory": False}}, "there is no directory /data"),
        ("paths", {"/data": {"directory": True, "at_boot": True}}, "/etc/fstab mounts /data"),
        (
            "addresses",
            {"10.0.0.70/24": {"configured_in": ["/etc/network/interfaces"]}},
            "/etc/network/interfaces would bring 10.0.0.70/24 up at boot",
        ),
        ("devices", {}, "there is no interface eth0"),
        ("devices", {"eth0": {"up": False, "carrier": False}}, "eth0 is switched off"),
        ("devices", {"eth0": {"up": True, "carrier": False}}, "eth0 has no carrier"),
    ],
)
def test_each_lack_is_an_error_that_says_what_to_do(part, answer, said):
    found = findings(GROUP, LINUX1, {**WELL, part: answer})

    assert [one.weight for one in found] == [Weight.ERROR]
    assert said in found[0].what
    assert found[0].advice


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (DrbdSpec(resource="r0"), "it: the server says nothing of it"),
        (
            DiskSpec(volume_group="shared"),
            "it: not all disks of the volume group shared are seen here",
        ),
    ],
)
def test_data_of_which_a_server_says_nothing_is_lacking_there(spec, said):
    found = findings(a_group(a_resource("it", spec=spec)), LINUX1, {})

    assert found[0].weight is Weight.ERROR
    assert found[0].what == said


def test_a_shared_disk_without_reservations_needs_none():
    seen = {"missing": False, "system_id": "linux1", "reservations": {"/dev/sdb": False}}
    group = a_group(a_resource("it", spec=DiskSpec(volume_group="shared")))

    assert findings(group, LINUX1, {**WELL, "volume_groups": {"shared": seen}}) == []


def test_nothing_is_asked_of_a_server_for_a_plain_process():
    process = a_resource("it", spec=ProcessSpec(start="it", pattern="it"))

    only_networks = {"devices": WELL["devices"]}
    assert findings(a_group(process), LINUX1, only_networks) == []


@pytest.mark.parametrize(("offset_s", "said"), [(2.5, "2.5 s ahead"), (-3.0, "3.0 s behind")])
def test_a_clock_that_is_off_is_a_warning(offset_s, said):
    (found,) = clock_finding(LINUX1, offset_s)

    assert found.weight is Weight.WARNING
    assert said in found.what


def test_a_clock_that_is_nearly_right_is_not_spoken_of():
    assert clock_finding(LINUX1, 0.9) == []
