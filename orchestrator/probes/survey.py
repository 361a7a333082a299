"""What a group's definition needs of a server, as one question, and the knocks between the two.

Pure; called by `runtime.live_check`, which hands the answers to `decision.fitness`.
"""

import shlex
from collections.abc import Iterator

from orchestrator.model import (
    CommandSpec,
    DiskSpec,
    DrbdSpec,
    Group,
    IpSpec,
    MountSpec,
    ProcessSpec,
    Resource,
    ServerName,
    SystemdSpec,
)
from orchestrator.transport import Request

DEADLINE_S = 15.0
KNOCK_S = 1.0
"""Long enough for twenty datagrams; one must arrive."""
ROOM_S = 5.0


def survey_request(group: Group, server: ServerName) -> Request:
    """Everything that the resources and networks of the group speak of."""
    resources = list(group.resources.values())
    args = {
        "programs": sorted({program for one in resources for program in programs_of(one)}),
        "units": sorted({one.spec.unit for one in resources if isinstance(one.spec, SystemdSpec)}),
        "paths": sorted({one.spec.path for one in resources if isinstance(one.spec, MountSpec)}),
        "drbd": sorted({one.spec.resource for one in resources if isinstance(one.spec, DrbdSpec)}),
        "volume_groups": sorted(
            {one.spec.volume_group for one in resources if isinstance(one.spec, DiskSpec)}
        ),
        "devices": sorted({network.devices[server] for network in group.networks.values()}),
        "addresses": sorted(
            {str(one.spec.interface) for one in resources if isinstance(one.spec, IpSpec)}
        ),
    }
    return Request(op="survey", args=args, deadline_s=DEADLINE_S)


def hear_request(address: str, port: int, token: str) -> Request:
    args = {"address": address, "port": port, "token": token, "seconds": KNOCK_S}
    return Request(op="port.hear", args=args, deadline_s=KNOCK_S + ROOM_S)


def knock_request(address: str, port: int, token: str) -> Request:
    """At the peer's address; stops a little before the other one stops listening."""
    args = {"address": address, "port": port, "token": token, "seconds": KNOCK_S * 0.9}
    return Request(op="port.knock", args=args, deadline_s=KNOCK_S + ROOM_S)


def programs_of(resource: Resource) -> Iterator[str]:
    """The programs that a resource's commands begin with, as far as a shell line tells."""
    match resource.spec:
        case SystemdSpec():
            yield "systemctl"
        case MountSpec(canary_s=canary_s, fsck=fsck):
            yield from ("mount", "umount")
            yield from ("dd",) if canary_s else ()
            yield from ("fsck",) if fsck else ()
        case DrbdSpec():
            yield from ("drbdadm", "drbdsetup")
        case DiskSpec(reservation=reservation):
            yield from ("vgs", "lvs", "vgchange", "dd")
            yield from ("sg_persist",) if reservation else ()
        case ProcessSpec(start=start, stop=stop, check=check):
            yield from _first_words(start, stop, check)
        case CommandSpec(start=start, stop=stop, check=check):
            yield from _first_words(start, stop, check)
        case IpSpec():
            return


def _first_words(*lines: str | None) -> Iterator[str]:
    for line in lines:
        try:
            words = shlex.split(line or "")
        except ValueError:
            continue
        plain = [word for word in words[:1] if word.replace("/", "").replace("-", "").isalnum()]
        yield from plain
