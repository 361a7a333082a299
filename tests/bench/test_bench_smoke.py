"""The contenders of the failover benchmark do the same twelve steps; nothing is timed here."""

import time

import pytest

from tests.bench.contenders import floor, hasys, ssh
from tests.bench.link import ONE_WAY_S, far
from tests.bench.pair import running_pair
from tests.bench.steps import DONE


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    with running_pair(tmp_path_factory.mktemp("bench")) as pair:
        yield pair


@pytest.mark.parametrize("contender", [floor, hasys, ssh])
async def test_each_contender_takes_the_service_from_a_to_b_in_twelve_steps(pair, contender):
    async with contender(pair) as ready:
        ready.failover.prepare()
        await ready.run()

        assert ready.failover.state() == DONE


async def test_over_the_slow_link_a_contender_does_the_same_and_takes_its_time(pair):
    """Twelve steps that wait for one another: at least so many round trips."""
    with far(pair) as distant:
        async with floor(distant) as ready:
            ready.failover.prepare()
            began = time.monotonic()
            await ready.run()
            took_s = time.monotonic() - began

            assert ready.failover.state() == DONE
            assert took_s > 12 * 2 * ONE_WAY_S
