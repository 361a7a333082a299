"""The demo's networks, by netlink: two bridges on the stage, a card for whoever is plugged in.

Needs no program; everything is in the network namespaces of the demo.
"""

import asyncio
from collections.abc import Sequence

import pyroute2

PREFIX = 24
PUBLIC, HEARTBEAT = "public", "heartbeat"

_SERVERS = {"linux1": 11, "linux2": 12}
_CLIENT, _CONTROLLER, _SERVICE = 2, 1, 70
_NETWORKS = {PUBLIC: "192.168.50", HEARTBEAT: "10.0.0"}

CARDS = {PUBLIC: "eth0", HEARTBEAT: "eth1"}
"""What whoever is plugged in calls its card to a network."""
SERVERS = tuple(_SERVERS)
SERVICE = f"{_NETWORKS[PUBLIC]}.{_SERVICE}"
CONTROLLER = f"{_NETWORKS[PUBLIC]}.{_CONTROLLER}"


def address_of(member: str, network: str) -> str:
    return f"{_NETWORKS[network]}.{_SERVERS.get(member, _CLIENT)}"


async def build() -> None:
    """Both bridges; this namespace is the switch, and the controller on the public network."""
    await asyncio.to_thread(_build)


async def plug(member: str, pid: int, networks: Sequence[str]) -> None:
    """A cable from each network to the namespace of that process."""
    await asyncio.to_thread(_plug, member, pid, networks)


async def unplug(member: str, networks: Sequence[str]) -> None:
    await asyncio.to_thread(_unplug, member, networks)


def set_up_cards(member: str, networks: Sequence[str]) -> None:
    """Called in the namespace that was plugged in."""
    with pyroute2.IPRoute() as netlink:
        _switch_on(netlink, "lo")
        for network in networks:
            _give_address(netlink, CARDS[network], address_of(member, network))


def _build() -> None:
    with pyroute2.IPRoute() as netlink:
        _switch_on(netlink, "lo")
        for network in _NETWORKS:
            netlink.link("add", ifname=network, kind="bridge")
            _switch_on(netlink, network)
        _give_address(netlink, PUBLIC, CONTROLLER)


def _plug(member: str, pid: int, networks: Sequence[str]) -> None:
    with pyroute2.IPRoute() as netlink:
        for network in networks:
            socket = _socket(member, network)
            peer = {"ifname": CARDS[network], "net_ns_pid": pid}
            netlink.link("add", ifname=socket, kind="veth", peer=peer)
            bridge = _index(netlink, network)
            netlink.link("set", index=_index(netlink, socket), master=bridge, state="up")


def _unplug(member: str, networks: Sequence[str]) -> None:
    with pyroute2.IPRoute() as netlink:
        for network in networks:
            for index in netlink.link_lookup(ifname=_socket(member, network)):
                netlink.link("del", index=index)


def _socket(member: str, network: str) -> str:
    """The switch's end of a cable; the kernel takes 15 characters."""
    return f"{network[:3]}-{member}"


def _give_address(netlink: pyroute2.IPRoute, card: str, address: str) -> None:
    index = _index(netlink, card)
    netlink.addr("add", index=index, address=address, prefixlen=PREFIX)
    netlink.link("set", index=index, state="up")


def _switch_on(netlink: pyroute2.IPRoute, card: str) -> None:
    netlink.link("set", index=_index(netlink, card), state="up")


def _index(netlink: pyroute2.IPRoute, card: str) -> int:
    found: list[int] = list(netlink.link_lookup(ifname=card))
    return found[0]
