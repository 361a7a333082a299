"""Orders to fencing devices: those that the loop wants, those of playbooks, those of people.

One at a time for each server, whoever wants it: two agents at once would talk into each other.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.clock import Clock
from orchestrator.daemon import wire
from orchestrator.decision.intents import Fence
from orchestrator.errors import UsageError
from orchestrator.fencing import (
    Fenced,
    FenceOutcome,
    Fencer,
    NotFenced,
    Power,
    Reading,
    result_of,
)
from orchestrator.model import ServerName
from orchestrator.model.guard_report import FenceResult
from orchestrator.runtime.fencing import event_of, ordered_event, switch_on_by_hand
from remote_helpers.protocol.words import Reign

if TYPE_CHECKING:
    from orchestrator.daemon.steward import Steward

AGAIN_S = 5.0
"""Between two attempts at devices that failed; the loop goes on asking as long as it needs them."""


class Fences:
    """`done`: given every result, for the loop to look at; `told`: for people; `reigns`: those
    that may run on a server.
    """

    def __init__(
        self,
        fencer: Fencer,
        clock: Clock,
        *,
        done: Callable[[FenceResult], None],
        told: Callable[[FenceOutcome], None],
        reigns: Callable[[ServerName], tuple[Reign, ...]],
    ) -> None:
        self._fencer = fencer
        self._clock = clock
        self._done = done
        self._told = told
        self._reigns = reigns
        self._under_way: dict[ServerName, asyncio.Future[FenceOutcome]] = {}
        self._orders: set[asyncio.Task[FenceOutcome]] = set()
        self._not_before: dict[ServerName, float] = {}

    def takes(self, intent: Fence) -> bool:
        """Whether an order is due now: the loop asks every turn until it has its proof.

        Then it is under way from this moment on: `carry_out` must follow.
        """
        server = intent.server
        due = self._clock.monotonic() >= self._not_before.get(server, 0.0)
        if server in self._under_way or not due:
            return False
        self._under_way[server] = asyncio.get_running_loop().create_future()
        return True

    async def carry_out(self, intent: Fence) -> None:
        """The result is for the reign that was asked for, and for no other."""
        await self._fence(intent.server, (intent.reign,), self._told)

    async def off(self, server: ServerName, told: Callable[[FenceOutcome], None]) -> FenceOutcome:
        """By the order of a playbook or a person: a proof for every reign that may run there.

        One that is under way is waited for: read back as off after this was asked for, it is what
        was wanted. Once begun it comes to its end, whatever becomes of who wanted it: a failover
        that ends the run needs the result.
        """
        while (under_way := self._under_way.get(server)) is not None:
            outcome = await asyncio.shield(under_way)
            if isinstance(outcome, Fenced):
                return outcome
        self._under_way[server] = asyncio.get_running_loop().create_future()
        order = asyncio.create_task(self._fence(server, self._reigns(server), told))
        self._orders.add(order)
        order.add_done_callback(self._orders.discard)
        return await asyncio.shield(order)

    def may_reign(self, server: ServerName) -> bool:
        return bool(self._reigns(server))

    async def read(self, server: ServerName) -> tuple[Reading, ...]:
        return await self._fencer.status(server)

    async def _fence(
        self,
        server: ServerName,
        reigns: tuple[Reign, ...],
        told: Callable[[FenceOutcome], None],
    ) -> FenceOutcome:
        """`reigns`: noted before the order, so that being off afterwards is the end of each."""
        ended = self._under_way[server]
        try:
            outcome = await self._fencer.fence(server)
            told(outcome)
            for reign in reigns or (None,):
                self._done(result_of(outcome, reign))
            if isinstance(outcome, NotFenced) and outcome.may_still_act:
                await self._find_out(server)
            ended.set_result(outcome)
            return outcome
        finally:
            ended.cancel()
            self._not_before[server] = self._clock.monotonic() + AGAIN_S
            del self._under_way[server]

    async def _find_out(self, server: ServerName) -> None:
        """What became of an order that was not answered, once; the next order asks again."""
        await self._clock.sleep(AGAIN_S)
        readings = await self._fencer.status(server)
        if all(one.power is not Power.UNKNOWN for one in readings):
            off = all(one.power is Power.OFF for one in readings)
            now = self._clock.monotonic()
            self._done(FenceResult(server=server, asked_for=None, off=off, read_at=now))


class LoopDevices:
    """A group's devices where a loop looks after it: what they say counts for it, too."""

    def __init__(self, steward: Steward, by: str) -> None:
        self._steward = steward
        self._by = by

    async def off(self, server: ServerName) -> FenceOutcome:
        news, about = self._steward.news, (self._steward.application, self._steward.group)
        news.say(ordered_event(*about, server, self._by))
        return await self._steward.fences.off(
            server, lambda outcome: news.say(event_of(*about, outcome, self._by))
        )

    async def read(self, server: ServerName) -> tuple[Reading, ...]:
        return await self._steward.fences.read(server)

    def wants_order(self, server: ServerName) -> bool:
        return self._steward.fences.may_reign(server)


async def by_hand(steward: Steward, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises Busy while a run is under way, UsageError for a server that is not the group's."""
    server, by = ServerName(str(request["server"])), str(request["by"])
    if server not in steward.group.server_names:
        raise UsageError(f"{server} is not a server of {steward.group.name}")
    action = str(request["action"])
    with steward.runs.held(f"{action} of {server} by {by}"):
        if action == "off":
            return wire.fencing_to_json(await LoopDevices(steward, by).off(server))
        readings = await switch_on_by_hand(steward.application, steward.group, server, by)
        return wire.fencing_to_json(readings)
