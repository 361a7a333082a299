"""A definition arrives at the helper as it was written."""

import dataclasses
import ipaddress
import json

import pytest

from orchestrator.model import (
    CommandSpec,
    IpSpec,
    MountSpec,
    NetworkName,
    ProcessSpec,
    Resource,
    ResourceName,
    ServerName,
    Spec,
    SystemdSpec,
)
from orchestrator.transport.encode import resource_to_json, spec_to_json

SPECS: list[Spec] = [
    IpSpec(interface=ipaddress.ip_interface("10.0.0.70/24"), device="eth0"),
    IpSpec(
        interface=ipaddress.ip_interface("fd00::70/64"),
        device="eth0",
        network=NetworkName("public"),
    ),
    MountSpec(path="/data", device="/dev/drbd0", fstype="ext4", options=("noatime", "discard")),
    ProcessSpec(start="x", pattern="^x$", count_max=4, environment={"A": "1"}),
    ProcessSpec(start="x", pid_file="/run/x.pid", stop="y", user="u", directory="/"),
    SystemdSpec(unit="mariadb"),
    CommandSpec(start="a", stop="b", check="c"),
]


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: type(spec).__name__)
def test_every_field_arrives(spec: Spec):
    arrived = json.loads(json.dumps(spec_to_json(spec)))

    assert set(arrived) == {field.name for field in dataclasses.fields(spec)}
    again = {**arrived}
    if isinstance(spec, IpSpec):
        again["interface"] = ipaddress.ip_interface(arrived["interface"])
    if isinstance(spec, MountSpec):
        again["options"] = tuple(arrived["options"])
    assert type(spec)(**again) == spec


def test_an_address_keeps_its_prefix_length():
    assert spec_to_json(SPECS[0])["interface"] == "10.0.0.70/24"


def test_a_resource_is_named_and_typed():
    resource = Resource(
        name=ResourceName("db"),
        spec=SystemdSpec(unit="mariadb"),
        start_timeout_s=1,
        stop_timeout_s=1,
    )

    assert resource_to_json(resource, ServerName("linux1")) == {
        "name": "db",
        "type": "systemd",
        "spec": {"unit": "mariadb"},
    }


def test_each_server_is_asked_for_its_own_interface():
    spec = IpSpec(
        interface=ipaddress.ip_interface("10.0.0.70/24"),
        device="eth0",
        devices={ServerName("linux2"): "ens3"},
    )
    resource = Resource(
        name=ResourceName("address"), spec=spec, start_timeout_s=1, stop_timeout_s=1
    )

    devices = [
        resource_to_json(resource, ServerName(name))["spec"]["device"]
        for name in ("linux1", "linux2")
    ]

    assert devices == ["eth0", "ens3"]
