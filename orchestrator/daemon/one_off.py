"""A group looked after for the length of one command, where no daemon does it.

The same rules as in the daemon. Afterwards the active goes on alone, by a term without end: nobody
is there to vote for it, so nothing moves by itself until a controller is back.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from orchestrator.daemon.groups import Groups
from orchestrator.daemon.steward import Steward
from orchestrator.decision import vote as votes
from orchestrator.errors import TheyError
from orchestrator.model import Group
from orchestrator.runtime.application import Application

T = TypeVar("T")
SETTLE_S = 8.0
"""For both guards to be started and to take this controller's registration."""
LOOK_S = 0.05


async def one_off(
    application: Application, group: Group, work: Callable[[Steward], Awaitable[T]]
) -> T:
    """Raises Busy when somebody else looks after the group."""
    groups = Groups(application)
    looking = asyncio.create_task(groups.look_after(group))
    try:
        return await work(await _settled(groups, group, looking))
    finally:
        await groups.leave()
        looking.cancel()
        await asyncio.wait([looking])


async def _settled(groups: Groups, group: Group, looking: asyncio.Task[None]) -> Steward:
    """Registered on both servers, or as far as that goes with a server that does not answer."""
    loop = asyncio.get_running_loop()
    limit = loop.time() + SETTLE_S
    while loop.time() < limit and not looking.done():
        steward = groups.stewards.get(group.name)
        if steward is not None and votes.is_full(steward.state.vote, group.server_names):
            return steward
        await asyncio.sleep(LOOK_S)
    if looking.done():
        looking.result()
    steward = groups.stewards.get(group.name)
    if steward is None:
        raise TheyError(f"{group.name} cannot be looked after", hint="hasys events says why")
    return steward
