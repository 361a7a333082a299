"""Asks both servers at once, with one deadline, and puts the answers into one view.

The only file here that waits. Called by `executor` before it acts and by `runtime` for every turn.
"""

import asyncio
import dataclasses
from typing import Protocol

from orchestrator.model import Group, GroupView, Monotonic, ServerName, ServerView
from orchestrator.probes.reply import server_view, unreachable
from orchestrator.probes.request import Question, holdings_request, poll_request
from orchestrator.transport import Transport

CHECK_S = 2.0
"""For each check on a server; one that takes longer is unknown."""
HELPER_START_S = 2.0
"""Beside the connect timeout, where a server is asked for the first time."""
REPORT_S = 0.2
"""Kept back from the deadline, so that the transport can say what it saw: it knows more."""
CANCEL_S = 0.2
"""How long a question that was called off may take to end before it is left alone."""


class Stamp(Protocol):
    """As much of a clock as is needed here: when a question was sent."""

    def monotonic(self) -> Monotonic: ...


async def collect(
    group: Group,
    transport: Transport,
    clock: Stamp,
    *,
    check_s: float = CHECK_S,
    deadline_s: float | None = None,
) -> GroupView:
    """The view of both servers, at the deadline at the latest: silence of one delays no further.

    Without `deadline_s` there is time for a first connection; a loop that polls connected servers
    gives the time that it can wait.
    """
    at = clock.monotonic()
    limit_s = _first_contact_s(group, check_s) if deadline_s is None else deadline_s
    asking = _Asking(group=group, transport=transport, clock=clock, check_s=check_s)
    first, second = await asking.ask(group.server_names, poll_request, limit_s)
    return GroupView(servers=(first, second), taken_at=at)


async def look(
    group: Group,
    server: ServerName,
    transport: Transport,
    clock: Stamp,
    *,
    check_s: float = CHECK_S,
    deadline_s: float | None = None,
) -> ServerView:
    """What one of the two holds, and its record; the rest of the view is unknown."""
    limit_s = _first_contact_s(group, check_s) if deadline_s is None else deadline_s
    asking = _Asking(group=group, transport=transport, clock=clock, check_s=check_s)
    (view,) = await asking.ask((server,), holdings_request, limit_s)
    return view


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    group: Group
    transport: Transport
    clock: Stamp
    check_s: float

    async def ask(
        self, servers: tuple[ServerName, ...], question: Question, limit_s: float
    ) -> list[ServerView]:
        at = self.clock.monotonic()
        asked_s = max(limit_s - REPORT_S, limit_s / 2)
        asked = {
            server: asyncio.create_task(
                self.transport.call(
                    server,
                    question(self.group, server, check_s=self.check_s, deadline_s=asked_s),
                )
            )
            for server in servers
        }
        try:
            await asyncio.wait(asked.values(), timeout=limit_s)
        finally:
            await _call_off([task for task in asked.values() if not task.done()])
        late = f"no answer within {limit_s:g} s"
        return [
            unreachable(self.group, server, at, late, late=True)
            if task.cancelled() or not task.done()
            else server_view(self.group, server, task.result(), at)
            for server, task in asked.items()
        ]


async def _call_off(late: list[asyncio.Task[object]]) -> None:
    for task in late:
        task.cancel()
    if late:
        await asyncio.wait(late, timeout=CANCEL_S)


def _first_contact_s(group: Group, check_s: float) -> float:
    connecting = max(server.login.connect_timeout_s for server in group.servers)
    return connecting + HELPER_START_S + check_s
