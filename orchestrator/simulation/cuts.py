"""The daemon killed between any two of its effects, and started again: the same end, or why not.

One world for each cut: the service runs on the first server, something is asked for or breaks, the
process dies at its n-th effect from then on, another one takes up what it left on disk.
"""

import asyncio
import dataclasses
import enum
from pathlib import Path

from orchestrator.decision.intents import Because, Wish
from orchestrator.model import Reason, ServerName
from orchestrator.model.state import GoalKind
from orchestrator.runtime.wishes import WishKind
from orchestrator.simulation.helped import HelpedServer
from orchestrator.simulation.machine import PARTS
from orchestrator.simulation.pair import CLOCK_ERROR, NAMES, group_of
from orchestrator.simulation.process import Process
from orchestrator.simulation.requests import ask, force
from orchestrator.simulation.virtual_time import run
from orchestrator.simulation.world import World
from remote_helpers.protocol.words import Terms

LEASE_S = 3.0
SETTLED_S = 12.0
"""By then the service serves on the first server."""
END_S = 75.0


class Event(enum.Enum):
    """What happens while the process is killed."""

    START = "start"
    STOP = "stop"
    SWITCHOVER = "switchover"
    GOAL = "goal"
    """A switchover that the loop itself brings about."""
    POWER_CUT = "power-cut"
    ISOLATED = "isolated"
    ADOPTION = "adoption"
    """The service ran already when the daemon first looked; nobody asks for anything."""
    FORCE = "force"
    """The first server loses power, and a person does not wait for its lease to end."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """How it stands long after."""

    serves: tuple[str, ...]
    """Servers that have all parts of the service."""
    partly: tuple[str, ...]
    runs: tuple[str, ...]
    """Of each run that was begun for the event: its playbook and how it ended."""
    goal: str
    violations: tuple[str, ...]
    effects: int
    """Of the first process, from the event on."""
    log: tuple[str, ...] = ()


def play(event: Event, cut: int | None, directory: Path, seed: int = 0) -> End:
    """`cut`: the effect after the event at which the process dies; None: it lives on."""
    world = World(seed)
    world.log = []
    return run(world, _Cut(world, event, cut, directory).play())


class _Cut:
    def __init__(self, world: World, event: Event, cut: int | None, directory: Path) -> None:
        self.world, self.event, self.cut, self.directory = world, event, cut, directory
        terms = Terms(budget=1.0, error=CLOCK_ERROR, margin=0.25, watchdog=1.0)
        first, second = NAMES
        self.servers = {
            first: HelpedServer(world, first, second, terms, LEASE_S),
            second: HelpedServer(world, second, first, terms, LEASE_S),
        }
        self.first, self.second = self.servers.values()
        self.first.peer, self.second.peer = self.second, self.first
        self.group = group_of(LEASE_S)
        self.violations: dict[str, float] = {}
        world.after_event = self._look

    def _look(self) -> None:
        if self.first.parts and self.second.parts:
            self.violations.setdefault("two-active", self.world.now)
        if self.first.may_hold and self.second.may_hold:
            self.violations.setdefault("two-rights", self.world.now)

    async def play(self) -> End:
        for server in self.servers.values():
            server.boot()
        if self.event is Event.ADOPTION:
            self.first.parts.update(PARTS)
        process = self._process()
        living = asyncio.create_task(process.run())
        if self.event is not Event.ADOPTION:
            await self._settle(process)
        effects = await self._cut_down(process, living)
        process = self._process()
        living = asyncio.create_task(process.run())
        await self._until(END_S)
        end = await self._end(process, effects)
        process.life.kill()
        await living
        return end

    async def _settle(self, process: Process) -> None:
        await asyncio.sleep(4.0)
        if self.event is not Event.START:
            await ask(process, WishKind.START, NAMES[0])
        await self._until(SETTLED_S)

    async def _cut_down(self, process: Process, living: asyncio.Task[None]) -> int:
        """The event; then the process dies, at the latest when all is long done."""
        before = process.life.effects
        if self.cut is not None:
            process.life.dies_at = before + self.cut
        asked = asyncio.create_task(self._happen(process))
        await asyncio.wait((living,), timeout=SETTLED_S * 2)
        effects = process.life.effects - before
        self.world.note(f"--- killed at effect {effects}")
        process.life.kill()
        await living
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        # After force nobody but the controller votes: away for a lease, it would find nothing left.
        away_s = (0.2,) if self.event is Event.FORCE else (0.2, 1.0, 3.0)
        await asyncio.sleep(self.world.chance.choice(away_s))
        return effects

    async def _happen(self, process: Process) -> None:
        self.world.note(f"--- {self.event.value}")
        first, second = NAMES
        match self.event:
            case Event.START:
                await ask(process, WishKind.START, first)
            case Event.STOP:
                await ask(process, WishKind.STOP, first)
            case Event.SWITCHOVER:
                await ask(process, WishKind.SWITCHOVER, second)
            case Event.GOAL:
                asked = Because(reason=Reason.PERSON_ASKED, evidence="asked for")
                wish = Wish(
                    kind=GoalKind.SWITCHOVER,
                    target=ServerName(second),
                    source=ServerName(first),
                    because=asked,
                )
                if process.steward is not None:
                    process.steward.begin(wish)
            case Event.POWER_CUT:
                self.first.power_off()
                self.world.at(40.0, self.first.boot)
            case Event.ISOLATED:
                self._cut_off(is_cut=True)
                self.world.at(20.0, lambda: self._cut_off(is_cut=False))
            case Event.ADOPTION:
                pass
            case Event.FORCE:
                self.first.power_off()
                self.world.at(40.0, self.first.boot)
                await force(process, second)

    def _cut_off(self, *, is_cut: bool) -> None:
        for other in ("c1", self.second.name):
            self.world.link(self.first.name, other).cut = is_cut
            self.world.link(other, self.first.name).cut = is_cut

    async def _until(self, moment: float) -> None:
        await asyncio.sleep(moment - self.world.now)

    def _process(self) -> Process:
        return Process(self.world, self.directory, self.group, self.servers)

    async def _end(self, process: Process, effects: int) -> End:
        application, steward = process.application, process.steward
        runs = [] if application is None else await application.journal.runs()
        told = [f"{one.playbook} {one.state.value}" for one in reversed(runs)]
        if self.event is not Event.START:
            told = told[1:]
        goal = steward.state.goal if steward is not None else None
        parts = {name: len(server.parts) for name, server in self.servers.items()}
        return End(
            serves=tuple(name for name, count in parts.items() if count == len(PARTS)),
            partly=tuple(name for name, count in parts.items() if 0 < count < len(PARTS)),
            runs=tuple(told),
            goal="nobody looks after it" if steward is None else goal.kind.value if goal else "",
            violations=tuple(f"{what} at {at:.3f} s" for what, at in self.violations.items()),
            effects=effects,
            log=tuple(self.world.log or ()),
        )
