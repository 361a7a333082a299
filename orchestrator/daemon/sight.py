"""Keeps both servers in sight: a poll each, at its own pace, and a guard that runs and is heard.

One server that is slow or dead never delays the look at the other.
"""

import asyncio
import dataclasses
from collections.abc import Callable
from typing import Any

from orchestrator.clock import Clock
from orchestrator.daemon.guard_settings import links_of, settings_of
from orchestrator.daemon.look import Look
from orchestrator.model import (
    DrbdSpec,
    Group,
    GroupView,
    Monotonic,
    Seen,
    ServerName,
    ServerView,
)
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import Policy
from orchestrator.probes.collect import CHECK_S
from orchestrator.probes.reply import server_view, unreachable
from orchestrator.probes.request import poll_request
from orchestrator.transport import Done, Failed, Reply, Request, Transport

START_S = 20.0
"""For a guard to be started or to take over; a loaded server takes its time."""
ASK_S = 2.0

Paired = Callable[[Pairing], None]
Started = Callable[[ServerName, "Reply"], None]


class Sight:
    """`paired` is told when something worth keeping was learned of the pair; `started` what
    became of a guard that was started.
    """

    def __init__(
        self,
        group: Group,
        policy: Policy,
        pairing: Pairing,
        transport: Transport,
        clock: Clock,
        *,
        paired: Paired,
        started: Started,
    ) -> None:
        self.pairing = pairing
        self._group = group
        self._policy = policy
        self._transport = transport
        self._clock = clock
        self._paired = paired
        self._started = started
        never = Monotonic(0.0)
        self._views: dict[ServerName, ServerView] = {
            name: unreachable(group, name, never, "not asked yet", late=False)
            for name in group.server_names
        }
        self.looks: dict[ServerName, Look] = {}
        """The last one at each server that was asked already."""
        self._wake = asyncio.Event()
        self._told: dict[ServerName, dict[str, Any]] = {}
        """The settings with which each guard was last started."""

    def view(self, now: float) -> GroupView:
        first, second = (self._views[name] for name in self._group.server_names)
        return GroupView(servers=(first, second), taken_at=Monotonic(now))

    def look_again(self) -> None:
        """At once, at both: what was seen last is out of date."""
        self._wake.set()
        self._wake = asyncio.Event()

    def is_newer_than(self, at: float) -> bool:
        """Whether each server that answers was seen after that time."""
        return all(
            view.reach.at > at for view in self._views.values() if isinstance(view.reach, Seen)
        )

    def change_keys(self, keys: tuple[str, ...]) -> None:
        """Both guards are told at once; `has_told` says when they know."""
        self.pairing = dataclasses.replace(self.pairing, keys=keys)
        self._paired(self.pairing)
        self.look_again()

    def has_told(self, keys: tuple[str, ...]) -> bool:
        """Whether both guards have acknowledged settings with exactly these keys."""
        told = [self._told.get(name, {}).get("keys") for name in self._group.server_names]
        return all(one == list(keys) for one in told)

    def guard_is_missing(self, server: ServerName) -> None:
        """It was asked something and is not there: started again with the next poll."""
        self._told.pop(server, None)

    async def watch(self, server: ServerName) -> None:
        """Until cancelled."""
        while True:
            began = self._clock.monotonic()
            if await self._poll(server):
                await self._keep_guard(server)
                await self._hear_copies(server)
            spent = self._clock.monotonic() - began
            await self._pause(max(self._group.timing.poll_s - spent, 0.02))

    async def _pause(self, seconds: float) -> None:
        sleeps = asyncio.ensure_future(self._clock.sleep(seconds))
        wakes = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait([sleeps, wakes], return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeps.cancel()
            wakes.cancel()

    async def _poll(self, server: ServerName) -> bool:
        """Whether it answered."""
        at = self._clock.monotonic()
        limit_s = max(CHECK_S, self._group.timing.poll_s) + 1.0
        request = poll_request(self._group, server, check_s=CHECK_S, deadline_s=limit_s)
        reply = await self._transport.call(server, request)
        self._views[server] = server_view(self._group, server, reply, at)
        self.looks[server] = Look(reply=reply, at=at)
        if isinstance(reply, Done):
            self._learn()
            return True
        self._told.pop(server, None)
        return False

    def _learn(self) -> None:
        pairing = links_of(self._group, self._views, self.pairing)
        if pairing != self.pairing:
            self.pairing = pairing
            self._paired(pairing)

    async def _keep_guard(self, server: ServerName) -> None:
        """Started, told of new settings, and heard. Asking again costs little and forgets nothing.

        A connection that was lost and made anew hears nothing until it asks to.
        """
        settings = settings_of(self._group, self._policy, self.pairing, server)
        if self._told.get(server) != settings:
            request = Request(
                op="guard.start",
                args={"group": self._group.name, "settings": settings},
                deadline_s=START_S,
            )
            reply = await self._transport.call(server, request)
            if isinstance(reply, Done):
                self._told[server] = settings
                self._learn_cover(server, str(reply.data.get("cover", "none")))
            self._started(server, reply)
            if not isinstance(reply, Done):
                return
        listen = Request(op="guard.listen", args={"group": self._group.name}, deadline_s=ASK_S)
        if isinstance(await self._transport.call(server, listen), Failed):
            self.guard_is_missing(server)

    async def _hear_copies(self, server: ServerName) -> None:
        """DRBD says by itself when something changes; asking again does nothing."""
        for one in self._group.resources.values():
            if isinstance(one.spec, DrbdSpec):
                args = {"group": self._group.name, "resource": one.spec.resource}
                request = Request(op="copies.listen", args=args, deadline_s=ASK_S)
                await self._transport.call(server, request)

    def _learn_cover(self, server: ServerName, cover: str) -> None:
        covers = {**self.pairing.covers, server: cover}
        if covers != self.pairing.covers:
            self.pairing = dataclasses.replace(self.pairing, covers=covers)
            self._paired(self.pairing)

    def change(self, group: Group, policy: Policy) -> None:
        """Another configuration: guards are told of it with their next poll."""
        self._group = group
        self._policy = policy
