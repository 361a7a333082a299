"""One way to a server: the attempt to go it, which callers share, and the helper at its end.

Called by `link`, which has two of them for a server.
"""

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable
from typing import Any

from orchestrator.transport.base import Unreachable, UnreachableKind
from orchestrator.transport.helper import Helper, Push


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How helpers of a server are started, and who is told what they send without being asked."""

    accept_new: bool
    state: str
    on_push: Push


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What an attempt came to; the helper may be gone, and then says why."""

    helper: Helper
    connection: Any = None
    """asyncssh's, which other connections can be led through; None: there is none."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Through:
    """A server that is connected, and the address at which it reaches the one that is meant."""

    peer: str
    connection: Any
    address: str


class Way:
    """`where`: for messages, which server and how."""

    def __init__(self, where: str, connect: Callable[[], Awaitable[Opened]]) -> None:
        self.ended_at = float("-inf")
        """When the last attempt ended, on the event loop's clock."""
        self.attempt: asyncio.Task[None] | None = None
        self._where = where
        self._connect = connect
        self._opened: Opened | None = None
        self._mistake: Unreachable | None = None

    @property
    def helper(self) -> Helper | None:
        """One that can be asked."""
        found = self._opened
        return found.helper if found is not None and found.helper.usable else None

    @property
    def connection(self) -> Any:
        """Of a usable helper."""
        return self._opened.connection if self._opened is not None and self.helper else None

    @property
    def failure(self) -> Unreachable | None:
        """Why the last attempt, or what it had opened, is of no use."""
        if self._mistake is not None:
            return self._mistake
        return self._opened.helper.gone if self._opened is not None else None

    def begin(self) -> asyncio.Task[None]:
        """The attempt that is under way, else a new one; it goes on when a caller gives up."""
        if self.attempt is None:
            self.attempt = asyncio.create_task(self._go())
        return self.attempt

    async def _go(self) -> None:
        self._mistake = None
        try:
            self._opened = await self._connect()
        except asyncio.CancelledError:
            self._mistake = self.unreachable(UnreachableKind.CONNECTION_LOST, "called off")
            raise
        except Exception as problem:  # noqa: BLE001 - every caller must learn of it as a reply
            what = f"our mistake: {problem!r}"
            self._mistake = self.unreachable(UnreachableKind.CONNECTION_LOST, what)
        finally:
            self.attempt = None
            self.ended_at = asyncio.get_running_loop().time()

    def unreachable(self, kind: UnreachableKind, what: str) -> Unreachable:
        return Unreachable(kind=kind, message=f"{self._where}: {kind.value}: {what}")

    def call_off(self) -> None:
        """Not needed any more; what it opened takes no new calls."""
        if self.attempt is not None:
            self.attempt.cancel()
        if (helper := self.helper) is not None:
            helper.retire()

    async def close(self) -> None:
        if self.attempt is not None:
            self.attempt.cancel()
            await asyncio.wait([self.attempt])
        if self._opened is not None:
            self._opened.helper.lost(UnreachableKind.CONNECTION_LOST, "this side closed it")
            await self._opened.helper.closed()
