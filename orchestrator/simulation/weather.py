"""Faults by dice against the daemon: servers, links, guards, and the process killed anywhere.

A share of what `run` plays against the loop alone, played against stewards, runs and journal.
"""

import asyncio
import dataclasses
from pathlib import Path

from orchestrator.model.state import Policy
from orchestrator.runtime.wishes import WishKind
from orchestrator.simulation.helped import HelpedServer
from orchestrator.simulation.machine import PARTS
from orchestrator.simulation.pair import CLOCK_ERROR, NAMES, group_of
from orchestrator.simulation.process import Process
from orchestrator.simulation.requests import ask
from orchestrator.simulation.virtual_time import run
from orchestrator.simulation.world import World
from remote_helpers.protocol.words import Terms

LEASE_S = 3.0
BEGINS_S = 10.0
MENDED_S = 70.0
END_S = 130.0
FAULTS = 6
CONTROLLER = "c1"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one seed came to."""

    seed: int
    violations: tuple[str, ...]
    serves: tuple[str, ...]
    kills: int
    log: tuple[str, ...]


def play(seed: int, directory: Path) -> Outcome:
    world = World(seed)
    world.log = []
    return run(world, _Weather(world, directory).play())


class _Weather:
    def __init__(self, world: World, directory: Path) -> None:
        self.world, self.directory = world, directory
        terms = Terms(budget=1.0, error=CLOCK_ERROR, margin=0.25, watchdog=1.0)
        first, second = NAMES
        self.first = HelpedServer(world, first, second, terms, LEASE_S)
        self.second = HelpedServer(world, second, first, terms, LEASE_S)
        self.first.peer, self.second.peer = self.second, self.first
        self.servers = {first: self.first, second: self.second}
        policy = Policy(flap_moves=1000, quarantine_leaves=1000, startup_s=5.0)
        self.group = dataclasses.replace(group_of(LEASE_S), policy=policy)
        self.process = self._new()
        self.kills = 0
        self.violations: dict[str, float] = {}
        world.after_event = self._look

    def _new(self, dies_at: int | None = None) -> Process:
        return Process(self.world, self.directory, self.group, self.servers, dies_at=dies_at)

    def _look(self) -> None:
        if self.first.parts and self.second.parts:
            self.violations.setdefault("two-active", self.world.now)
        if self.first.may_hold and self.second.may_hold:
            self.violations.setdefault("two-rights", self.world.now)

    async def play(self) -> Outcome:
        for server in self.servers.values():
            server.boot()
        living = asyncio.create_task(self._live())
        await asyncio.sleep(4.0)
        await ask(self.process, WishKind.START, NAMES[0])
        for _ in range(FAULTS):
            at = self.world.chance.uniform(BEGINS_S, MENDED_S - 10.0)
            self.world.at(at - self.world.now, self._strike)
        people = asyncio.create_task(self._people())
        await asyncio.sleep(MENDED_S - self.world.now)
        self._mend()
        await asyncio.sleep(15.0)
        await self._want_again()
        await asyncio.sleep(END_S - self.world.now)
        people.cancel()
        serves = tuple(
            name for name, server in self.servers.items() if len(server.parts) == len(PARTS)
        )
        if len(serves) != 1:
            self.violations.setdefault("not-recovered", self.world.now)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        return Outcome(
            seed=self.world.seed,
            violations=tuple(self.violations),
            serves=serves,
            kills=self.kills,
            log=tuple(self.world.log or ()),
        )

    async def _live(self) -> None:
        """One process after the other; before the mending each dies somewhere."""
        while True:
            await self.process.run()
            self.kills += 1
            self.world.note("--- the daemon is killed")
            await asyncio.sleep(self.world.chance.choice((0.2, 1.0, 4.0)))
            soon = self.world.now < MENDED_S - 20.0
            self.process = self._new(self.world.chance.randint(5, 900) if soon else None)

    async def _people(self) -> None:
        """Movements are asked for, whatever goes on."""
        while True:
            await asyncio.sleep(self.world.chance.uniform(5.0, 25.0))
            if self.world.now > MENDED_S:
                return
            target = self.world.chance.choice(NAMES)
            self.world.note(f"--- a person asks for a switchover to {target}")
            await ask(self.process, WishKind.SWITCHOVER, target)

    async def _want_again(self) -> None:
        """A movement that failed between its stop and its start may leave a group that nobody
        wants: whoever asked for it is told, and starts it.
        """
        steward = self.process.steward
        if steward is not None and not steward.state.wanted:
            self.world.note("--- a person starts it again")
            await ask(self.process, WishKind.START, NAMES[0])

    def _strike(self) -> None:
        chance, server = self.world.chance, self.world.chance.choice((self.first, self.second))
        kind = chance.choice(("power", "hang", "cut", "isolate", "heartbeat", "guard", "kill"))
        self.world.note(f"--- {kind} {server.name}")
        seconds = chance.uniform(0.5, 14.0)
        match kind:
            case "power":
                server.power_off()
                self.world.at(seconds, server.boot)
            case "hang":
                server.frozen_until = self.world.now + seconds / 2
            case "cut":
                self._cut(((server.name, CONTROLLER),), seconds)
            case "isolate":
                self._cut(((server.name, CONTROLLER), NAMES), seconds)
            case "heartbeat":
                self._cut((NAMES,), seconds)
            case "guard":
                server.kill_guard(keeps_state=chance.random() < 0.5)
            case _:
                self.process.life.dies_at = self.process.life.effects + chance.randint(1, 60)

    def _cut(self, ends: tuple[tuple[str, ...], ...], seconds: float) -> None:
        for one, other in ends:
            self.world.link(one, other).cut = self.world.link(other, one).cut = True
        self.world.at(seconds, self._join)

    def _join(self) -> None:
        for link in self.world.links.values():
            link.cut = False

    def _mend(self) -> None:
        self.world.note("--- everything is mended")
        self._join()
        for server in self.servers.values():
            server.frozen_until = 0.0
            if not server.on:
                server.boot()
