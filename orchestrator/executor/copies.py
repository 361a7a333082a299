"""Right before a start: both copies of the data are up and see each other, or it is not begun.

Called by `executor.flow`, whatever the playbook says. The race it prevents: after both servers lost
power the one that comes up first starts on a copy that the other one had left behind.
"""

import asyncio
import dataclasses
from collections.abc import Mapping

from orchestrator.clock import Clock
from orchestrator.decision.data_rules import start_refusals
from orchestrator.decision.freshness import replication_of
from orchestrator.decision.roles import silence_of
from orchestrator.executor.acting import Actor
from orchestrator.executor.authority import Authority
from orchestrator.executor.step import Step, StepRunner
from orchestrator.model import (
    DrbdSpec,
    Group,
    Outcome,
    Reason,
    Refusal,
    Resource,
    ServerName,
    ServerView,
    Status,
    StepId,
    Unknown,
)
from orchestrator.probes.collect import look
from orchestrator.transport import Done, Request, Transport
from remote_helpers.replication.words import Alone, Connection, Replication

_TRIES_NOT = frozenset({Alone.SPLIT_BRAIN, Alone.UNRELATED, Alone.AUTHENTICATION})
"""Why a copy stands alone that connecting again does not mend."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CopyKeeper:
    group: Group
    actor: Actor
    transport: Transport
    authority: Authority
    clock: Clock
    steps: StepRunner
    path: str = ""
    """Of the task whose steps these become."""

    def at(self, path: str) -> "CopyKeeper":
        return dataclasses.replace(self, path=path)

    async def data_allows(self, server: ServerName) -> Refusal | None:
        """Why the data allows no start on `server`; None: it does. Asked where there is some."""
        replicated = [
            resource
            for resource in self.group.resources.values()
            if isinstance(resource.spec, DrbdSpec)
        ]
        own, peer = await self._look(server)
        tried = await self._connect(replicated, own, peer)
        if any(one.prediction is not None for one in tried):
            return None  # a plan: what would be seen then nobody knows
        if tried:
            own, peer = await self._look(server)
        if isinstance(peer.reach, Unknown) and self.authority.gate(server) is None:
            return _unasked(peer)
        if isinstance(peer.reach, Unknown):
            # It was there when the start was allowed: only the loop knows what that means now.
            refused = await self.authority.may_start(server)
            if refused is not None:
                return refused
        refusals = start_refusals(self.group, own, peer)
        return refusals[0] if refusals else None

    async def _look(self, server: ServerName) -> tuple[ServerView, ServerView]:
        peer = self.group.peer_of(server).name
        own, other = await asyncio.gather(
            look(self.group, server, self.transport, self.clock),
            look(self.group, peer, self.transport, self.clock),
        )
        return own, other

    async def _connect(
        self, replicated: list[Resource], own: ServerView, peer: ServerView
    ) -> list[Outcome]:
        """Both sides at once: each waits for the other to answer. How what was tried ended."""
        wanted = [
            self._connecting(resource, view.server)
            for resource in replicated
            for view in (own, peer)
            if not isinstance(view.reach, Unknown) and _is_wanted(view, resource)
        ]
        return list(await asyncio.gather(*(self.steps.perform(step) for step in wanted)))

    def _connecting(self, resource: Resource, server: ServerName) -> Step:
        assert isinstance(resource.spec, DrbdSpec)  # noqa: S101 - only such are asked for
        args: Mapping[str, str] = {"resource": resource.spec.resource, "state": "connected"}
        request = Request(op="copies.bring", args=args, deadline_s=resource.start_timeout_s)
        return Step(
            id=StepId(f"{self.path}:connect/{resource.name}@{server}"),
            title=f"connect {resource.name}",
            server=server,
            act=lambda: self.actor.move(server, request, _connected),
        )


def _unasked(peer: ServerView) -> Refusal:
    """It answered a moment ago; in a guarded group the loop has judged its silence."""
    return Refusal(
        reason=Reason.SERVER_UNREACHABLE,
        evidence=f"the copy on {peer.server} cannot be looked at: {silence_of(peer)}",
        advice="silence says nothing of its data: bring it back, then start again",
    )


def _is_wanted(view: ServerView, resource: Resource) -> bool:
    seen = replication_of(view, resource.name)
    return seen is not None and _is_alone(seen)


def _is_alone(seen: Replication) -> bool:
    if not seen.is_up:
        return True
    return seen.connection is Connection.STAND_ALONE and seen.alone not in _TRIES_NOT


def _connected(done: Done) -> Outcome:
    status = Status.CHANGED if done.data.get("changed") else Status.OK
    return Outcome(status=status, message=str(done.data.get("detail", "")), result=done.data)
