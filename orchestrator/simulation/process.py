"""The daemon's own code - stewards, runs, journal on SQLite - as a process in a world.

It can be killed between any two of its effects: before and after each request and each write.
What a killed process does while it is taken down reaches neither a server nor the disk.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from orchestrator.config.configuration import Configuration
from orchestrator.daemon.groups import Groups
from orchestrator.daemon.steward import Steward
from orchestrator.model import ControllerId, Group, ServerName
from orchestrator.runtime.application import Application, Ways
from orchestrator.simulation.helped import Asked, HelpedServer
from orchestrator.simulation.virtual_time import WorldClock
from orchestrator.simulation.world import World
from orchestrator.store.copies import CopyStore
from orchestrator.store.database import Database
from orchestrator.store.events import EventStore
from orchestrator.store.group_states import GroupStates
from orchestrator.store.identity import Identity
from orchestrator.store.journal import Journal
from orchestrator.store.plans import PlanStore
from orchestrator.store.state_file import StoreUnusable
from orchestrator.telemetry.publish import Publisher
from orchestrator.transport import PushFrom, Reply, Request, Unreachable, UnreachableKind

KILLED = "the process was killed"
LATE_S = 0.5
"""After a request's own deadline its sender waits no longer."""


class Life:
    """Of one process: how many effects it had, and at which it dies."""

    def __init__(self, dies_at: int | None) -> None:
        self.dies_at = dies_at
        self.effects = 0
        self.dead = False
        self.killed = asyncio.Event()

    def effect(self) -> bool:
        """Whether the process still lives after this one."""
        self.effects += 1
        if self.dies_at is not None and self.effects >= self.dies_at:
            self.kill()
        return not self.dead

    def kill(self) -> None:
        self.dead = True
        self.killed.set()


class Inline(Executor):
    """The database's thread without a thread: virtual time does not go on while it works."""

    def __init__(self, life: Life) -> None:
        self._life = life

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        if not self._life.effect():
            done.set_exception(StoreUnusable(KILLED))
            return done
        try:
            result = fn(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - as a thread pool does
            done.set_exception(error)
            return done
        if self._life.effect():
            done.set_result(result)
        else:
            done.set_exception(StoreUnusable(KILLED))
        return done


class SimTransport:
    """`PairTransport` over the links of a world."""

    def __init__(
        self, world: World, name: str, servers: Mapping[str, HelpedServer], life: Life
    ) -> None:
        self._world, self._name, self._servers, self._life = world, name, servers, life
        self.on_push: PushFrom = lambda _server, _line: None

    def reach_through_peer(self, ways: Mapping[ServerName, Any]) -> None:
        """The peer is no way here: cuts mean what they say."""

    async def call(self, server: ServerName, request: Request) -> Reply:
        await self._still_lives()
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()

        def answered(reply: Reply) -> None:
            if not answer.done():
                answer.set_result(reply)

        def send_back(reply: Reply) -> None:
            self._world.send(server, self._name, answered, reply, stalls=True)

        there = self._servers[server]
        asked = Asked(request, send_back)

        def push(line: Mapping[str, Any]) -> None:
            self._world.send(server, self._name, self._pushed, server, line, stalls=True)

        self._world.send(self._name, server, there.ask_helper, asked, push, stalls=True)
        try:
            async with asyncio.timeout(request.deadline_s + LATE_S):
                reply = await answer
        except TimeoutError:
            there.cancel(asked)
            message = f"{server}: no answer to {request.op} within {request.deadline_s:g} s"
            reply = Unreachable(kind=UnreachableKind.TIMED_OUT, message=message, sent=True)
        except asyncio.CancelledError:
            if not self._life.dead:
                self._world.send(self._name, server, there.cancel, asked)
            raise
        await self._still_lives()
        return reply

    async def close(self) -> None:
        self.on_push = lambda _server, _line: None

    def _pushed(self, server: ServerName, line: Mapping[str, Any]) -> None:
        if not self._life.dead:
            self.on_push(server, line)

    async def _still_lives(self) -> None:
        if not self._life.effect():
            await asyncio.Event().wait()


class Process:
    """`hasys run` for one group."""

    def __init__(
        self,
        world: World,
        directory: Path,
        group: Group,
        servers: Mapping[str, HelpedServer],
        *,
        dies_at: int | None = None,
    ) -> None:
        self.world, self.directory, self.group, self.servers = world, directory, group, servers
        self.life = Life(dies_at)
        self.groups: Groups | None = None
        self.application: Application | None = None

    async def run(self) -> None:
        """Until it is killed, or cancelled by whoever started it."""
        work = asyncio.create_task(self._work())
        killed = asyncio.create_task(self.life.killed.wait())
        try:
            await asyncio.wait((work, killed), return_when=asyncio.FIRST_COMPLETED)
            if work.done():
                work.result()
        finally:
            self.life.kill()
            for task in (work, killed):
                task.cancel()
            await asyncio.gather(work, killed, return_exceptions=True)

    @property
    def steward(self) -> Steward | None:
        return None if self.groups is None else self.groups.stewards.get(self.group.name)

    async def _work(self) -> None:
        database = await Database.open(self.directory / "hasys.db", Inline(self.life))
        try:
            self.application = await self._application(database)
            self.groups = Groups(self.application)
            await self.groups.look_after(self.group)
        finally:
            with contextlib.suppress(Exception):
                await database.close()

    async def _application(self, database: Database) -> Application:
        identity, events = Identity(database), EventStore(database)
        name = self.group.name
        return Application(
            configuration=Configuration(
                directory=self.directory,
                groups={name: self.group},
                servers={server.name: server for server in self.group.servers},
                variables={server: {} for server in self.group.server_names},
                digests={name: "simulated"},
                flows={},
                places={},
            ),
            state_directory=self.directory,
            controller=await identity.controller(ControllerId("c1")),
            identity=identity,
            journal=Journal(database),
            plans=PlanStore(database),
            events=events,
            copies=CopyStore(database),
            states=GroupStates(database),
            publisher=Publisher(events, (lambda event: self.world.note(f"    {event.text}"),)),
            clock=WorldClock(self.world),
            connect=self._connect,
        )

    def _connect(self, group: Group, on_push: PushFrom, ways: Ways, /) -> SimTransport:
        del group, ways
        transport = SimTransport(self.world, "c1", self.servers, self.life)
        transport.on_push = on_push
        return transport
