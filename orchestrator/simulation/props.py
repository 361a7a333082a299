"""What stands on the stage of a transcript unless a command says otherwise."""

import dataclasses
import ipaddress
from collections.abc import Mapping

from orchestrator.model import (
    Group,
    IpSpec,
    Network,
    NetworkName,
    NetworkState,
    Observation,
    ResourceName,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from remote_helpers.protocol.messages import Report
from remote_helpers.protocol.words import Registration

HOLDER = Registration(1, "c1", "i1")


def server_view(name: ServerName, reach: Observation[None], parts: Mapping[str, str]) -> ServerView:
    unknown = Unknown(reason=UnknownReason.NOT_ASKED, at=reach.at)
    resources: dict[ResourceName, Observation[ResourceState]] = {}
    for part, state in parts.items():
        if state == "unknown":
            timed_out = Unknown(reason=UnknownReason.TIMED_OUT, at=reach.at)
            resources[ResourceName(part)] = timed_out
        else:
            resources[ResourceName(part)] = Seen(value=ResourceState(state), at=reach.at)
    return ServerView(server=name, reach=reach, resources=resources, epoch=unknown, facts=unknown)


PUBLIC = NetworkName("public")


def with_public_network(group: Group) -> Group:
    """The address stands on a network of its own."""
    address = ResourceName("address")
    spec = IpSpec(interface=ipaddress.ip_interface("10.0.0.70/24"), device="eth0", network=PUBLIC)
    resource = dataclasses.replace(group.resources[address], spec=spec)
    devices = dict.fromkeys(group.server_names, "eth0")
    return dataclasses.replace(
        group,
        networks={PUBLIC: Network(name=PUBLIC, devices=devices, gateway="10.0.0.1")},
        resources={**group.resources, address: resource},
    )


def seen_on_network(view: ServerView, state: str | None) -> ServerView:
    """`state`: well, cut; None: nothing was seen of it."""
    if state is None:
        return view
    network = NetworkState(
        device="eth0",
        is_there=True,
        up=True,
        carrier=True,
        speed_mbit=None,
        addresses=(),
        gateway_answers=state == "well",
    )
    seen = Seen(value=network, at=view.reach.at)
    return dataclasses.replace(view, networks={PUBLIC: seen})


def report_of(server: str, phase: str, *, held: bool) -> Report:
    return Report(
        boot=f"{server}-boot1",
        incarnation=f"{server}-g1",
        phase=phase,
        reign=None,
        lease_left=None,
        solo=False,
        solo_number=0,
        promised=0,
        promise_left=0.0,
        withdrawn=None,
        registered=HOLDER,
        membership=0,
        lease=3.0,
        lease_max=3.0,
        counter=1,
        amnesiac=False,
        held=held,
        peer_heard=0.1,
        peer_reign=None,
        peer_running=False,
        gate_open=held,
    )
