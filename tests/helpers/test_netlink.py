"""Links and addresses through the kernel's own interface, compared with what `ip` says."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from remote_helpers import netlink
from remote_helpers.operation import OperationError
from tests.helpers.enclosed import enclosed, run, with_neighbour

pytestmark = pytest.mark.usefixtures("root")


def of_ip() -> dict[str, set[str]]:
    shown = json.loads(run("ip", "-j", "addr"))
    return {
        one["ifname"]: {f"{a['local']}/{a['prefixlen']}" for a in one["addr_info"]} for one in shown
    }


def of_netlink() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {one.name: set() for one in netlink.links()}
    for one in netlink.addresses():
        found[one.device].add(one.interface)
    return found


def test_links_and_addresses_are_those_that_ip_shows():
    def body(_: object) -> None:
        run("ip", "addr", "add", "2001:db8::5/64", "dev", "near")

        assert of_netlink() == of_ip()
        near = netlink.link("near")
        assert near is not None
        assert near.mac == json.loads(run("ip", "-j", "link", "show", "near"))[0]["address"]
        assert (near.up, near.carrier, near.neighbours) == (True, True, True)

    with_neighbour(body)


def test_hundreds_of_addresses_are_read_whole():
    def body() -> None:
        lo = netlink.link("lo")
        assert lo is not None
        for number in range(600):
            netlink.add_address(lo, f"10.{number // 200}.{number % 200}.1", 32)

        assert of_netlink() == of_ip()

    enclosed(body)


@pytest.mark.parametrize(
    ("address", "prefix", "broadcast"),
    [
        ("10.9.0.70", 24, "10.9.0.255"),
        ("10.9.8.1", 21, "10.9.15.255"),
        ("10.9.9.0", 31, None),
        ("10.9.9.9", 32, None),
        ("2001:db8::70", 64, None),
    ],
)
def test_an_address_is_added_as_ip_would_add_it_and_deleted(
    address: str, prefix: int, broadcast: str | None
):
    def body(_: object) -> None:
        near = netlink.link("near")
        assert near is not None
        netlink.add_address(near, address, prefix)
        info = json.loads(run("ip", "-j", "addr", "show", "near"))[0]["addr_info"]
        (shown,) = [one for one in info if one["local"] == address]
        netlink.delete_address(near.ifindex, address, prefix)

        assert (shown["prefixlen"], shown.get("broadcast")) == (prefix, broadcast)
        assert not shown.get("tentative")
        assert f"{address}/{prefix}" not in of_ip()["near"]

    with_neighbour(body)


def refused(action: Callable[[], None]) -> OperationError:
    with pytest.raises(OperationError) as caught:
        action()
    return caught.value


def test_a_refusal_says_what_the_kernel_means():
    def body(_: object) -> None:
        near = netlink.link("near")
        assert near is not None

        again = refused(lambda: netlink.add_address(near, "10.9.0.1", 24))
        absent = refused(lambda: netlink.delete_address(near.ifindex, "10.9.0.99", 24))
        nowhere = refused(lambda: netlink.delete_address(4711, "10.9.0.1", 24))

        assert str(again) == "cannot add 10.9.0.1/24 to near: it is there already (EEXIST)"
        assert "the device does not have that address (EADDRNOTAVAIL)" in str(absent)
        assert "there is no such device (ENODEV)" in str(nowhere)
        assert again.kind == "failed"
        assert again.detail == {"errno": 17, "errno_name": "EEXIST"}

    with_neighbour(body)


def test_a_switched_off_link_and_a_lost_carrier_are_told_apart():
    def body(neighbour: object) -> None:
        neighbour.ip("link", "set", "far", "down")  # type: ignore[attr-defined]
        lost = netlink.link("near")
        run("ip", "link", "set", "near", "down")
        off = netlink.link("near")

        assert lost is not None
        assert off is not None
        assert [(one.up, one.carrier) for one in (lost, off)] == [(True, False), (False, False)]

    with_neighbour(body)
