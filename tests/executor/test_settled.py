"""A step whose end is not known is over before anything else is asked of its server."""

import pytest

from orchestrator.executor.settled import SettledTransport
from orchestrator.store.journal import RunState
from orchestrator.transport import Failed, FailureKind, Request, Unreachable, UnreachableKind
from tests.executor.runs import ControllerDied, Stage
from tests.executor.test_runs import SWITCHOVER, all_on, where
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.servers import InMemoryServers

LOST = Unreachable(kind=UnreachableKind.HELPER, message="it ended", sent=True)
OVERDUE = Failed(kind=FailureKind.TIMED_OUT, message="it may still act")
HANGS = Failed(kind=FailureKind.BUSY, message="waited for a step in progress")


class Unsettled:
    """A hook: the start of `site` on linux2 ends with `how`; then raising there ends with `then`.

    `asked` is what that server was asked from then on.
    """

    def __init__(self, how, then=None):
        self.how = how
        self.then = then
        self.asked = []

    def __call__(self, server, request):
        is_start = (request.op, request.args.get("name")) == ("resource.start", "site")
        if server == LINUX2 and not self.asked and is_start:
            self.asked.append(request.op)
            return self.how
        if server == LINUX2 and self.asked:
            self.asked.append(request.op)
            return self.then if request.op == "epoch.raise" else None
        return None


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)


@pytest.mark.parametrize("how", [LOST, OVERDUE], ids=["lost", "overdue"])
async def test_what_may_still_go_on_is_waited_for_before_the_service_goes_back(stage, how):
    stage.servers.hook = unsettled = Unsettled(how)

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert unsettled.asked[:2] == ["resource.start", "epoch.raise"]
    assert unsettled.asked.count("epoch.raise") == 1
    assert where(stage) == all_on(LINUX1)


async def test_while_it_goes_on_nothing_is_started_on_the_other_server(stage):
    stage.servers.hook = unsettled = Unsettled(LOST, HANGS)

    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.FAILED
    assert set(unsettled.asked[1:]) == {"epoch.raise"}
    assert "started database on linux1" not in stage.servers.log


async def test_where_an_earlier_process_may_have_left_a_step_it_is_waited_for_first(stage):
    charter = stage.charter(SWITCHOVER)
    asked = []
    stage.servers.hook = lambda server, request: asked.append((request.op, server))
    transport = SettledTransport(stage.servers, stage.group, charter, doubtful=[LINUX2])

    await transport.call(LINUX1, Request(op="poll", deadline_s=1.0))
    await transport.call(LINUX2, Request(op="poll", deadline_s=1.0))
    await transport.call(LINUX2, Request(op="poll", deadline_s=1.0))

    raised = ("epoch.raise", LINUX2)
    assert asked == [("poll", LINUX1), raised, ("poll", LINUX2), ("poll", LINUX2)]


async def test_a_resumed_run_waits_on_a_server_that_was_silent_for_what_goes_on_there(stage):
    """The dead controller's helper there may still be starting something, under this very reign."""
    with pytest.raises(ControllerDied):
        await stage.play(SWITCHOVER, cut_after=8)
    is_back = []

    def silent_at_first(server, request):
        if server != LINUX2:
            return None
        is_back.append(request.op)
        return LOST if len(is_back) == 1 else None

    stage.servers.hook = silent_at_first
    result = await stage.play(SWITCHOVER)

    assert is_back[:2] == ["epoch.raise", "epoch.raise"]
    assert result.state is RunState.DONE
