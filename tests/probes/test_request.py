"""What a server is asked of its group."""

from __future__ import annotations

import dataclasses
import ipaddress
import json

from orchestrator.model import IpSpec
from orchestrator.probes.request import poll_request
from tests.support.builders import LINUX1, LINUX2, a_group, a_resource


def test_a_poll_names_the_group_and_every_resource_with_its_definition():
    request = poll_request(a_group(), LINUX1, check_s=2.0, deadline_s=9.0)
    resources = request.args["resources"]

    assert request.op == "poll"
    assert request.reign is None
    assert request.args["group"] == "web"
    assert [(one["name"], one["type"]) for one in resources] == [
        ("database", "process"),
        ("site", "process"),
        ("address", "ip"),
    ]
    assert resources[2]["spec"]["interface"] == "10.0.0.70/24"
    assert json.loads(json.dumps(request.args)) == request.args


def test_each_check_has_a_deadline_and_the_whole_has_another():
    request = poll_request(a_group(), LINUX1, check_s=2.0, deadline_s=9.0)

    assert request.args["deadline_s"] == 2.0
    assert request.deadline_s == 9.0


def test_each_server_is_asked_for_its_own_interface():
    spec = IpSpec(
        interface=ipaddress.ip_interface("10.0.0.70/24"), device="eth0", devices={LINUX2: "ens3"}
    )
    group = a_group(dataclasses.replace(a_resource("address"), spec=spec))

    devices = [
        poll_request(group, server, check_s=2.0, deadline_s=9.0).args["resources"][0]["spec"][
            "device"
        ]
        for server in (LINUX1, LINUX2)
    ]
    assert devices == ["eth0", "ens3"]
