"""What is on disk when a request leaves, read by another connection, as after a crash."""

import contextlib
import sqlite3

import pytest

from orchestrator.executor.progress import StepEnded
from orchestrator.store.database import Database
from orchestrator.store.journal import RunState
from orchestrator.store.state_file import StoreUnusable
from tests.executor.runs import RUN, Stage
from tests.executor.test_runs import START, STOP, SWITCHOVER
from tests.support.builders import LINUX1, a_group, a_resource
from tests.support.servers import InMemoryServers


@pytest.fixture
def stage(tmp_path):
    group = a_group()
    return Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)


def on_disk(stage):
    """Step -> status, None while it is not known to have ended."""
    with contextlib.closing(sqlite3.connect(stage.directory / "hasys.db")) as connection:
        return dict(connection.execute("SELECT id, status FROM step WHERE run = ?", (RUN,)))


async def test_no_request_leaves_before_the_ends_of_all_steps_seen_so_far_are_on_disk(stage):
    changes = []

    def hook(server, request):
        if request.reign is not None:
            seen = {one.step: one.outcome.status.value for one in ended(stage)}
            changes.append((on_disk(stage), seen))

    stage.servers.hook = hook

    await stage.play(SWITCHOVER)

    assert len(changes) == 6
    for disk, seen in changes:
        assert {step: disk.get(step) for step in seen} == seen


async def test_a_step_is_on_disk_before_its_request_leaves(stage):
    missing = []

    def hook(server, request):
        if request.reign is not None:
            steps = on_disk(stage)
            name = request.args["name"]
            missing.extend([] if any(f"/{name}@{server}" in one for one in steps) else [name])

    stage.servers.hook = hook

    await stage.play(SWITCHOVER)

    assert missing == []


async def test_when_the_run_is_done_all_ends_are_on_disk(stage):
    result = await stage.play(SWITCHOVER)

    assert result.state is RunState.DONE
    assert None not in on_disk(stage).values()


async def test_an_end_that_cannot_be_written_stops_every_branch_before_its_next_request(
    tmp_path, monkeypatch
):
    names = ("one", "two", "three", "four")
    group = a_group(*(a_resource(name) for name in names))
    stage = Stage(group=group, servers=InMemoryServers(group, active=LINUX1), directory=tmp_path)
    commit = Database._commit

    def full(database, batch):
        if any("UPDATE step" in text for statements, _ in batch for text, _ in statements):
            raise sqlite3.OperationalError("database or disk is full")
        commit(database, batch)

    monkeypatch.setattr(Database, "_commit", full)

    with pytest.raises(StoreUnusable, match="disk is full"):
        await stage.play(STOP + START)

    assert sorted(stage.servers.log) == sorted(f"stopped {name} on linux1" for name in names)


def ended(stage):
    return [one for one in stage.progress if isinstance(one, StepEnded)]
