"""Every planted bug is caught: by a violated invariant, within so many seeds.

The seed that caught it last is tried first, so that this is quick until the faults change; then it
is searched for, and `make mutations` writes down what was found.
"""

from collections.abc import Iterable

import pytest

from orchestrator.simulation import liveness, runs
from orchestrator.simulation.run import play
from orchestrator.simulation.schedule import BRIEF
from tests.simulation.known_seeds import SEEDS, known, likely_first, remember
from tests.simulation.mutations import EXECUTOR, LIVENESS, SAFETY, planted

NOT_SAFE = {
    "two-active",
    "two-rights",
    "epoch-fell",
    "proven-reign-begins",
    "write-lost",
    "mass-movement",
}


def caught(name: str, seeds: Iterable[int]) -> int | None:
    with planted(SAFETY[name]):
        for seed in seeds:
            if any(one.invariant in NOT_SAFE for one in play(seed, BRIEF).violations):
                return seed
    return None


@pytest.mark.parametrize("name", sorted(SAFETY))
def test_a_seed_catches_it_that_is_clean_without_it(name: str, *, rewrite: bool):
    seed = caught(name, likely_first(name))
    assert seed is not None
    assert play(seed, BRIEF).violations == ()
    if rewrite:
        remember(name, seed)


def test_every_bug_has_its_seed_and_every_seed_its_bug():
    assert set(known()) == set(SAFETY)


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
