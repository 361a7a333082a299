"""Raises a run's epoch on both servers before its first step.

The race it prevents: a step of an older run, still queued somewhere, that starts something after
this run has stopped it. A server refuses lower epochs from the moment it has written the higher
one, and `epoch.raise` waits for older steps in progress.
"""

import asyncio
import dataclasses
from collections.abc import Mapping

from orchestrator.executor.charter import Charter
from orchestrator.model import (
    Epoch,
    Group,
    GroupView,
    Reason,
    Refusal,
    Seen,
    ServerName,
)
from orchestrator.transport import (
    Done,
    Failed,
    FailureKind,
    Request,
    Transport,
    Unreachable,
)

RAISE_DEADLINE_S = 30.0
"""How long to wait for steps of older runs that are still in progress on a server."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """Where the epoch stands now, and where it could not be raised."""

    unreachable: Mapping[ServerName, Unreachable]
    refusals: tuple[Refusal, ...]


def highest_known(view: GroupView) -> Epoch:
    """The highest epoch that either server has promised, as far as they could be asked."""
    known = [
        server.epoch.value.promised
        for server in view.servers
        if isinstance(server.epoch, Seen) and server.epoch.value is not None
    ]
    return max(known, default=Epoch(0))


def raise_request(group: Group, charter: Charter) -> Request:
    """Raising the same reign again is no error: a run may resume."""
    return Request(
        op="epoch.raise",
        args={
            "group": group.name,
            "epoch": charter.epoch,
            "controller": charter.controller,
            "run": charter.run,
        },
        deadline_s=RAISE_DEADLINE_S,
    )


async def raise_epoch(group: Group, charter: Charter, transport: Transport) -> Raised:
    """Asks both servers at once."""
    request = raise_request(group, charter)
    replies = await asyncio.gather(
        *(transport.call(server, request) for server in group.server_names)
    )
    unreachable: dict[ServerName, Unreachable] = {}
    refusals: list[Refusal] = []
    for server, reply in zip(group.server_names, replies, strict=True):
        match reply:
            case Done():
                pass
            case Unreachable():
                unreachable[server] = reply
            case Failed():
                refusals.append(_refusal(server, charter, reply))
    return Raised(unreachable=unreachable, refusals=tuple(refusals))


def _refusal(server: ServerName, charter: Charter, failed: Failed) -> Refusal:
    match failed.kind:
        case FailureKind.STALE_EPOCH:
            reason, advice = Reason.STALE_EPOCH, "another controller acts on this group"
        case FailureKind.BUSY:
            reason, advice = Reason.BLOCKED, "end what hangs there, then run the command again"
        case _:
            reason, advice = Reason.NOT_REGISTERED, "no run acts where its epoch cannot be kept"
    return Refusal(
        reason=reason,
        evidence=f"{server} does not take epoch {charter.epoch}: {failed.message}",
        advice=advice,
    )
