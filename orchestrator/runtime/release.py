"""Takes a group out of our hands: both servers forget it, the service stays as it is."""

import dataclasses
import getpass
from collections.abc import Mapping

from orchestrator.executor.reign import highest_known
from orchestrator.model import (
    Event,
    Group,
    GroupView,
    Reason,
    Refusal,
    RunId,
    Seen,
    ServerName,
    Severity,
)
from orchestrator.probes.collect import collect
from orchestrator.runtime.application import Application
from orchestrator.store.lock import group_lock
from orchestrator.transport import Done, Failed, Reign, Request, Transport, Unreachable

DEADLINE_S = 30.0


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    released: tuple[ServerName, ...]
    unreachable: Mapping[ServerName, str]


async def release(application: Application, group: Group) -> Released | tuple[Refusal, ...]:
    """The servers that answer are released; one that does not keeps its record and is named."""
    with group_lock(application.state_directory, group.name, "release"):
        unfinished = await application.journal.unfinished(group.name)
        if unfinished is not None:
            return (_unfinished(unfinished.id),)
        async with application.reach(group) as transport:
            view = await collect(group, transport, application.clock)
            epoch = await application.identity.draw_epoch(group.name, above=highest_known(view))
            reign = Reign(
                group=group.name,
                epoch=epoch,
                controller=application.controller,
                run=RunId(f"release-{epoch}"),
            )
            result = await _release(group, view, reign, transport)
    if isinstance(result, Released):
        await _tell(application, group, result)
    return result


async def _release(
    group: Group, view: GroupView, reign: Reign, transport: Transport
) -> Released | tuple[Refusal, ...]:
    released: list[ServerName] = []
    unreachable: dict[ServerName, str] = {}
    for server in group.server_names:
        record = view.of(server).epoch
        if isinstance(record, Seen) and record.value is None:
            released.append(server)
            continue
        for op in ("epoch.raise", "epoch.release"):
            reply = await transport.call(server, _request(op, reign))
            match reply:
                case Done():
                    pass
                case Unreachable():
                    unreachable[server] = reply.message
                    break
                case Failed():
                    return (_refusal(server, reply),)
        else:
            released.append(server)
    return Released(released=tuple(released), unreachable=unreachable)


def _request(op: str, reign: Reign) -> Request:
    args = {
        "group": reign.group,
        "epoch": reign.epoch,
        "controller": reign.controller,
        "run": reign.run,
    }
    return Request(op=op, args=args, deadline_s=DEADLINE_S, reign=reign)


def _unfinished(run: RunId) -> Refusal:
    """Resumed later, it would register the servers anew under an epoch of long ago."""
    return Refusal(
        reason=Reason.RUN_UNFINISHED,
        evidence=f"run {run} has not come to its end",
        advice=f"go on with it: hasys resume {run}, or end it: hasys resume {run} --abandon",
    )


def _refusal(server: ServerName, failed: Failed) -> Refusal:
    return Refusal(
        reason=Reason.STALE_EPOCH,
        evidence=f"{server}: {failed.message}",
        advice="another controller may act on this group; its record was left as it is",
    )


async def _tell(application: Application, group: Group, released: Released) -> None:
    names = ", ".join(released.released) or "no server"
    await application.publisher.publish(
        Event(
            at=application.clock.utc(),
            group=group.name,
            kind="group-released",
            severity=Severity.WARNING,
            text=f"released on {names}",
            source=getpass.getuser(),
        )
    )
