"""A run on a group that is looked after: the loop's connections, and its authority."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from orchestrator.daemon.quiet import QuietTransport
from orchestrator.decision.foresight import foreseen
from orchestrator.decision.roles import GroupStatus, status_of
from orchestrator.probes.collect import collect

if TYPE_CHECKING:
    from orchestrator.daemon.steward import Steward
    from orchestrator.executor.authority import Authority
    from orchestrator.executor.charter import Charter
    from orchestrator.executor.power import Devices
    from orchestrator.model import Refusal, ServerName
    from orchestrator.playbooks.model import Program
    from orchestrator.transport import Transport

LOOK_S = 2.5
"""For a fresh look before a run; a silent server is not waited for."""
Held = Callable[[str], contextlib.AbstractContextManager[None]]


class StewardGround:
    def __init__(self, steward: Steward, held: Held) -> None:
        self._steward = steward
        self.held = held

    def authorise(self, _transport: Transport, charter: Charter, program: Program) -> Authority:
        from orchestrator.daemon.reign_authority import ReignAuthority  # noqa: PLC0415

        return ReignAuthority(self._steward, charter, program)

    async def foresight(self, server: ServerName) -> Refusal | None:
        return foreseen(self._steward.standing.facts(), self._steward.state, server)

    def devices(self, by: str) -> Devices:
        from orchestrator.daemon.fences import LoopDevices  # noqa: PLC0415

        return LoopDevices(self._steward, by)

    @asynccontextmanager
    async def reach(self) -> AsyncIterator[Transport]:
        yield QuietTransport(self._steward.transport, self._steward.standing.silence)

    async def look(self, transport: Transport) -> GroupStatus:
        group = self._steward.group
        view = await collect(group, transport, self._steward.clock, deadline_s=LOOK_S)
        return status_of(group, view)
