"""A valid group and valid views of it; a test changes the one thing that it is about."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping

from orchestrator.model import (
    After,
    ControllerId,
    Epoch,
    EpochRecord,
    Group,
    GroupName,
    GroupView,
    IpSpec,
    Login,
    Monotonic,
    Network,
    NetworkName,
    NetworkState,
    ProcessSpec,
    Resource,
    ResourceName,
    ResourceState,
    RunId,
    Seen,
    Server,
    ServerName,
    ServerView,
    Spec,
    Unknown,
    UnknownReason,
)

NOW = Monotonic(1000.0)
LINUX1, LINUX2 = ServerName("linux1"), ServerName("linux2")
DATABASE, SITE, ADDRESS = (ResourceName(name) for name in ("database", "site", "address"))


def a_resource(name: str, *after: str, spec: Spec | None = None) -> Resource:
    return Resource(
        name=ResourceName(name),
        spec=spec or ProcessSpec(start=f"/usr/bin/{name}", pattern=name),
        after=tuple(After(resource=ResourceName(other)) for other in after),
        start_timeout_s=20.0,
        stop_timeout_s=10.0,
    )


def a_group(*resources: Resource) -> Group:
    """Database, site and address on linux1 (preferred) or linux2, in that order."""
    if not resources:
        address = IpSpec(interface=ipaddress.ip_interface("10.0.0.70/24"), device="eth0")
        resources = (
            a_resource("database"),
            a_resource("site", "database"),
            a_resource("address", "site", spec=address),
        )
    public = NetworkName("public")
    return Group(
        name=GroupName("web"),
        servers=(
            Server(name=LINUX1, login=Login(address="10.0.0.11")),
            Server(name=LINUX2, login=Login(address="10.0.0.12")),
        ),
        preferred_active=LINUX1,
        networks={public: Network(name=public, devices={LINUX1: "eth0", LINUX2: "eth0"})},
        resources={resource.name: resource for resource in resources},
    )


def a_server_view(
    group: Group,
    server: ServerName,
    state: ResourceState,
    *,
    but: Mapping[ResourceName, ResourceState | None] | None = None,
    promised: int | None = 3,
) -> ServerView:
    """All resources in one state, but for some; None in `but`: its check did not answer."""
    states: dict[ResourceName, ResourceState | None] = dict.fromkeys(group.resources, state)
    states.update(but or {})
    record = None
    if promised is not None:
        record = EpochRecord(
            promised=Epoch(promised),
            reigning=Epoch(promised),
            controller=ControllerId("c-1"),
            run=RunId("r-1"),
            counter=1,
        )
    return ServerView(
        server=server,
        reach=Seen(value=None, at=NOW),
        resources={
            name: Unknown(reason=UnknownReason.TIMED_OUT, at=NOW, detail="no answer in 2 s")
            if one is None
            else Seen(value=one, at=NOW, detail=f"{one.value} as it should")
            for name, one in states.items()
        },
        networks={name: Seen(value=a_network("eth0"), at=NOW) for name in group.networks},
        epoch=Seen(value=record, at=NOW),
        facts=Unknown(reason=UnknownReason.NOT_ASKED, at=NOW),
    )


def a_network(device: str) -> NetworkState:
    return NetworkState(
        device=device,
        is_there=True,
        up=True,
        carrier=True,
        speed_mbit=10000,
        addresses=("10.0.0.11/24",),
        gateway_answers=None,
    )


def an_unreachable(group: Group, server: ServerName) -> ServerView:
    silence = Unknown(reason=UnknownReason.UNREACHABLE, at=NOW, detail="no answer in 5 s")
    return ServerView(
        server=server,
        reach=silence,
        resources=dict.fromkeys(group.resources, silence),
        networks=dict.fromkeys(group.networks, silence),
        epoch=silence,
        facts=silence,
    )


def a_view(first: ServerView, second: ServerView) -> GroupView:
    return GroupView(servers=(first, second), taken_at=NOW)
