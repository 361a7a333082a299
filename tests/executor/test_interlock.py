"""Without guards the peer is looked at before a start: less than all of the evidence is none."""

import pytest

from orchestrator.model import Epoch
from orchestrator.transport import Done
from tests.executor.runs import Stage
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.servers import InMemoryServers

ON_TARGET = "- hosts: target\n  tasks:\n    - flow: {state: started}\n"


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group), directory=tmp_path)


def polled(stage, change):
    """linux1 answers the look with a changed answer; what it holds stays stopped."""

    def hook(server, request):
        if (server, request.op) != (LINUX1, "poll"):
            return None
        servers = stage.servers
        told = servers._poll(server, servers.servers[server], request)
        record = None if told.data["epoch"] is None else dict(told.data["epoch"])
        data = {**told.data, "epoch": record}
        change(data)
        return Done(data=data, took_s=0)

    stage.servers.hook = hook


@pytest.mark.parametrize(
    ("change", "refused", "words"),
    [
        (
            lambda data: data.update(epoch=None),
            "stale-epoch",
            "linux1 does not know this run's epoch 4",
        ),
        (
            lambda data: data["epoch"].update(promised=Epoch(5), controller="c-2"),
            "stale-epoch",
            "linux1 has promised epoch 5 to controller c-2, this run has 4",
        ),
        (
            lambda data: data["epoch"].update(run="r-2"),
            "stale-epoch",
            "another controller acts on this group",
        ),
        (
            lambda data: data["resources"].update(site={"problem": "its check hangs"}),
            "state-unknown",
            "linux1: site: ",
        ),
        (
            lambda data: data["resources"].update(site={"state": "failed", "detail": "half up"}),
            "runs-on-peer",
            "linux1: site is failed: half up",
        ),
    ],
)
async def test_nothing_starts_on_less_than_all_of_it(stage, change, refused, words):
    polled(stage, change)

    result = await stage.play(ON_TARGET)

    assert result.failures[LINUX2].result == {"refused": refused}
    assert words in result.failures[LINUX2].message
    assert stage.servers.log == []
