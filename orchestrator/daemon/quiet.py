"""A server that is silent is not waited for: what is asked of it is answered at once.

A failover must not spend a connect timeout on the server that it is about. The loop's own poll goes
on asking; as soon as the server answers that, it is asked again here too.
"""

from collections.abc import Callable

from orchestrator.model import ServerName
from orchestrator.transport import Reply, Request, Transport, Unreachable, UnreachableKind

Silence = Callable[[ServerName], str | None]
"""Why a server counts as silent, or None."""


class QuietTransport:
    def __init__(self, transport: Transport, silence: Silence) -> None:
        self._transport = transport
        self._silence = silence

    async def call(self, server: ServerName, request: Request) -> Reply:
        silent = self._silence(server)
        if silent is not None:
            return Unreachable(kind=UnreachableKind.TIMED_OUT, message=silent)
        return await self._transport.call(server, request)

    async def close(self) -> None:
        """The connections are the daemon's: they outlive the run."""
