"""What both servers of a group look like now."""

import asyncio

from orchestrator.decision.roles import GroupStatus, status_of
from orchestrator.model import Group
from orchestrator.probes.collect import collect
from orchestrator.runtime.application import Application
from orchestrator.transport import Transport


async def observe(application: Application, group: Group, transport: Transport) -> GroupStatus:
    return status_of(group, await collect(group, transport, application.clock))


async def status(application: Application, groups: tuple[Group, ...]) -> list[GroupStatus]:
    """All groups at once: one that does not answer does not delay the others."""

    async def one(group: Group) -> GroupStatus:
        async with application.reach(group) as transport:
            return await observe(application, group, transport)

    return list(await asyncio.gather(*(one(group) for group in groups)))
