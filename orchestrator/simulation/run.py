"""Seeds, many at once, and the report: runs, steps, faults, violations, fault x phase."""

import dataclasses
import multiprocessing
from collections import Counter
from collections.abc import Iterable

from orchestrator.simulation import compounds, faults
from orchestrator.simulation.invariants import Violation, Watch
from orchestrator.simulation.pair import CONTROLLERS, Pair

LENGTH_S = 120.0
MENDED_S = 75.0
"""From here on no fault; what can recover has the rest of the time to do so."""
MIN_FAULTS = 5
MAX_FAULTS = 14


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


def play(seed: int, *, tell: bool = False) -> Story:
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
    first.store(dataclasses.replace(first.state, wanted=True))
    _plan_faults(pair, struck)
    world.at(MENDED_S, faults.heal, pair)
    world.run(LENGTH_S)
    watch.end()
    return Story(
        seed=seed,
        steps=world.steps,
        faults=struck.total(),
        struck=struck,
        violations=tuple(watch.found.values()),
        log=tuple(world.log or ()),
    )


def _plan_faults(pair: Pair, struck: Counter[tuple[str, str]]) -> None:
    """Some at any time, some when a phase of a failover is reached, some several in a row."""
    world, chance = pair.world, pair.world.chance
    for number in range(chance.randint(MIN_FAULTS, MAX_FAULTS)):
        at = chance.uniform(6.0, MENDED_S - 2.0)
        fault = chance.choice(faults.ALL)
        if number < MIN_FAULTS:
            world.at(at, _strike, pair, struck, fault)
            continue
        phase = chance.choice(("proving", "ordered", "stopping"))
        world.at(at, _lie_in_wait, pair, struck, fault, phase)
    for _ in range(chance.randint(1, 3)):
        at = chance.uniform(8.0, MENDED_S - 25.0)
        world.at(at, _strike, pair, struck, chance.choice(compounds.ALL))


def _lie_in_wait(
    pair: Pair, struck: Counter[tuple[str, str]], fault: faults.Fault, phase: str
) -> None:
    def strike(_: str) -> None:
        if pair.world.now < MENDED_S - 2.0:
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
