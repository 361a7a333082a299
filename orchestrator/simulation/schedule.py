"""Which faults strike a seed, and when: by chance, and one that is led to its phase.

Chance alone leaves rare pairs untried (a full disk in the second in which a controller is away).
So each seed also has one cell of the table fault x phase as its duty: the phase is brought about,
and the fault strikes in it.
"""

import dataclasses
from collections import Counter

from orchestrator.model import ServerName
from orchestrator.model.state import GoalKind
from orchestrator.simulation import compounds, controller_faults, faults, link_faults, people
from orchestrator.simulation.controller import Died, SimController
from orchestrator.simulation.pair import CONTROLLERS, NAMES, Missed, Pair
from orchestrator.simulation.phases import AWAY, ORDERED, PROVING, QUIET, STOPPING

SPARE_S = 2.0
"""Before everything is mended nothing new begins."""


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """How long, and how much of what."""

    length_s: float = 120.0
    mended_s: float = 75.0
    """From here on no fault; what can recover has the rest of the time to do so."""
    faults: tuple[int, int] = (5, 13)
    compounds: tuple[int, int] = (1, 3)
    begins_s: float = 8.0
    has_duty: bool = True


FULL = Profile()
BRIEF = Profile(length_s=64.0, mended_s=56.0, faults=(0, 2), compounds=(3, 4), has_duty=False)
"""For planted bugs: hardly anything but the sequences at which protocols break; no recovery."""


class Schedule:
    """Of one seed; `struck` counts what has struck, by the phase in which it did."""

    def __init__(self, pair: Pair, profile: Profile) -> None:
        self.pair = pair
        self.profile = profile
        self.struck: Counter[tuple[str, str]] = Counter()

    def plan(self) -> None:
        """Some at any time, some when a phase of a failover is reached, some several in a row."""
        world, chance, profile = self.pair.world, self.pair.world.chance, self.profile
        for number in range(chance.randint(*profile.faults)):
            at = chance.uniform(6.0, profile.mended_s - SPARE_S)
            fault = chance.choice(faults.ALL)
            if number < FULL.faults[0]:
                world.at(at, self._surely, fault)
            else:
                phase = chance.choice((PROVING, ORDERED, STOPPING))
                world.at(at, self._lie_in_wait, fault, phase)
        for _ in range(chance.randint(*profile.compounds)):
            at = chance.uniform(profile.begins_s, profile.mended_s - 25.0)
            world.at(at, self.strike, chance.choice(compounds.OFTEN))
        if profile.has_duty:
            Duty(self, *faults.CELLS[self.pair.world.seed % len(faults.CELLS)])

    def strike(self, fault: faults.Fault) -> bool:
        """Counted under the phase in which it finds the failover, when there was anything to do."""
        phase = self.phase()
        self.pair.world.note(f"--- {fault.__name__} while {phase}")
        try:
            fault(self.pair)
        except Missed:
            self.pair.world.note("    there is nothing for it to do")
            return False
        except Died:
            self.pair.world.note("    the controller dies of it")
        self.struck[fault.__name__, phase] += 1
        return True

    def phase(self) -> str:
        phases = [one.phase for one in self.pair.controllers.values() if one.alive]
        busy = [phase for phase in phases if phase != QUIET]
        return (busy or phases or [AWAY])[0]

    def is_over(self) -> bool:
        return self.pair.world.now > self.profile.mended_s - SPARE_S

    def _surely(self, fault: faults.Fault) -> None:
        """Another one in its place, so that each seed meets its number."""
        while not self.strike(fault):
            fault = self.pair.world.chance.choice(faults.ALL)

    def _lie_in_wait(self, fault: faults.Fault, phase: str) -> None:
        waits = True

        def strike(_: str) -> None:
            nonlocal waits
            if waits and not self.is_over():
                waits = False
                delay = self.pair.world.chance.choice((0.0, 0.01, 0.1, 0.5))
                self.pair.world.at(delay, self.strike, fault)

        for one in self.pair.controllers.values():
            one.when(phase, strike)


class Duty:
    """Brings a phase about and strikes in it; tries again until it has."""

    AGAIN_S = 6.0

    def __init__(self, schedule: Schedule, fault: faults.Fault, phase: str) -> None:
        self.schedule, self.fault, self.phase = schedule, fault, phase
        self.done = False
        pair = schedule.pair
        self.world = pair.world
        self.world.at(self.world.chance.uniform(9.0, 50.0), self.attempt)

    def attempt(self) -> None:
        if self.done or self.schedule.is_over():
            return
        self.world.at(self.AGAIN_S, self.attempt)
        if self.phase == QUIET:
            self.strike(self.phase)
            return
        for one in self.schedule.pair.controllers.values():
            one.when(self.phase, self.soon)
        self._bring_about()

    def _bring_about(self) -> None:
        pair, chance = self.schedule.pair, self.world.chance
        if self.phase == AWAY:
            for one in pair.controllers.values():
                one.kill()
            self.world.at(chance.uniform(1.0, 4.0), controller_faults.restart, _first(pair))
            self.strike(self.phase)
        elif self.phase == PROVING or chance.random() < 0.3:
            active = pair.active().name
            ends = [*((active, name) for name in CONTROLLERS), NAMES]
            link_faults.cut_for(pair, ends, chance.uniform(4.0, 12.0))
        else:
            for one in pair.controllers.values():
                if one.alive and not one.state.superseded and one.state.goal is None:
                    target = ServerName(pair.active().peer_name)
                    people.ask(pair, one, GoalKind.SWITCHOVER, target)

    def soon(self, _: str) -> None:
        """Not in the middle of the loop's own step."""
        self.world.at(0.0, self.strike, self.phase)

    def strike(self, phase: str) -> None:
        if not self.done and not self.schedule.is_over() and self.schedule.phase() == phase:
            self.done = self.schedule.strike(self.fault)


def _first(pair: Pair) -> SimController:
    return pair.controllers[CONTROLLERS[0]]
