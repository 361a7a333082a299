"""Who may start and stop where: asked by every flow, and by no playbook to be left out.

In a group without guards it is a look at the peer (`interlock`); in a guarded one the right to hold
the service, which is the loop's to give (`daemon.reign_authority`).
"""

import dataclasses
from collections.abc import Awaitable, Callable
from typing import Protocol

from orchestrator.executor.charter import Charter
from orchestrator.model import Refusal, ServerName
from orchestrator.playbooks.model import Program
from orchestrator.transport import Gate, Reply, Request, Transport


class Authority(Protocol):
    async def may_start(self, server: ServerName) -> Refusal | None:
        """Why nothing may be started there now; waits as long as the right may still come."""
        ...

    async def may_stop(self, server: ServerName) -> Refusal | None:
        """Why nothing is to be stopped there: the other one could not take over."""
        ...

    async def has_stopped(self, server: ServerName, path: str) -> Refusal | None:
        """The task of this path has stopped the whole service there: its right to hold it ends.

        A refusal says that this could not be confirmed; then nothing may start elsewhere.
        """
        ...

    def gate(self, server: ServerName) -> Gate | None:
        """What each request to that server has to carry; None: there is no guard."""
        ...


Authorise = Callable[[Transport, Charter, Program], Authority]
"""Makes the authority of one run."""

Foresight = Callable[[ServerName], Awaitable[Refusal | None]]
"""What an authority would say to a start there, as things are now; asked by plans."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ForeseenAuthority:
    """Of a plan in a guarded group: the look at the peer, and what its loop would say."""

    look: Authority
    foresight: Foresight

    async def may_start(self, server: ServerName) -> Refusal | None:
        return await self.look.may_start(server) or await self.foresight(server)

    async def may_stop(self, server: ServerName) -> Refusal | None:
        return await self.look.may_stop(server)

    async def has_stopped(self, server: ServerName, path: str) -> Refusal | None:
        return await self.look.has_stopped(server, path)

    def gate(self, server: ServerName) -> Gate | None:
        return self.look.gate(server)


class GatedTransport:
    """Adds to each mutating request what the guard of its server wants to see."""

    def __init__(self, transport: Transport, authority: Authority) -> None:
        self._transport = transport
        self._authority = authority

    async def call(self, server: ServerName, request: Request) -> Reply:
        reign = request.reign
        if reign is not None:
            gated = dataclasses.replace(reign, gate=self._authority.gate(server))
            request = dataclasses.replace(request, reign=gated)
        return await self._transport.call(server, request)

    async def close(self) -> None:
        await self._transport.close()
