"""A random run of lease.pml as steps: what happened, and what the model says is so after it."""

import dataclasses
import subprocess
import tempfile
from collections.abc import Mapping

from tests.model.mc import MODEL

PLACES = {"S0", "S1", "C1"}
Shown = Mapping[str, int]


@dataclasses.dataclass(frozen=True)
class Step:
    what: str
    after: Mapping[str, Shown]
    """By place: S0, S1, C1."""


def trace(flags: str, seed: int, length: int = 2500) -> list[Step]:
    """`length` in Spin's own statements, of which a step has several."""
    argv = ["spin", "-DTRACE", "-DRESUME", *flags.split(), f"-n{seed}", f"-u{length}", str(MODEL)]
    with tempfile.TemporaryDirectory() as where:  # Spin leaves files of fixed names where it runs
        done = subprocess.run(
            argv, cwd=where, capture_output=True, text=True, check=True, timeout=60
        )
    return parsed(done.stdout)


def parsed(text: str) -> list[Step]:
    """Each line of a transition is followed by one line a place, which begins with `=`."""
    steps: list[Step] = []
    after: dict[str, Shown] = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith(("S0 ", "S1 ", "C1", "---- tick")):
            after = {}
            steps.append(Step(line, after))
        elif line.startswith("="):
            place, *words = line[1:].split()
            names, values = words[::2], map(int, words[1::2])
            after[place] = dict(zip(names, values, strict=True))
        elif line.startswith("---"):
            break
    whole = [step for step in steps if set(step.after) == PLACES]
    assert whole == steps[: len(whole)], "only the last step may be cut off"
    return whole
