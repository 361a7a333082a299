"""Seeds, many at once, and the report: runs, steps, faults, violations, fault x phase."""

import dataclasses
import multiprocessing
from collections import Counter
from collections.abc import Iterable

from orchestrator.simulation import compounds, faults, people
from orchestrator.simulation.invariants import Violation, Watch
from orchestrator.simulation.pair import CONTROLLERS, Pair


@dataclasses.dataclass(frozen=True, slots=True)
class Profile:
    """How long, and how much of what."""

    length_s: float = 120.0
    mended_s: float = 75.0
    """From here on no fault; what can recover has the rest of the time to do so."""
    faults: tuple[int, int] = (5, 14)
    compounds: tuple[int, int] = (1, 3)
    begins_s: float = 8.0


FULL = Profile()
BRIEF = Profile(length_s=64.0, mended_s=56.0, faults=(0, 3), compounds=(2, 3))
"""For planted bugs: hardly anything but the sequences at which protocols break; no recovery."""


@dataclasses.dataclass(frozen=True, slots=True)
class Story:
    """What one seed came to."""

    seed: int
    steps: int
    faults: int
    struck: Counter[tuple[str, str]]
    """(fault, phase) -> how often."""
    violations: tuple[Violation, ...]
    log: tuple[str, ...] = ()


@dataclasses.dataclass(slots=True)
class Report:
    """Sums over all seeds."""

    runs: int = 0
    steps: int = 0
    faults: int = 0
    struck: Counter[tuple[str, str]] = dataclasses.field(default_factory=Counter)
    violations: list[Violation] = dataclasses.field(default_factory=list)

    def add(self, story: Story) -> None:
        self.runs += 1
        self.steps += story.steps
        self.faults += story.faults
        self.struck.update(story.struck)
        self.violations.extend(story.violations)

    def document(self) -> dict[str, object]:
        """For `-o json`."""
        return {
            "schema": "hasys/simulate/v1",
            "runs": self.runs,
            "steps": self.steps,
            "faults": self.faults,
            "violations": [dataclasses.asdict(one) for one in self.violations],
            "struck": [
                {"fault": fault, "phase": phase, "times": times}
                for (fault, phase), times in sorted(self.struck.items())
            ],
        }

    def table(self) -> str:
        """Fault x phase, an empty cell as a dot."""
        phases = sorted({phase for _, phase in self.struck})
        names = [fault.__name__ for fault in (*faults.ALL, *compounds.ALL)]
        width = max(map(len, names))
        lines = [" " * width + "".join(f" {phase:>15}" for phase in phases)]
        for name in names:
            cells = [self.struck.get((name, phase), 0) for phase in phases]
            lines.append(f"{name:<{width}}" + "".join(f" {cell or '.':>15}" for cell in cells))
        return "\n".join(lines)


def play(seed: int, profile: Profile = FULL, *, tell: bool = False) -> Story:
    """One seed from beginning to end; the same every time."""
    pair = Pair(seed)
    world = pair.world
    if tell:
        world.log = []
    watch = Watch(pair)
    world.after_event = watch.look
    struck: Counter[tuple[str, str]] = Counter()
    pair.begin()
    first = pair.controllers[CONTROLLERS[0]]
    first.loop.store(dataclasses.replace(first.state, wanted=True))
    _plan_faults(pair, struck, profile)
    world.at(profile.mended_s, people.heal, pair)
    world.run(profile.length_s)
    if profile is FULL:
        watch.end()
    return Story(
        seed=seed,
        steps=world.steps,
        faults=struck.total(),
        struck=struck,
        violations=tuple(watch.found.values()),
        log=tuple(world.log or ()),
    )


def _plan_faults(pair: Pair, struck: Counter[tuple[str, str]], profile: Profile) -> None:
    """Some at any time, some when a phase of a failover is reached, some several in a row."""
    world, chance = pair.world, pair.world.chance
    for number in range(chance.randint(*profile.faults)):
        at = chance.uniform(6.0, profile.mended_s - 2.0)
        fault = chance.choice(faults.ALL)
        if number < FULL.faults[0]:
            world.at(at, _strike, pair, struck, fault)
            continue
        phase = chance.choice(("proving", "ordered", "stopping"))
        world.at(at, _lie_in_wait, pair, struck, fault, phase, profile.mended_s)
    for _ in range(chance.randint(*profile.compounds)):
        at = chance.uniform(profile.begins_s, profile.mended_s - 25.0)
        world.at(at, _strike, pair, struck, chance.choice(compounds.OFTEN))


def _lie_in_wait(
    pair: Pair,
    struck: Counter[tuple[str, str]],
    fault: faults.Fault,
    phase: str,
    mended_s: float,
) -> None:
    waits = True

    def strike(_: str) -> None:
        nonlocal waits
        if waits and pair.world.now < mended_s - 2.0:
            waits = False
            delay = pair.world.chance.choice((0.0, 0.01, 0.1, 0.5))
            pair.world.at(delay, _strike, pair, struck, fault)

    for one in pair.controllers.values():
        one.when(phase, strike)


def _strike(pair: Pair, struck: Counter[tuple[str, str]], fault: faults.Fault) -> None:
    """Counted under the phase in which it finds the failover."""
    phases = [one.phase for one in pair.controllers.values() if one.alive]
    busy = [phase for phase in phases if phase != "quiet"]
    phase = (busy or phases or ["controller away"])[0]
    struck[fault.__name__, phase] += 1
    pair.world.note(f"--- {fault.__name__} while {phase}")
    fault(pair)


def simulate(seeds: Iterable[int], *, processes: int = 1) -> Report:
    """Plays every seed. With several processes the sums are the same."""
    report = Report()
    if processes <= 1:
        for seed in seeds:
            report.add(play(seed))
        return report
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for story in pool.imap_unordered(play, seeds, chunksize=8):
            report.add(story)
    report.violations.sort(key=lambda one: (one.seed, one.at))
    return report
