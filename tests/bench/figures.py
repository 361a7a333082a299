"""Turns what was timed into rows: a table for people, `build/bench/NAME.json` for programs."""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

from tabulate import tabulate

RESULTS = Path(__file__).parents[2] / "build" / "bench"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """One row. `value` is a median; `ratio` is value by the value of the row that `to` names."""

    name: str
    value: float
    unit: str
    ratio: float | None = None
    to: str | None = None
    runs: int = 1
    min: float | None = None
    max: float | None = None


def figures(
    samples: Mapping[str, Sequence[float]], unit: str, *, to: Sequence[str] = ()
) -> list[Figure]:
    """One row for each name, beside each of `to` that was measured."""
    medians = {name: statistics.median(values) for name, values in samples.items() if values}
    found = []
    for name, median in medians.items():
        row = Figure(
            name=name,
            value=median,
            unit=unit,
            runs=len(samples[name]),
            min=min(samples[name]),
            max=max(samples[name]),
        )
        beside = [other for other in to if other != name and other in medians]
        found += [
            dataclasses.replace(row, ratio=median / medians[other], to=other) for other in beside
        ] or [row]
    return found


def machine() -> list[Figure]:
    """What the numbers depend on: how many processors, and how much else went on."""
    return [
        Figure(name="nproc", value=float(len(os.sched_getaffinity(0))), unit="processors"),
        Figure(name="load1", value=os.getloadavg()[0], unit="processes"),
    ]


def publish(name: str, rows: Sequence[Figure]) -> None:
    """Shown, and written for whoever compares with an older run."""
    rows = [*rows, *machine()]
    RESULTS.mkdir(parents=True, exist_ok=True)
    document = [dataclasses.asdict(row) for row in rows]
    (RESULTS / f"{name}.json").write_text(json.dumps(document, indent=1) + "\n")
    cells = [
        (row.name, _shown(row.value), row.unit, _span(row), row.runs, _beside(row)) for row in rows
    ]
    headings = (name.upper(), "MEDIAN", "", "MIN - MAX", "RUNS", "RATIO")
    align = ("left", "right", "left", "left", "right", "left")
    print(tabulate(cells, headers=headings, colalign=align, disable_numparse=True), end="\n\n")


def _shown(value: float) -> str:
    return f"{value:.0f}" if value >= 100 or value == int(value) else f"{value:.3g}"


def _span(row: Figure) -> str:
    if row.min is None or row.max is None:
        return ""
    return f"{_shown(row.min)} - {_shown(row.max)}"


def _beside(row: Figure) -> str:
    return "" if row.ratio is None else f"{row.ratio:.3g} x {row.to}"
