"""The stage of most tests of runs: the service runs on linux1."""

import pytest

from tests.executor.runs import Stage
from tests.support.builders import LINUX1, a_group
from tests.support.servers import InMemoryServers


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)
