"""The daemon itself in bad weather: no two actives, and what can recover has, long after.

`pytest -m cuts` plays more seeds.
"""

import pytest

from orchestrator.simulation.weather import play

RESCUE_AFTER_A_LATE_STOP = 14
"""A stop was confirmed late; its end was taken for the answer to the start that put it back."""
SEEDS = (0, 3, 10, RESCUE_AFTER_A_LATE_STOP)


def must_be_well(seed, directory):
    directory.mkdir()
    outcome = play(seed, directory)
    assert outcome.violations == (), f"seed {seed}\n" + "\n".join(outcome.log)
    return outcome


@pytest.mark.parametrize("seed", SEEDS)
def test_it_is_well_in_the_end(seed, tmp_path):
    outcome = must_be_well(seed, tmp_path / "state")
    assert len(outcome.serves) == 1


def test_the_daemon_dies_on_the_way(tmp_path):
    assert sum(must_be_well(seed, tmp_path / str(seed)).kills for seed in SEEDS) >= len(SEEDS)


@pytest.mark.cuts
def test_many_seeds_are_well(tmp_path, request):
    if "cuts" not in str(request.config.getoption("-m")):
        pytest.skip("minutes: pytest -m cuts")
    for seed in range(200):
        must_be_well(seed, tmp_path / str(seed))
