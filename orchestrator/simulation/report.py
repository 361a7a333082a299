"""Sums over many seeds: runs, steps, faults, violations, and which fault struck in which phase."""

import dataclasses
from collections import Counter

from orchestrator.simulation import compounds, faults
from orchestrator.simulation.invariants import Violation
from orchestrator.simulation.phases import PHASES

ENOUGH_RUNS = 2000
"""From so many on every fault must have struck in every phase in which it can."""


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

    def empty(self) -> list[tuple[str, str]]:
        """Cells of the table in which nothing ever struck: what was not tested at all."""
        return [
            (fault.__name__, phase)
            for fault, phase in faults.CELLS
            if not self.struck[fault.__name__, phase]
        ]

    @property
    def is_good(self) -> bool:
        return not self.violations and not (self.runs >= ENOUGH_RUNS and self.empty())

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
            "empty": [{"fault": fault, "phase": phase} for fault, phase in self.empty()],
        }

    def table(self) -> str:
        """Fault x phase: an empty cell as a dot, one that cannot be as a dash."""
        names = [fault.__name__ for fault in (*faults.ALL, *compounds.ALL)]
        width = max(map(len, names))
        can_be = {(fault.__name__, phase) for fault, phase in faults.CELLS}
        lines = [" " * width + "".join(f" {phase:>15}" for phase in PHASES)]
        for name in names:
            cells = [self._cell(name, phase, can_be) for phase in PHASES]
            lines.append(f"{name:<{width}}" + "".join(f" {cell:>15}" for cell in cells))
        return "\n".join(lines)

    def _cell(self, name: str, phase: str, can_be: set[tuple[str, str]]) -> str:
        times = self.struck[name, phase]
        if times:
            return str(times)
        return "." if (name, phase) in can_be else "-"
