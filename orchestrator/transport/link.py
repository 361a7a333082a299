"""The two ways to one server: its own address, and through its peer over a heartbeat network.

Called by `ssh`. The direct way is better and is taken whenever it works. The detour is begun a
moment after the direct attempt, or as soon as a direct helper falls silent, so that a cut public
link costs no failover time: before a server is thought lost it has been asked through its peer.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from orchestrator.model import Server, ServerName
from orchestrator.transport.base import Done, Reply, Request, Unreachable, UnreachableKind
from orchestrator.transport.helper import PING, Helper
from orchestrator.transport.way import Opened, Opening, Through, Way

Connect = Callable[[Server, Opening, Through | None], Awaitable[Opened]]
CONNECT_AT_LEAST_S = 1.0
"""A call with a very short deadline still waits this long for a connection to be made."""
HEAD_START_S = 0.25
"""Of the direct attempt before the detour is tried beside it."""
SUSPECT_S = 0.3
"""A helper that has not answered for so long is asked whether it is there, and given as long."""
CALM_S = 5.0
"""After a false suspicion: an overloaded server must not get a new login every second."""
DIRECT_AGAIN_S = 2.0
"""Between two attempts at the direct way while the detour is in use."""


class Link:
    """Calls that come while it connects share the attempts."""

    def __init__(self, server: Server, opening: Opening, connect: Connect) -> None:
        self.server = server
        self._connect = connect
        self.peer: Link | None = None
        self.addresses: Sequence[str] = ()
        """Of the server, as its peer reaches it; none: there is only the direct way."""
        self._opening = opening
        login = server.login
        where = f"{server.name} ({login.user}@{login.address}:{login.port})"
        self.direct = Way(where, self._open_direct)
        self._detour = Way(server.name, self._open_detour)
        self._silent: Helper | None = None
        """The direct helper, while it says nothing although the server answers on the detour."""
        self._doubting: asyncio.Task[None] | None = None
        self._calm_until = float("-inf")

    @property
    def through(self) -> ServerName | None:
        """The peer, while calls go through it."""
        on_detour = self._best() is not None and self._best() is self._detour.helper
        return self.peer.server.name if on_detour and self.peer is not None else None

    async def call(self, request: Request) -> Reply:
        helper = await self._helper(max(request.deadline_s, CONNECT_AT_LEAST_S))
        if isinstance(helper, Unreachable):
            return helper
        if not self._has_detour():
            return await helper.call(request)
        through = self.through
        doubt = asyncio.get_running_loop().call_later(SUSPECT_S, self._suspect, helper)
        try:
            reply = await helper.call(request)
        finally:
            doubt.cancel()
        if through is not None and isinstance(reply, Done):
            return dataclasses.replace(reply, through=through)
        return reply

    def _best(self) -> Helper | None:
        direct = self.direct.helper
        if direct is not None and direct is not self._silent:
            return direct
        return self._detour.helper or direct

    async def _helper(self, patience_s: float) -> Helper | Unreachable:
        """A usable helper, or why there is none."""
        best = self._best()
        if best is None:
            await self._connected(patience_s)
            best = self._best()
        if best is None:
            return self._unreachable(patience_s)
        if best is self.direct.helper:
            if self._doubting is None:
                self._detour.call_off()
        elif self.direct.helper is None and self._may_try_direct_again():
            self.direct.begin()
        return best

    async def _connected(self, patience_s: float) -> None:
        """Until one way is open, or none can be any more, or the caller's patience is over."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience_s
        attempts = {self.direct.begin()}
        if self._has_detour():
            attempts.add(self._detour.begin())
        while attempts and self._best() is None and loop.time() < end:
            _, attempts = await asyncio.wait(
                attempts, timeout=end - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )

    def _has_detour(self) -> bool:
        return self.peer is not None and bool(self.addresses)

    def _may_try_direct_again(self) -> bool:
        return asyncio.get_running_loop().time() >= self.direct.ended_at + DIRECT_AGAIN_S

    def _unreachable(self, patience_s: float) -> Unreachable:
        """What was tried, on both ways; the kind is that of the direct one."""
        late = f"still connecting after {patience_s:g} s"
        failures = [_state(self.direct, late)]
        if self._has_detour():
            failures.append(_state(self._detour, late))
        message = "; ".join(one.message for one in failures)
        return dataclasses.replace(failures[0], message=message)

    # -- the direct way falls silent ------------------------------------------------------------

    def _suspect(self, helper: Helper) -> None:
        """A call has not been answered for a while. Many take long; silence is found by a ping."""
        calm = asyncio.get_running_loop().time() < self._calm_until
        if self._doubting is None and not calm and helper is self.direct.helper:
            self._doubting = asyncio.create_task(self._doubt(helper))

    async def _doubt(self, helper: Helper) -> None:
        """While it stays silent calls go through the peer; heard again, it is taken again.

        The silent helper is not ended: a step that it carries out would end with it. Questions
        that change nothing are let go, so that their callers ask anew, on the detour.
        """
        ping = asyncio.create_task(helper.call(PING))
        try:
            await asyncio.wait([ping], timeout=SUSPECT_S)
            if ping.done():
                return
            detour = self._detour.begin()
            await asyncio.wait([ping, detour], return_when=asyncio.FIRST_COMPLETED)
            if ping.done() or self._detour.helper is None:
                self._calm_until = asyncio.get_running_loop().time() + CALM_S
                return
            self._silent = helper
            helper.let_go(f"silent, while it answers through {self.peer_name}")
            await ping
        finally:
            ping.cancel()
            self._silent = None
            self._doubting = None

    @property
    def peer_name(self) -> str:
        return self.peer.server.name if self.peer is not None else "nobody"

    # -- opening --------------------------------------------------------------------------------

    async def _open_direct(self) -> Opened:
        return await self._connect(self.server, self._opening, None)

    async def _open_detour(self) -> Opened:
        """One address after the other; new host keys are never taken from behind a peer."""
        if self.direct.attempt is not None:
            await asyncio.wait([self.direct.attempt], timeout=HEAD_START_S)
        if self.direct.helper is not None and self._doubting is None:
            return Opened(helper=self._none_through("not needed"))
        connection = await self.peer.connection() if self.peer is not None else None
        if connection is None:
            return Opened(helper=self._none_through(f"{self.peer_name} is not reached either"))
        opening = dataclasses.replace(self._opening, accept_new=False)
        said = []
        for address in self.addresses:
            through = Through(peer=self.peer_name, connection=connection, address=address)
            opened = await self._connect(self.server, opening, through)
            if opened.helper.gone is None and self._leads_back(opened.helper):
                opened.helper.lost(UnreachableKind.HOST_KEY, "that is the peer's own address")
            if opened.helper.gone is None:
                return opened
            said.append(opened.helper.gone.message)
        return Opened(helper=self._none_through("; ".join(said)))

    def _leads_back(self, helper: Helper) -> bool:
        """Cloned machines have one host key: only the machine itself tells which one it is."""
        peer = self.peer.direct.helper if self.peer is not None else None
        identity = ("boot_id", "hostname")
        return peer is not None and all(
            helper.hello.result().get(word) == peer.hello.result().get(word) for word in identity
        )

    def _none_through(self, what: str) -> Helper:
        helper = Helper(f"through {self.peer_name}")
        helper.lost(UnreachableKind.NO_ROUTE, what)
        return helper

    async def connection(self) -> Any:
        """Of the direct way, for others to be led through; waits for an attempt to end."""
        if self.direct.helper is None:
            await asyncio.wait([self.direct.begin()])
        silent = self._silent is not None and self._silent is self.direct.helper
        return None if silent else self.direct.connection

    async def close(self) -> None:
        if (doubting := self._doubting) is not None:
            doubting.cancel()
            await asyncio.wait([doubting])
        await self._detour.close()
        await self.direct.close()


def _state(way: Way, late: str) -> Unreachable:
    if way.attempt is not None or way.failure is None:
        return way.unreachable(UnreachableKind.TIMED_OUT, late)
    return way.failure
