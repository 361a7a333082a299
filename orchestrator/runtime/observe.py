"""What both servers of a group look like now."""

import asyncio
import dataclasses

from orchestrator.decision.roles import GroupStatus, status_of
from orchestrator.model import Group
from orchestrator.probes.collect import collect
from orchestrator.runtime.application import Application
from orchestrator.runtime.copies import note_copies
from orchestrator.transport import Transport


async def observe(application: Application, group: Group, transport: Transport) -> GroupStatus:
    found = status_of(group, await collect(group, transport, application.clock))
    kept = await note_copies(application, found)
    in_sync = {name: one.in_sync_at for name, one in kept.items() if one.in_sync_at is not None}
    return dataclasses.replace(found, in_sync_at=in_sync)


async def status(application: Application, groups: tuple[Group, ...]) -> list[GroupStatus]:
    """All groups at once: one that does not answer does not delay the others."""

    async def one(group: Group) -> GroupStatus:
        async with application.reach(group) as transport:
            return await observe(application, group, transport)

    return list(await asyncio.gather(*(one(group) for group in groups)))
