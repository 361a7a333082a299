"""The real transport: one helper a server, kept, made anew when next asked for.

No retry is hidden here: a lost connection fails every call that waits on it, and the next call
connects again, on another way where there is one. The caller's loop is the retry.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from orchestrator.model import Server, ServerName
from orchestrator.transport.base import Reply, Request
from orchestrator.transport.link import Link
from orchestrator.transport.pack import helper_pack
from orchestrator.transport.way import Opened, Opening, Through

PushFrom = Callable[[ServerName, Mapping[str, Any]], None]
STATE_DIRECTORY = "/var/lib/hasys"


class SshTransport:
    """Implements `Transport` for servers with OpenSSH and Python."""

    def __init__(
        self,
        servers: Sequence[Server],
        *,
        accept_new_host_keys: bool = False,
        state_directory: str = STATE_DIRECTORY,
        on_push: PushFrom = lambda _server, _line: None,
        ways: Mapping[ServerName, Sequence[str]] | None = None,
    ) -> None:
        """`on_push`: given what a helper sends without being asked, when it comes.

        `ways`: addresses of each server that its peer can reach; see `reach_through_peer`.
        """
        self._links = {
            server.name: Link(
                server,
                Opening(
                    accept_new=accept_new_host_keys,
                    state=state_directory,
                    on_push=functools.partial(on_push, server.name),
                ),
                _connect,
            )
            for server in servers
        }
        if len(servers) == 2:
            first, second = self._links.values()
            first.peer, second.peer = second, first
        self.reach_through_peer(ways or {})

    def reach_through_peer(self, ways: Mapping[ServerName, Sequence[str]]) -> None:
        """From now on a server that does not answer directly is asked through its peer."""
        for name, link in self._links.items():
            link.addresses = tuple(ways.get(name, ()))

    def through(self, server: ServerName) -> ServerName | None:
        """The peer through which calls to this server go now; None: they go directly."""
        return self._links[server].through

    async def call(self, server: ServerName, request: Request) -> Reply:
        """Raises KeyError for a server it was not made for; else only for cancellation."""
        return await self._links[server].call(request)

    async def close(self) -> None:
        for link in self._links.values():
            await link.close()


async def _connect(server: Server, opening: Opening, through: Through | None) -> Opened:
    # asyncssh takes 180 ms to import: only who connects pays for it
    from orchestrator.transport.connection import connect  # noqa: PLC0415

    return await connect(server, helper_pack(), opening, through)
