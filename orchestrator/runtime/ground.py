"""Where a run takes place: by itself, or on a group that a daemon looks after.

One set of rules for both: the same lock, the same journal, another way to the servers and another
authority over them.
"""

import dataclasses
from collections.abc import AsyncIterator, Iterator
from contextlib import (
    AbstractAsyncContextManager,
    AbstractContextManager,
    asynccontextmanager,
    contextmanager,
)
from typing import Protocol

from orchestrator.decision.roles import GroupStatus
from orchestrator.executor.authority import Authorise, Foresight
from orchestrator.executor.power import Devices
from orchestrator.model import Group
from orchestrator.runtime.application import Application
from orchestrator.runtime.fencing import OwnDevices
from orchestrator.runtime.observe import observe
from orchestrator.store.lock import group_lock
from orchestrator.transport import Transport


class Ground(Protocol):
    @property
    def authorise(self) -> Authorise | None:
        """Who says what a run may start; None: a look at the peer before each start."""
        ...

    @property
    def foresight(self) -> Foresight | None:
        """What that would be in a plan; None: no loop looks after the group here."""
        ...

    def devices(self, by: str) -> Devices:
        """What can switch the group's servers off; each order is told as this one's."""
        ...

    def held(self, purpose: str) -> AbstractContextManager[None]:
        """The group for one run alone. Raises Busy, naming the holder."""
        ...

    def reach(self) -> AbstractAsyncContextManager[Transport]:
        """The way to both servers, for as long as the block lasts."""
        ...

    async def look(self, transport: Transport) -> GroupStatus:
        """How the group is now."""
        ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OwnGround:
    """A command line by itself: own connections, the lock of the state directory."""

    application: Application
    group: Group
    authorise: Authorise | None = None
    foresight: Foresight | None = None

    def devices(self, by: str) -> Devices:
        return OwnDevices(application=self.application, group=self.group, by=by)

    @contextmanager
    def held(self, purpose: str) -> Iterator[None]:
        with group_lock(self.application.state_directory, self.group.name, purpose):
            yield

    @asynccontextmanager
    async def reach(self) -> AsyncIterator[Transport]:
        async with self.application.reach(self.group) as transport:
            yield transport

    async def look(self, transport: Transport) -> GroupStatus:
        return await observe(self.application, self.group, transport)
