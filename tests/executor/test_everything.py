"""A playbook with every keyword of the language: what it does, and that a cut changes nothing."""

from pathlib import Path

import pytest

from orchestrator.store.journal import RunState
from tests.executor.runs import ControllerDied, Stage
from tests.support.builders import LINUX1, a_group
from tests.support.servers import InMemoryServers

HERE = Path(__file__).parent
TEXT = (HERE / "everything.yaml").read_text()
FILES = {path.name: path.read_text() for path in HERE.glob("everything_*.yaml")}


def a_stage(directory):
    directory.mkdir(exist_ok=True)
    group = a_group()
    servers = InMemoryServers(group, active=LINUX1)
    return Stage(group=group, servers=servers, directory=directory, files=FILES)


async def test_every_keyword_does_what_it_says(tmp_path):
    stage = a_stage(tmp_path)

    result = await stage.play(TEXT)

    assert result.failures == {}
    log = [line.removeprefix("ran ") for line in stage.servers.log]
    assert sorted(line for line in log if line.startswith("each")) == [
        "each one 0 on linux1",
        "each one 0 on linux2",
        "each two 1 on linux1",
        "each two 1 on linux2",
    ]
    assert [line for line in log if line.startswith(("reload", "restart"))][:2] == [
        "restart a on linux1",
        "restart a on linux2",
    ]
    assert log.count("reload on linux1") == 1  # not at the end: end_play comes before
    assert log.count("once on linux1") == 1
    assert "once on linux2" not in log
    assert "elsewhere on linux2" in log
    assert "rescued Fail-here on linux2" in log
    assert "rescued Fail-here on linux1" not in log
    assert log[-1] == "included last on linux2 on linux2"


async def test_cut_after_every_record_and_resumed_it_ends_the_same(tmp_path):
    whole = a_stage(tmp_path / "whole")
    expected = await whole.play(TEXT)
    assert expected.state is RunState.DONE

    for cut in range(1, whole.records):
        stage = a_stage(tmp_path / str(cut))
        with pytest.raises(ControllerDied):
            await stage.play(TEXT, cut_after=cut)
        result = await stage.play(TEXT)

        # a command that was cut is not repeated blindly: then it ends as failed, and says so
        said = " ".join(one.message for one in result.failures.values())
        assert result.state is RunState.DONE or "not repeated blindly" in said, f"cut {cut}: {said}"
        assert len(stage.servers.log) == len(set(stage.servers.log)), f"cut {cut}"
        if not result.failures:
            assert set(stage.servers.log) <= set(whole.servers.log), f"cut {cut}"
