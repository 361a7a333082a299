"""What both servers of a group look like now."""

import dataclasses

from orchestrator.decision.roles import GroupStatus, status_of
from orchestrator.model import Group, GroupView
from orchestrator.probes.collect import collect
from orchestrator.runtime.application import Application
from orchestrator.runtime.copies import note_copies
from orchestrator.transport import Transport


async def observe(application: Application, group: Group, transport: Transport) -> GroupStatus:
    return await judge(application, group, await collect(group, transport, application.clock))


async def judge(application: Application, group: Group, view: GroupView) -> GroupStatus:
    found = status_of(group, view)
    kept = await note_copies(application, found)
    in_sync = {name: one.in_sync_at for name, one in kept.items() if one.in_sync_at is not None}
    return dataclasses.replace(found, in_sync_at=in_sync)


async def look(application: Application, group: Group) -> GroupStatus:
    async with application.reach(group) as transport:
        return await observe(application, group, transport)
