"""A lab's networks: a switch namespace with a public and a heartbeat bridge, and what is cut there.

All faults are packet filters on the bridges, kept by port name: a server whose port is made anew
(a reboot, a power cut) comes back to the same cut cable. Nothing is done to the servers' own
interfaces: a server cannot tell a cut network from a silent peer, except by `unplug`.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.lab import addresses, programs
from tests.lab.addresses import Addresses

NAMESPACES = Path("/run/netns")
PUBLIC, HEARTBEAT = "public", "heartbeat"
_BRIDGES = {PUBLIC: "brpub", HEARTBEAT: "brhb"}
_TOOLS = {"ip": "iproute2", "nft": "nftables", "nsenter": "util-linux", "ping": "iputils-ping"}
_FILTER = """
table bridge lab {
  set from { type ifname; }
  set to { type ifname; }
  set pairs { type ifname . ifname; }
  set silent { type ifname; }
  chain cables {
    type filter hook forward priority 0; policy accept;
    iifname @from drop
    oifname @to drop
    iifname . oifname @pairs drop
    iifname @silent drop
    oifname @silent drop
  }
}
"""


class Direction(enum.Enum):
    """Which way a cut works, seen from the server."""

    BOTH = "both"
    SENDING = "sending"
    RECEIVING = "receiving"


def port(network: str, host: str) -> str:
    """The name of a host's port on the switch."""
    return f"{'p' if network == PUBLIC else 'h'}-{host}"


class LabNetwork:
    """The networks of lab `lab_id`; everything it makes is found again by name."""

    def __init__(self, lab_id: str, index: int) -> None:
        self.lab_id = lab_id
        self.addresses = Addresses(index)
        self.switch = self.namespace("sw")
        self.controller_link = f"hasys-lab{index}"

    def namespace(self, host: str) -> str:
        return f"hasys-{self.lab_id}-{host}"

    # -- building ---------------------------------------------------------------------------

    def up(self) -> None:
        """Switch, controller's end and client. Servers are plugged in by their lab."""
        programs.require_programs(_TOOLS)
        self._add_namespace("sw")
        for bridge in _BRIDGES.values():
            self.on_switch("ip", "link", "add", bridge, "type", "bridge", "forward_delay", "0")
            self.on_switch("ip", "link", "set", bridge, "up")
        self.on_switch("nft", "-f", "-", stdin=_FILTER)
        for network in _BRIDGES:
            for server in addresses.SERVERS:
                self._prepare_loss(port(network, server))
        self._plug_controller()
        self._plug_client()

    def add_server_namespace(self, server: str) -> None:
        """A fresh namespace with both cards plugged in, addresses and gateway set."""
        plan = self.addresses
        self._add_namespace(server)
        self._plug(PUBLIC, server, "eth0", plan.public(server), plan.public_mac(server))
        self._plug(HEARTBEAT, server, "eth1", plan.heartbeat(server), plan.heartbeat_mac(server))
        self.inside(server, "ip", "route", "add", "default", "via", plan.gateway)

    def remove_server_namespace(self, server: str) -> None:
        """The ports go at once, even while something still holds the namespace."""
        for network in _BRIDGES:
            _allow_failure(self.on_switch, "ip", "link", "del", port(network, server))
        _allow_failure(programs.run, ["ip", "netns", "del", self.namespace(server)])

    def add_tap(self, network: str, server: str) -> str:
        """A tap in the switch namespace for a machine with a kernel of its own; its name."""
        name = port(network, server)
        self.on_switch("ip", "tuntap", "add", "dev", name, "mode", "tap")
        self.on_switch("ip", "link", "set", name, "master", _BRIDGES[network], "up")
        return name

    # -- faults -----------------------------------------------------------------------------

    def cut(self, network: str, server: str, direction: Direction = Direction.BOTH) -> None:
        """No packet of this server passes, to or from anybody."""
        self._change("add", network, server, direction)

    def join(self, network: str, server: str, direction: Direction = Direction.BOTH) -> None:
        self._change("delete", network, server, direction)

    def cut_between(self, network: str, sender: str, receiver: str) -> None:
        """One way, these two only: others still reach both."""
        self._change_pair("add", network, sender, receiver)

    def join_between(self, network: str, sender: str, receiver: str) -> None:
        self._change_pair("delete", network, sender, receiver)

    def loss(self, network: str, server: str, percent: int) -> None:
        """So many of a hundred packets are lost in each direction; 0 ends it."""
        if not 0 <= percent <= 100:
            raise ValueError(f"loss is 0 to 100 percent, not {percent}")
        chain = _loss_chain(port(network, server))
        rules = [f"flush chain bridge lab {chain}"]
        if percent:
            some = f"numgen random mod 100 < {percent} " if percent < 100 else ""
            rules.append(f"add rule bridge lab {chain} {some}drop")
        self.on_switch("nft", "-f", "-", stdin="\n".join(rules))

    def silence(self, server: str, *, silent: bool) -> None:
        """A server that is not running: apart from cuts, so that each ends by itself."""
        ports = [f'"{port(network, server)}"' for network in _BRIDGES]
        self._elements("add" if silent else "delete", "silent", ports)

    def is_cut(self, network: str, server: str) -> bool:
        """In either direction, or silent."""
        listed = self.on_switch("nft", "list", "table", "bridge", "lab")
        sets, _, _ = listed.partition("chain")
        return f'"{port(network, server)}"' in sets

    def unplug(self, network: str, server: str) -> None:
        """The server sees its cable gone (no carrier). Not for taps: their guests never recover."""
        self.on_switch("ip", "link", "set", port(network, server), "down")

    def plug(self, network: str, server: str) -> None:
        self.on_switch("ip", "link", "set", port(network, server), "up")

    # -- running inside ---------------------------------------------------------------------

    def enter(self, host: str) -> tuple[str, ...]:
        """The argv prefix that runs something in that host's network, and nothing else of it."""
        return ("nsenter", f"--net={NAMESPACES / self.namespace(host)}")

    def inside(self, host: str, *argv: str, stdin: str | None = None) -> str:
        return programs.run([*self.enter(host), *argv], stdin=stdin)

    def on_switch(self, *argv: str, stdin: str | None = None) -> str:
        return self.inside("sw", *argv, stdin=stdin)

    # -- parts ------------------------------------------------------------------------------

    def _add_namespace(self, host: str) -> None:
        programs.run(["ip", "netns", "add", self.namespace(host)])
        self.inside(host, "ip", "link", "set", "lo", "up")

    def _plug(self, network: str, host: str, card: str, address: str, mac: str) -> None:
        outer = port(network, host)
        self.on_switch(
            *("ip", "link", "add", outer, "type", "veth"),
            *("peer", "name", card, "address", mac, "netns", self.namespace(host)),
        )
        self.on_switch("ip", "link", "set", outer, "master", _BRIDGES[network], "up")
        self._address_up(host, card, address)

    def _plug_client(self) -> None:
        self._add_namespace("client")
        mac = f"52:54:00:77:{self.addresses.index:02x}:02"
        self._plug(PUBLIC, "client", "eth0", self.addresses.client, mac)
        self._address_up("client", "eth0", self.addresses.gateway)

    def _plug_controller(self) -> None:
        programs.run(
            [
                *("ip", "link", "add", self.controller_link, "type", "veth"),
                *("peer", "name", port(PUBLIC, "controller"), "netns", self.switch),
            ]
        )
        self.on_switch(
            *("ip", "link", "set", port(PUBLIC, "controller"), "master", _BRIDGES[PUBLIC], "up")
        )
        address = f"{self.addresses.controller}/{addresses.PREFIX}"
        programs.run(["ip", "link", "set", self.controller_link, "up"])
        programs.run(["ip", "address", "add", address, "dev", self.controller_link])

    def _address_up(self, host: str, card: str, address: str) -> None:
        self.inside(host, "ip", "address", "add", f"{address}/{addresses.PREFIX}", "dev", card)
        self.inside(host, "ip", "link", "set", card, "up")

    def _prepare_loss(self, name: str) -> None:
        chain = _loss_chain(name)
        rules = [
            f"add chain bridge lab {chain}",
            f'add rule bridge lab cables iifname "{name}" jump {chain}',
            f'add rule bridge lab cables oifname "{name}" jump {chain}',
        ]
        self.on_switch("nft", "-f", "-", stdin="\n".join(rules))

    def _change(self, verb: str, network: str, server: str, direction: Direction) -> None:
        name = port(network, server)
        if direction is not Direction.RECEIVING:
            self._elements(verb, "from", [f'"{name}"'])
        if direction is not Direction.SENDING:
            self._elements(verb, "to", [f'"{name}"'])

    def _change_pair(self, verb: str, network: str, sender: str, receiver: str) -> None:
        pair = f'"{port(network, sender)}" . "{port(network, receiver)}"'
        self._elements(verb, "pairs", [pair])

    def _elements(self, verb: str, set_name: str, elements: Iterable[str]) -> None:
        """Added twice or removed twice is the same as once: an element is added before removal."""
        listed = ", ".join(elements)
        lines = [f"add element bridge lab {set_name} {{ {listed} }}"]
        if verb == "delete":
            lines.append(f"delete element bridge lab {set_name} {{ {listed} }}")
        self.on_switch("nft", "-f", "-", stdin="\n".join(lines))


def keep_stray_packets_here() -> None:
    """What no lab answers for must not leave the machine by its default route."""
    programs.run(["ip", "route", "replace", "unreachable", addresses.ALL_LABS, "metric", "4096"])


def forget_stray_packets() -> None:
    routes = ["ip", "-json", "route", "show", "table", "main"]
    known: list[dict[str, Any]] = json.loads(programs.run(routes) or "[]")
    if any(route.get("dst") == addresses.ALL_LABS for route in known):
        programs.run(["ip", "route", "del", "unreachable", addresses.ALL_LABS, "metric", "4096"])


def _loss_chain(name: str) -> str:
    return f"loss-{name}"


def _allow_failure(function: Any, *arguments: Any) -> None:
    """Taking away what may be gone already."""
    try:
        function(*arguments)
    except programs.ProgramFailed:
        return
