"""A controller in its smallest form over a lab of the test's own."""

from collections.abc import AsyncIterator

import pytest

from tests.guarding.conductor import Conductor


@pytest.fixture
async def conductor(fresh_namespaces_lab) -> AsyncIterator[Conductor]:
    one = Conductor(fresh_namespaces_lab)
    yield one
    await one.close()
