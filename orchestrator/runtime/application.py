"""The composition root: the one place where the objects are made and joined."""

import dataclasses
import functools
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from orchestrator.clock import Clock, SystemClock
from orchestrator.config.load import Configuration, load
from orchestrator.errors import ConfigInvalid
from orchestrator.graph import problems as graph_problems
from orchestrator.model import ControllerId, Group, RunId, ServerName
from orchestrator.store.copies import CopyStore
from orchestrator.store.database import Database
from orchestrator.store.events import EventStore
from orchestrator.store.group_states import GroupStates
from orchestrator.store.identity import Identity
from orchestrator.store.journal import Journal
from orchestrator.store.plans import PlanStore
from orchestrator.telemetry.publish import Publisher
from orchestrator.transport import PairTransport, PushFrom, SshTransport, Transport

Ways = Mapping[ServerName, tuple[str, ...]]
"""Addresses of each server that its peer can reach."""


class Connect(Protocol):
    """Makes the way to both servers of a group; what their helpers push is given to `on_push`."""

    def __call__(self, group: Group, on_push: PushFrom, ways: Ways, /) -> PairTransport: ...


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """Everything an operation needs, made once a process."""

    configuration: Configuration
    state_directory: Path
    controller: ControllerId
    identity: Identity
    journal: Journal
    plans: PlanStore
    events: EventStore
    copies: CopyStore
    states: GroupStates
    publisher: Publisher
    clock: Clock
    connect: Connect

    def group(self, name: str) -> Group:
        """Raises UsageError for a name that is not there."""
        return self.configuration.group(name)

    @asynccontextmanager
    async def reach(self, group: Group) -> AsyncIterator[Transport]:
        """The connections to both servers of a group, for as long as the block lasts."""
        pairing = await self.states.pairing(group.name)
        transport = self.connect(group, _not_heard, {} if pairing is None else pairing.ways)
        try:
            yield transport
        finally:
            await transport.close()

    def new_run_id(self) -> RunId:
        stamp = self.clock.utc().strftime("%Y%m%d-%H%M%S")
        return RunId(f"r-{stamp}-{secrets.token_hex(2)}")


def _over_ssh(
    accept_new_host_keys: bool,  # noqa: FBT001 - a setting of the process
    group: Group,
    on_push: PushFrom,
    ways: Ways,
) -> PairTransport:
    return SshTransport(
        group.servers, accept_new_host_keys=accept_new_host_keys, on_push=on_push, ways=ways
    )


def _not_heard(_server: ServerName, _line: Mapping[str, Any]) -> None:
    """A command that acts by itself answers no guard."""


def load_checked(inventory: Path) -> Configuration:
    """The configuration, with the flows checked for rings. Raises ConfigInvalid with all of it."""
    configuration = load(inventory)
    rings = [
        f"{configuration.flows[name]}: {problem}"
        for name in sorted(configuration.groups)
        for problem in graph_problems(configuration.groups[name])
    ]
    if rings:
        raise ConfigInvalid(tuple(rings))
    return configuration


@asynccontextmanager
async def opened(
    inventory: Path, state_directory: Path, *, accept_new_host_keys: bool = False
) -> AsyncIterator[Application]:
    """Raises ConfigInvalid or StoreUnusable before anything is touched."""
    configuration = load_checked(inventory)
    database = await Database.open(state_directory / "hasys.db")
    try:
        identity = Identity(database)
        events = EventStore(database)
        yield Application(
            configuration=configuration,
            state_directory=state_directory,
            controller=await identity.controller(ControllerId(f"c-{secrets.token_hex(6)}")),
            identity=identity,
            journal=Journal(database),
            plans=PlanStore(database),
            events=events,
            copies=CopyStore(database),
            states=GroupStates(database),
            publisher=Publisher(events),
            clock=SystemClock(),
            connect=functools.partial(_over_ssh, accept_new_host_keys),
        )
    finally:
        await database.close()
