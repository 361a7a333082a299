"""Which seed of `schedule.BRIEF` catches each planted bug: where its search begins.

A memory, not a claim: dice fall differently whenever the faults change, and then a bug is searched
for among all seeds. `make mutations` writes the file anew.
"""

import fcntl
import json
from collections.abc import Iterator
from pathlib import Path

FILE = Path(__file__).with_name("known_seeds.json")
SEEDS = 500
"""Within so many each bug must be caught."""


def known() -> dict[str, int]:
    seeds: dict[str, int] = json.loads(FILE.read_text(encoding="utf-8"))
    return seeds


def likely_first(name: str) -> Iterator[int]:
    """The seed that caught it last, then all others."""
    before = known().get(name)
    if before is not None:
        yield before
    yield from (seed for seed in range(SEEDS) if seed != before)


def remember(name: str, seed: int) -> None:
    """Several tests at once may have something to remember."""
    with FILE.open("r+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        found = {**json.load(file), name: seed}
        file.seek(0)
        file.truncate()
        file.write(json.dumps(dict(sorted(found.items())), indent=2) + "\n")
