"""Every planted bug is caught: by a violated invariant, within so many seeds.

`pytest -m mutations` searches all of them through 500 seeds; the quick run plays, for each, the
seed that is known to catch it.
"""

import pytest

from orchestrator.simulation import liveness, runs
from orchestrator.simulation.run import play
from orchestrator.simulation.schedule import BRIEF
from tests.simulation.known_seeds import KNOWN
from tests.simulation.mutations import EXECUTOR, LIVENESS, SAFETY, planted

SEEDS = 500
NOT_SAFE = {
    "two-active",
    "two-rights",
    "epoch-fell",
    "proven-reign-begins",
    "write-lost",
    "mass-movement",
}


def caught(name: str, seeds: range) -> int | None:
    with planted(SAFETY[name]):
        for seed in seeds:
            if any(one.invariant in NOT_SAFE for one in play(seed, BRIEF).violations):
                return seed
    return None


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_the_known_seed_catches_it_and_only_it(name: str):
    seed = KNOWN[name]
    assert seed < SEEDS
    assert play(seed, BRIEF).violations == ()
    assert caught(name, range(seed, seed + 1)) == seed, "search again: pytest -m mutations"


def test_every_seed_is_that_of_a_bug():
    assert set(KNOWN) <= set(SAFETY)


@pytest.mark.parametrize("name", sorted(EXECUTOR))
def test_a_bug_of_the_executor_is_caught_by_runs_that_are_cut(name: str):
    assert [runs.play(seed) for seed in range(50)] == [[]] * 50
    with planted(EXECUTOR[name]):
        found = [one.invariant for seed in range(SEEDS) for one in runs.play(seed)]

    assert found


@pytest.mark.parametrize("name", sorted(LIVENESS))
def test_what_never_comes_about_is_caught_by_the_check_of_liveness(name: str):
    assert liveness.play(0) == []
    with planted(LIVENESS[name]):
        found = liveness.play(0)

    assert {one.invariant for one in found} == {"not-in-time"}


@pytest.mark.mutations
@pytest.mark.parametrize("name", sorted(SAFETY))
def test_caught_within_500_seeds(name: str, request: pytest.FixtureRequest):
    if "mutations" not in str(request.config.getoption("-m")):
        pytest.skip("minutes: pytest -m mutations")
    seed = caught(name, range(SEEDS))
    print(f"{name}: seed {seed}")
    assert seed is not None
