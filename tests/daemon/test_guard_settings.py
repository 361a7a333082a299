"""What the guards of a pair are told: the links between them, and what to demote in which order."""

import dataclasses
import ipaddress

from orchestrator.daemon.guard_settings import links_of, settings_of
from orchestrator.model import (
    Group,
    GroupName,
    HostFacts,
    Monotonic,
    Network,
    NetworkName,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
)
from orchestrator.model.pairing import Link, Pairing
from tests.support.builders import LINUX1, LINUX2, a_group, a_server_view

PAIRING = Pairing(keys=("00" * 32,))


def group_with_heartbeat() -> Group:
    group = a_group()
    heartbeat = Network(
        name=NetworkName("heartbeat"),
        devices={LINUX1: "eth1", LINUX2: "ens7"},
        heartbeat=True,
        port=7408,
    )
    return dataclasses.replace(group, networks={**group.networks, heartbeat.name: heartbeat})


def view_of(group: Group, server: ServerName, **addresses: tuple[str, ...]) -> ServerView:
    facts = HostFacts(
        hostname=server,
        boot_id="b",
        os="Debian",
        kernel="6.1",
        model="",
        cpus_online=1,
        cpus_total=1,
        memory_bytes=1,
        memory_available_bytes=1,
        load1=0.0,
        uptime_s=1.0,
        addresses=addresses,
    )
    view = a_server_view(group, server, ResourceState.STOPPED)
    return dataclasses.replace(view, facts=Seen(value=facts, at=Monotonic(1.0)))


def both(group: Group) -> dict[ServerName, ServerView]:
    return {
        LINUX1: view_of(
            group,
            LINUX1,
            eth0=("fe80::1/64", "10.0.0.70/24", "10.0.0.11/24"),
            eth1=("10.1.0.11/24",),
        ),
        LINUX2: view_of(group, LINUX2, eth0=("10.0.0.12/24",), ens7=("10.1.0.12/24",)),
    }


def test_heartbeat_networks_come_first_and_the_public_one_is_the_last_resort():
    group = group_with_heartbeat()
    found = links_of(group, both(group), PAIRING)
    assert found.links == (
        Link(name="heartbeat", addresses={LINUX1: "10.1.0.11", LINUX2: "10.1.0.12"}, port=7408),
        Link(name="public", addresses={LINUX1: "10.0.0.11", LINUX2: "10.0.0.12"}, port=7407),
    )


def test_the_service_address_is_no_servers_own():
    """It moves: a guard that was heard under it would be heard as its peer."""
    group = a_group()
    moving = ipaddress.ip_interface("10.0.0.70/24").ip
    for link in links_of(group, both(group), PAIRING).links:
        assert str(moving) not in link.addresses.values()


def test_what_is_not_seen_stays_as_it_was_known():
    group = group_with_heartbeat()
    known = links_of(group, both(group), PAIRING)
    alone = {LINUX2: both(group)[LINUX2]}
    assert links_of(group, alone, known) == known


def test_a_group_without_networks_talks_between_the_addresses_of_its_logins():
    group = dataclasses.replace(a_group(), networks={})
    (link,) = links_of(group, {}, PAIRING).links
    assert link.addresses == {LINUX1: "10.0.0.11", LINUX2: "10.0.0.12"}


def test_two_such_groups_on_one_pair_use_a_port_each():
    one = dataclasses.replace(a_group(), networks={}, name=GroupName("web"))
    other = dataclasses.replace(one, name=GroupName("mail"))
    ports = [links_of(group, {}, PAIRING).links[0].port for group in (one, other)]
    assert len(set(ports)) == 2


def test_each_guard_is_told_its_own_side_and_what_stops_first():
    group = group_with_heartbeat()
    pairing = links_of(group, both(group), PAIRING)
    mine = settings_of(group, group.policy, pairing, LINUX2)
    assert (mine["me"], mine["peer"], mine["membership"]) == (LINUX2, LINUX1, 1)
    assert mine["links"][0] == {
        "name": "heartbeat",
        "mine": "10.1.0.12",
        "theirs": "10.1.0.11",
        "port": 7408,
    }
    assert [[one["name"] for one in layer] for layer in mine["resources"]] == [
        ["address"],
        ["site"],
        ["database"],
    ]
