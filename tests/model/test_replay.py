"""The model speaks of this program: random traces of it, played in the program's own code.

A difference that is planted on either side is noticed.
"""

import functools
import re
from collections.abc import Iterator

import pytest

from tests.model.replay import ACTS, Replay
from tests.model.trace import Step, trace
from tests.simulation.mutations import SAFETY, planted

pytestmark = [pytest.mark.model, pytest.mark.usefixtures("spin")]

LEASE = 3
VARIANTS = {
    "rules": "-DNOSOLO -DEM=3 -DSREB=0 -DCREB=0",
    "restarts": "-DNOSOLO -DEM=3 -DSREB=1 -DCREB=1",
    "solo": "-DEM=3 -DSREB=0 -DCREB=0",
    "solo-and-restarts": "-DEM=3 -DSREB=1 -DCREB=1",
    "orders-called-off": "-DNOSOLO -DEM=3 -DSREB=0 -DCREB=0 -DSTALLS",
}
TRACES = 20
MANY = 1000


@functools.cache
def steps_of(flags: str, seed: int) -> list[Step]:
    return trace(f"{flags} -DT={LEASE}", seed)


def disagreements(flags: str, seeds: range) -> Iterator[str]:
    """Of each trace that has one: its seed, after how many steps, and what it is."""
    for seed in seeds:
        played, why = Replay(LEASE).play(steps_of(flags, seed))
        if why:
            yield f"spin -n{seed}, step {played}: {why}"


def is_noticed(flags: str) -> bool:
    return any(disagreements(flags, range(TRACES)))


@pytest.mark.parametrize("flags", VARIANTS.values(), ids=VARIANTS)
def test_the_program_does_what_the_model_does(flags: str):
    assert list(disagreements(flags, range(TRACES))) == []


@pytest.mark.model_big
@pytest.mark.parametrize("flags", VARIANTS.values(), ids=VARIANTS)
def test_the_program_does_what_the_model_does_in_many_traces(
    flags: str, request: pytest.FixtureRequest
):
    if "model_big" not in str(request.config.getoption("-m")):
        pytest.skip("minutes: make model-big")
    assert list(disagreements(flags, range(MANY))) == []


def test_the_traces_have_every_transition():
    said = [
        step.what
        for flags in VARIANTS.values()
        for seed in range(TRACES)
        for step in steps_of(flags, seed)
    ]
    never = [one for one in ACTS if not any(re.fullmatch(one, what) for what in said)]
    assert never == []


@pytest.mark.parametrize(
    "flags",
    [
        "-DNOSOLO -DM_LATE",
        "-DNOSOLO -DM_GFRESH",
        "-DNOSOLO -DM_CFRESH",
        "-DNOSOLO -DM_NOWAIT_B",
        "-DNOSOLO -DM_NOWD",
        "-DNOSOLO -DM_NOBURN",
        "-DNOSOLO -DM_CFMNOEPOCH",
        "-DNOSOLO -DM_RESUME",
        "-DNOSOLO -DV_LAUNDER",
        "-DNOSOLO -DV_PROMOGRANT",
        "-DNOSOLO -DV_SLOWDEM",
        "-DM_SOLOIGN",
        "-DM_SOLOVOL",
        "-DV_SOLONONUM",
    ],
)
def test_what_is_changed_in_the_model_alone_is_noticed(flags: str):
    assert is_noticed(f"-DEM=3 -DSREB=1 -DCREB=1 {flags}")


@pytest.mark.parametrize(
    "name",
    [
        "1-late-grant",
        "2-controller-does-not-wait",
        "3-peer-does-not-wait",
        "5-guard-forgets",
        "6-controller-forgets",
        "10-order-is-first-grant",
        "10b-dead-reign-resumes",
        "12-second-guard",
        "16-late-demotion",
        "17-solo-volatile",
        "17-solo-ends-unacknowledged",
        "17-solo-ignored",
        "25-same-epoch-again",
    ],
)
def test_what_is_changed_in_the_program_alone_is_noticed(name: str):
    with planted(SAFETY[name]):
        assert any(map(is_noticed, VARIANTS.values()))
