"""A task that would start a part of the group's service: only with the right that a flow has, too.

The race it prevents: a playbook mounts the group's file system, or adds its address, by a module
while the peer still holds the service. Called by `executor.acting` for what a module `takes`.
"""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orchestrator.executor.authority import Authority
from orchestrator.model import (
    DrbdSpec,
    Group,
    IpSpec,
    MountSpec,
    ProcessSpec,
    Refusal,
    Resource,
    ServerName,
    SystemdSpec,
)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    group: Group
    authority: Authority
    starting: asyncio.Lock
    """The flow's own: held from the look at the peer to the end of the start."""

    def is_of_group(self, names: frozenset[str]) -> bool:
        return any(label_of(one) in names for one in self.group.resources.values())

    @asynccontextmanager
    async def right(self, server: ServerName) -> AsyncIterator[Refusal | None]:
        """None: it is there, until this ends."""
        async with self.starting:
            yield await self.authority.may_start(server)


def label_of(resource: Resource) -> str:
    """As modules name what they touch."""
    match resource.spec:
        case SystemdSpec(unit=unit):
            return f"unit:{unit if '.' in unit else f'{unit}.service'}"
        case MountSpec(path=path):
            return f"path:{path.rstrip('/') or '/'}"
        case IpSpec(interface=interface):
            return f"address:{interface.ip}"
        case ProcessSpec():
            return f"process:{resource.name}"
        case DrbdSpec(resource=name):
            return f"drbd:{name}"
        case _:
            return f"resource:{resource.name}"
