"""Before a server is asked anything more, a step on it whose end is not known has ended.

The race it prevents: the helper dies, or the way to it is lost, in the middle of a start. The run
goes on over a new connection, stops what it finds and goes back to the other server; and then what
the old helper left running completes the start. Raising the run's own epoch once more waits for
whatever is in progress there and ends what nobody waits for any more.
"""

from collections.abc import Iterable

from orchestrator.executor.charter import Charter
from orchestrator.executor.power import OF_DEVICES
from orchestrator.executor.reign import raise_request
from orchestrator.model import Group, ServerName
from orchestrator.transport import (
    Done,
    Failed,
    FailureKind,
    Reply,
    Request,
    Transport,
    Unreachable,
)


class SettledTransport:
    """A run's `Transport`; used by its steps and by the interlock's look at the peer."""

    def __init__(
        self,
        transport: Transport,
        group: Group,
        charter: Charter,
        doubtful: Iterable[ServerName] = (),
    ) -> None:
        """`doubtful`: where an earlier process of this run may have left a step in progress."""
        self._transport = transport
        self._raise = raise_request(group, charter)
        self._doubtful = set(doubtful)

    async def call(self, server: ServerName, request: Request) -> Reply:
        """What hinders the waiting is the answer to the request, which is then not sent."""
        if request.op in OF_DEVICES:  # no server is sent it
            return await self._transport.call(server, request)
        if server in self._doubtful:
            settled = await self._transport.call(server, self._raise)
            if not isinstance(settled, Done):
                return settled
            self._doubtful.discard(server)
        reply = await self._transport.call(server, request)
        if request.reign is not None and _may_go_on(reply):
            self._doubtful.add(server)
        return reply

    async def close(self) -> None:
        await self._transport.close()


def _may_go_on(reply: Reply) -> bool:
    match reply:
        case Unreachable():
            return reply.sent
        case Failed():
            return reply.kind is FailureKind.TIMED_OUT
        case Done():
            return False
