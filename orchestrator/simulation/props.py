"""What stands on the stage of a transcript unless a command says otherwise."""

from collections.abc import Mapping

from orchestrator.model import (
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
