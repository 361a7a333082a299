"""The real transport: one connection and one helper a server, kept, made anew when next asked for.

No retry is hidden here: a lost connection fails every call that waits on it, and the next call
connects again. The caller's loop is the retry.
"""

import asyncio
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.model import Server, ServerName
from orchestrator.transport.base import Reply, Request, Unreachable, UnreachableKind
from orchestrator.transport.helper import Helper, Push
from orchestrator.transport.pack import helper_pack

PushFrom = Callable[[ServerName, Mapping[str, Any]], None]
STATE_DIRECTORY = "/var/lib/hasys"
CONNECT_AT_LEAST_S = 1.0
"""A call with a very short deadline still waits this long for a connection to be made."""


class SshTransport:
    """Implements `Transport` for servers with OpenSSH and Python."""

    def __init__(
        self,
        servers: Sequence[Server],
        *,
        accept_new_host_keys: bool = False,
        state_directory: str = STATE_DIRECTORY,
        on_push: PushFrom = lambda _server, _line: None,
    ) -> None:
        """`on_push`: given what a helper sends without being asked, when it comes."""
        self._links = {
            server.name: _Link(
                server,
                accept_new=accept_new_host_keys,
                state=state_directory,
                on_push=functools.partial(on_push, server.name),
            )
            for server in servers
        }

    async def call(self, server: ServerName, request: Request) -> Reply:
        """Raises KeyError for a server it was not made for; else only for cancellation."""
        link = self._links[server]
        helper = await link.helper(max(request.deadline_s, CONNECT_AT_LEAST_S))
        if isinstance(helper, Unreachable):
            return helper
        return await helper.call(request)

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()


class _Link:
    """The way to one server. Calls that come while it connects share the attempt."""

    def __init__(self, server: Server, *, accept_new: bool, state: str, on_push: Push) -> None:
        self._server = server
        self._on_push = on_push
        self._accept_new = accept_new
        self._state = state
        self._attempt: asyncio.Task[Helper] | None = None
        self._helper: Helper | None = None

    async def helper(self, patience_s: float) -> Helper | Unreachable:
        """A usable helper, or why there is none; an attempt goes on when a caller gives up."""
        if self._helper is not None and self._helper.usable:
            return self._helper
        if self._attempt is None:
            self._attempt = asyncio.create_task(self._connect())
        attempt = self._attempt
        done, _ = await asyncio.wait([attempt], timeout=patience_s)
        if not done:
            return self._failed(
                UnreachableKind.TIMED_OUT, f"still connecting after {patience_s:g} s"
            )
        if attempt.cancelled():
            return self._failed(UnreachableKind.CONNECTION_LOST, "closing down")
        if (problem := attempt.exception()) is not None:
            return self._failed(UnreachableKind.CONNECTION_LOST, f"our mistake: {problem!r}")
        helper = attempt.result()
        return helper.gone or helper

    def _failed(self, kind: UnreachableKind, what: str) -> Unreachable:
        login = self._server.login
        where = f"{self._server.name} ({login.user}@{login.address}:{login.port})"
        return Unreachable(kind=kind, message=f"{where}: {kind.value}: {what}")

    async def _connect(self) -> Helper:
        # asyncssh takes 180 ms to import: only who connects pays for it
        from orchestrator.transport.connection import connect  # noqa: PLC0415

        try:
            self._helper = await connect(
                self._server,
                helper_pack(),
                accept_new=self._accept_new,
                state=self._state,
                on_push=self._on_push,
            )
        finally:
            self._attempt = None
        return self._helper

    async def close(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.wait([self._attempt])
        if self._helper is not None:
            self._helper.lost(UnreachableKind.CONNECTION_LOST, "this side closed it")
            await self._helper.closed()
