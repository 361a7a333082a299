"""A transport that cannot change a server: what a plan is given in place of the real one.

Whoever holds one may ask, and nothing else: the rule that a check changes nothing is kept here and
not by everybody's care. Made by `executor.rehearsal`.
"""

from orchestrator.errors import InvariantViolated
from orchestrator.model import ServerName
from orchestrator.transport.base import Reply, Request, Transport

READS = frozenset(
    {
        "ping",
        "facts",
        "poll",
        "resource.check",
        "check",
        "survey",
        "copies.look",
        "file.stat",
        "file.read",
        "file.find",
        "epoch.read",
        "power.read",
    }
)
"""Operations that only look. One that is not listed here does not go out."""


class ReadOnlyTransport:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def call(self, server: ServerName, request: Request) -> Reply:
        """Raises InvariantViolated for what could change something; it is not sent."""
        if request.reign is not None or request.op not in READS:
            raise InvariantViolated(
                f"a plan was about to send {request.op} to {server}",
                hint="nothing was sent; please report it",
            )
        return await self._transport.call(server, request)

    async def close(self) -> None:
        await self._transport.close()
