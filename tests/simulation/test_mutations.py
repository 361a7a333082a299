"""Every planted bug is caught: by a violated invariant, within so many seeds.

`pytest -m mutations` searches all of them through 500 seeds; the quick run plays, for each, the
seed that is known to catch it.
"""

import pytest

from orchestrator.simulation.run import BRIEF, play
from tests.simulation.known_seeds import KNOWN
from tests.simulation.mutations import SAFETY, planted

SEEDS = 500
SAFE = {"two-active", "two-rights", "epoch-fell", "proven-reign-begins"}


def caught(name: str, seeds: range) -> int | None:
    with planted(SAFETY[name]):
        for seed in seeds:
            if any(one.invariant in SAFE for one in play(seed, BRIEF).violations):
                return seed
    return None


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_known_seed_catches_it_and_only_it(name: str):
    seed = KNOWN[name]
    assert seed < SEEDS
    assert play(seed, BRIEF).violations == ()
    assert caught(name, range(seed, seed + 1)) == seed, "search again: pytest -m mutations"


def test_every_bug_has_its_seed():
    assert set(KNOWN) == set(SAFETY)


@pytest.mark.mutations
@pytest.mark.parametrize("name", sorted(SAFETY))
def test_caught_within_500_seeds(name: str, request: pytest.FixtureRequest):
    if "mutations" not in str(request.config.getoption("-m")):
        pytest.skip("minutes: pytest -m mutations")
    seed = caught(name, range(SEEDS))
    print(f"{name}: seed {seed}")
    assert seed is not None
