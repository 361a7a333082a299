"""Orders to fencing devices: those that the loop wants, and those of a person at the door."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from orchestrator.clock import Clock
from orchestrator.daemon import wire
from orchestrator.decision.intents import Fence
from orchestrator.errors import UsageError
from orchestrator.fencing import FenceOutcome, Fencer, NotFenced, Power, Reading, result_of
from orchestrator.model import ServerName
from orchestrator.model.guard_report import FenceResult
from orchestrator.runtime.fencing import fence_by_hand, switch_on_by_hand

if TYPE_CHECKING:
    from orchestrator.daemon.steward import Steward

AGAIN_S = 5.0
"""Between two attempts at devices that failed; the loop goes on asking as long as it needs them."""


class Fences:
    """`done`: given every result, for the loop to look at; `told`: for people."""

    def __init__(
        self,
        fencer: Fencer,
        clock: Clock,
        *,
        done: Callable[[FenceResult], None],
        told: Callable[[FenceOutcome], None],
    ) -> None:
        self._fencer = fencer
        self._clock = clock
        self._done = done
        self._told = told
        self._under_way: set[ServerName] = set()
        self._not_before: dict[ServerName, float] = {}

    def takes(self, intent: Fence) -> bool:
        """Whether an order is due now: the loop asks every turn until it has its proof.

        Then it is under way from this moment on: `carry_out` must follow.
        """
        server = intent.server
        due = self._clock.monotonic() >= self._not_before.get(server, 0.0)
        if server in self._under_way or not due:
            return False
        self._under_way.add(server)
        return True

    async def carry_out(self, intent: Fence) -> None:
        """The result is for the reign that was asked for, and for no other."""
        try:
            outcome = await self._fencer.fence(intent.server)
            self._told(outcome)
            self._done(result_of(outcome, intent.reign))
            if isinstance(outcome, NotFenced) and outcome.may_still_act:
                await self._find_out(intent.server)
        finally:
            self._not_before[intent.server] = self._clock.monotonic() + AGAIN_S
            self._under_way.discard(intent.server)

    async def _find_out(self, server: ServerName) -> None:
        """What became of an order that was not answered, once; the next order asks again."""
        await self._clock.sleep(AGAIN_S)
        readings = await self._fencer.status(server)
        if all(one.power is not Power.UNKNOWN for one in readings):
            off = all(one.power is Power.OFF for one in readings)
            now = self._clock.monotonic()
            self._done(FenceResult(server=server, asked_for=None, off=off, read_at=now))


async def by_hand(steward: Steward, request: Mapping[str, Any]) -> Mapping[str, Any]:
    """Raises Busy while a run is under way, UsageError for a server that is not the group's."""
    server, by = ServerName(str(request["server"])), str(request["by"])
    if server not in steward.group.server_names:
        raise UsageError(f"{server} is not a server of {steward.group.name}")
    action = str(request["action"])
    result: FenceOutcome | tuple[Reading, ...]
    with steward.runs.held(f"{action} of {server} by {by}"):
        order = fence_by_hand if action == "off" else switch_on_by_hand
        result = await order(steward.application, steward.group, server, by)
    return wire.fencing_to_json(result)
