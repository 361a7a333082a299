"""A service address on a real link, with a neighbour who may have it already."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from remote_helpers import announce, netlink
from remote_helpers.operation import OperationError
from remote_helpers.resources import ip
from tests.helpers.enclosed import Neighbour, a_context, run, wait_for, with_neighbour

pytestmark = pytest.mark.usefixtures("root")

V4, V6 = "10.9.0.70/24", "2001:db8::70/64"
OLD_MAC = "02:00:00:00:00:99"


def spec(interface: str = V4, device: str = "near") -> dict[str, Any]:
    return {"interface": interface, "device": device, "network": None, "devices": {}}


def start(wanted: dict[str, Any]) -> dict[str, Any]:
    return ip.start(a_context(), "address", wanted)


def stop(wanted: dict[str, Any]) -> dict[str, Any]:
    return ip.stop(a_context(), "address", wanted)


def check(wanted: dict[str, Any]) -> dict[str, Any]:
    return ip.check(a_context(), "address", wanted)


def refusal_of_start(wanted: dict[str, Any]) -> str:
    with pytest.raises(OperationError) as caught:
        start(wanted)
    return str(caught.value)


def plain(interface: str) -> str:
    return interface.partition("/")[0]


@pytest.mark.parametrize("interface", [V4, V6])
def test_it_is_added_once_and_removed_once(interface: str):
    def body(_: Neighbour) -> None:
        wanted = spec(interface)
        answers = [check(wanted), start(wanted), start(wanted), check(wanted)]
        answers += [stop(wanted), stop(wanted), check(wanted)]

        assert [(one["state"], one["changed"]) for one in answers] == [
            ("stopped", False),
            ("started", True),
            ("started", False),
            ("started", False),
            ("stopped", True),
            ("stopped", False),
            ("stopped", False),
        ]
        assert answers[1]["detail"] == f"{interface} on near"

    with_neighbour(body)


@pytest.mark.parametrize("interface", [V4, V6])
def test_neighbours_learn_the_new_mac_address_at_once(interface: str):
    def body(neighbour: Neighbour) -> None:
        near = netlink.link("near")
        assert near is not None
        neighbour.believes(plain(interface), OLD_MAC)
        netlink.add_address(near, plain(interface), int(interface.partition("/")[2]))
        announce.Wire(near, plain(interface)).announce()  # the first one alone, no repetition

        wait_for(lambda: neighbour.knows(plain(interface)) == neighbour.near_mac)

    with_neighbour(body)


@pytest.mark.parametrize("interface", [V4, V6])
def test_the_announcement_is_repeated_for_those_who_missed_it(interface: str):
    def body(neighbour: Neighbour) -> None:
        start(spec(interface))
        neighbour.believes(plain(interface), OLD_MAC)

        wait_for(lambda: neighbour.knows(plain(interface)) == neighbour.near_mac)

    with_neighbour(body)


def test_no_announcement_is_repeated_once_the_address_has_moved_on():
    def body(neighbour: Neighbour) -> None:
        near = netlink.link("near")
        assert near is not None
        neighbour.believes(plain(V4), OLD_MAC)
        announce.Wire(near, plain(V4)).repeat_aside().join()

        assert neighbour.knows(plain(V4)) == OLD_MAC

    with_neighbour(body)


@pytest.mark.parametrize("interface", [V4, V6])
def test_it_is_refused_when_another_machine_has_it_and_named(interface: str):
    def body(neighbour: Neighbour) -> None:
        neighbour.ip(
            "addr", "add", interface, "dev", "far", *(["nodad"] if ":" in interface else [])
        )

        message = refusal_of_start(spec(interface))

        expected = f"another machine has {plain(interface)}: {neighbour.mac} answered on near"
        assert message == expected
        assert check(spec(interface))["state"] == "stopped"

    with_neighbour(body)


@pytest.mark.parametrize("interface", [V4, V6])
def test_asking_whether_somebody_has_it_takes_a_moment_only(interface: str):
    def body(_: Neighbour) -> None:
        took = []
        for _ in range(3):
            began = time.monotonic()
            start(spec(interface))
            took.append(time.monotonic() - began)
            stop(spec(interface))

        assert announce.PROBE_FOR_S <= min(took) < announce.PROBE_FOR_S + 0.1

    with_neighbour(body)


@pytest.mark.parametrize(
    ("here", "on", "seen"),
    [
        ("10.9.0.70/32", "near", "found 10.9.0.70/32 on near; wanted 10.9.0.70/24 on near"),
        ("10.9.0.70/24", "lo", "found 10.9.0.70/24 on lo; wanted 10.9.0.70/24 on near"),
    ],
)
def test_the_right_address_in_the_wrong_place_is_a_failure_that_stop_ends(
    here: str, on: str, seen: str
):
    def body(_: Neighbour) -> None:
        run("ip", "addr", "add", here, "dev", on)
        found = check(spec())
        message = refusal_of_start(spec())
        stopped = stop(spec())

        assert (found["state"], found["detail"]) == ("failed", seen)
        assert message == f"{seen}; stop it first"
        assert (stopped["state"], stopped["changed"]) == ("stopped", True)
        assert check(spec())["state"] == "stopped"

    with_neighbour(body)


def test_a_lost_carrier_is_a_failure_and_no_start_is_tried_without_one():
    def body(neighbour: Neighbour) -> None:
        start(spec())
        neighbour.ip("link", "set", "far", "down")
        wait_for(lambda: check(spec())["state"] == "failed")
        lost = check(spec())
        message = refusal_of_start(spec())
        stop(spec())

        assert message == refusal_of_start(spec())
        assert lost["detail"] == "10.9.0.70/24 on near, which has no carrier"
        assert refusal_of_start(spec()) == "near has no carrier, nobody could reach 10.9.0.70"
        assert check(spec())["detail"] == "not on near; it has no carrier"

    with_neighbour(body)


def test_a_switched_off_device_says_how_to_switch_it_on():
    def body(_: Neighbour) -> None:
        run("ip", "link", "set", "near", "down")

        assert refusal_of_start(spec()) == "near is switched off: ip link set near up"

    with_neighbour(body)


def test_a_device_that_is_not_there_is_named_with_those_that_are():
    def body(_: Neighbour) -> None:
        message = refusal_of_start(spec(device="ens192"))

        assert message == "there is no device ens192 here; there are: near"
        assert stop(spec(device="ens192"))["state"] == "stopped"

    with_neighbour(body)


def primary_with_a_secondary_and_a_route() -> set[str]:
    run("ip", "addr", "flush", "dev", "near")
    run("ip", "addr", "add", V4, "dev", "near")
    run("ip", "addr", "add", "10.9.0.1/24", "dev", "near")
    run("ip", "route", "add", "default", "via", "10.9.0.2")
    return addresses_on_near() - {V4}


def addresses_on_near() -> set[str]:
    return {
        one.interface for one in netlink.addresses() if one.device == "near" and "." in one.address
    }


def test_the_hosts_own_secondary_address_and_its_routes_stay():
    def body(_: Neighbour) -> None:
        others = primary_with_a_secondary_and_a_route()
        stop(spec())
        setting = Path("/proc/sys/net/ipv4/conf/near/promote_secondaries").read_text().strip()

        assert addresses_on_near() == others == {"10.9.0.1/24"}
        assert "default via 10.9.0.2" in run("ip", "route")
        assert setting == "0"

    with_neighbour(body)


def test_where_the_kernel_cannot_be_told_to_keep_it_the_secondary_address_is_put_back():
    def body(_: Neighbour) -> None:
        others = primary_with_a_secondary_and_a_route()
        run("mount", "--bind", "/proc/sys", "/proc/sys")
        run("mount", "-o", "remount,ro,bind", "/proc/sys")
        stopped = stop(spec())

        assert addresses_on_near() == others
        assert "the kernel took 10.9.0.1/24 with it: put back" in stopped["detail"]

    with_neighbour(body)


def test_a_definition_that_is_no_address_is_our_mistake():
    with pytest.raises(OperationError) as caught:
        check({"interface": "10.9.0.300/24", "device": "near"})

    assert caught.value.kind == "bad-request"
