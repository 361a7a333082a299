"""The contenders of the failover benchmark do the same twelve steps; nothing is timed here."""

import pytest

from tests.bench.contenders import floor, hasys, ssh
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
