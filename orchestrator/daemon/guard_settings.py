"""From a group and what was seen of its servers to the settings of their guards. Pure."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from typing import Any

from orchestrator.graph import build, stop_waves
from orchestrator.model import Group, IpSpec, Network, Seen, ServerName, ServerView
from orchestrator.model.group import last_resort_port
from orchestrator.model.pairing import Link, Pairing
from orchestrator.model.state import Policy
from orchestrator.transport.encode import resource_to_json

PUBLIC = "public"


def links_of(group: Group, views: Mapping[ServerName, ServerView], known: Pairing) -> Pairing:
    """The links with the addresses seen now; what is not seen stays as it was known."""
    networks = sorted(group.networks.values(), key=lambda one: not one.heartbeat)
    before = {link.name: link for link in known.links}
    links = [_link(group, network, views, before.get(network.name)) for network in networks]
    if not networks:
        links = [_by_login(group)]
    found = tuple(link for link in links if link is not None)
    return dataclasses.replace(known, links=found)


def _link(
    group: Group, network: Network, views: Mapping[ServerName, ServerView], before: Link | None
) -> Link | None:
    addresses: dict[ServerName, str] = {}
    for server in group.server_names:
        seen = _address(group, network.devices[server], views.get(server))
        if seen is None and before is not None:
            seen = before.addresses.get(server)
        if seen is None:
            return before
        addresses[server] = seen
    return Link(name=network.name, addresses=addresses, port=network.port)


def _address(group: Group, device: str, view: ServerView | None) -> str | None:
    """Its own address there: never one of the service, which moves from one server to the other."""
    if view is None or not isinstance(view.facts, Seen):
        return None
    moving = {
        ipaddress.ip_interface(resource.spec.interface).ip
        for resource in group.resources.values()
        if isinstance(resource.spec, IpSpec)
    }
    for text in view.facts.value.addresses.get(device, ()):
        address = ipaddress.ip_interface(text).ip
        if address not in moving and not address.is_link_local:
            return str(address)
    return None


def _by_login(group: Group) -> Link | None:
    addresses: dict[ServerName, str] = {}
    for server in group.servers:
        try:
            addresses[server.name] = str(ipaddress.ip_address(server.login.address))
        except ValueError:
            return None
    return Link(name=PUBLIC, addresses=addresses, port=last_resort_port(group.name))


def settings_of(
    group: Group, policy: Policy, pairing: Pairing, server: ServerName
) -> dict[str, Any]:
    """What `guard.start` takes; see remote_helpers/README.md."""
    peer = group.peer_of(server).name
    timing = group.timing
    return {
        "group": group.name,
        "me": server,
        "peer": peer,
        "membership": pairing.membership,
        "lease": timing.lease_s,
        "budget": timing.demotion_budget_s,
        "error": policy.clock_error,
        "margin": policy.margin_s,
        "watchdog": timing.watchdog_s,
        "watchdog_device": group.watchdog.device,
        "reset": group.watchdog.reset.value,
        "links": [
            {
                "name": link.name,
                "mine": link.addresses[server],
                "theirs": link.addresses[peer],
                "port": link.port,
            }
            for link in pairing.links
        ],
        "keys": list(pairing.keys),
        "resources": [
            [resource_to_json(group.resources[name], server) for name in layer]
            for layer in stop_waves(build(group))
        ],
    }
