"""A run is taken back by a run of its own, as far as its journal says how."""

import datetime

import pytest

from orchestrator.model import GroupName, NoUndo, Outcome, RunId, Status, StepId, Undo, Utc
from orchestrator.playbooks.parse import parse
from orchestrator.runtime.rollback import FILE, playbook_of, taken_back
from orchestrator.store.database import Database
from orchestrator.store.journal import Journal, RunRecord, RunState, StepRecord
from tests.executor.runs import RUN, SWITCHOVER, ControllerDied, Stage, all_on, where
from tests.support.builders import LINUX1, LINUX2, a_group
from tests.support.servers import InMemoryServers

NOON = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
BACK = RunId("r-2")


def a_record(state=RunState.DONE):
    return RunRecord(
        id=RUN,
        group=GroupName("web"),
        playbook="test",
        state=state,
        started_at=Utc(NOON),
        ended_at=None,
        charter={},
        message="",
    )


def a_step(name, outcome, second=0):
    at = Utc(NOON + datetime.timedelta(seconds=second))
    return StepRecord(
        id=StepId(name),
        title=name,
        server=LINUX1,
        intended_at=at,
        finished_at=None if outcome is None else at,
        outcome=outcome,
    )


async def steps_of(stage, run=RUN):
    database = await Database.open(stage.directory / "hasys.db")
    try:
        return await Journal(database).steps(run)
    finally:
        await database.close()


async def roll_back(stage, **options):
    written = playbook_of(a_record(), taken_back(await steps_of(stage)))
    return await stage.play(
        written.text, run=BACK, epoch=5, variables=dict(written.variables), **options
    )


async def test_a_switchover_is_taken_back_in_reverse_order(stage):
    await stage.play(SWITCHOVER)
    moved = list(stage.servers.log)
    stage.servers.log.clear()

    result = await roll_back(stage)

    assert result.state is RunState.DONE
    assert where(stage) == all_on(LINUX1)
    back = {"stopped": "started", "started": "stopped"}
    inverse = [f"{back[line.split()[0]]} {line.split(maxsplit=1)[1]}" for line in reversed(moved)]
    assert stage.servers.log == inverse


async def test_cut_after_every_record_and_resumed_a_rollback_ends_the_same(tmp_path):
    async def a_moved_stage(name):
        (tmp_path / name).mkdir()
        group = a_group()
        servers = InMemoryServers(group, active=LINUX1)
        made = Stage(group=group, servers=servers, directory=tmp_path / name)
        await made.play(SWITCHOVER)
        made.servers.log.clear()
        return made

    whole = await a_moved_stage("whole")
    await roll_back(whole)

    for cut in range(1, whole.records):
        stage = await a_moved_stage(str(cut))
        with pytest.raises(ControllerDied):
            await roll_back(stage, cut_after=cut)
        result = await roll_back(stage)

        assert result.state is RunState.DONE, f"cut {cut}"
        assert where(stage) == all_on(LINUX1), f"cut {cut}"
        assert sorted(stage.servers.log) == sorted(whole.servers.log), f"cut {cut}"


async def test_a_rollback_starts_nothing_beside_what_still_runs(stage):
    """Its steps are no exception: the peer is looked at before each start."""
    await stage.play(SWITCHOVER)
    written = playbook_of(a_record(), taken_back(await steps_of(stage)))
    only_the_start = "- name: Take back on linux1" + written.text.split("Take back on linux1")[1]
    only_the_start = only_the_start.replace('linux1"', "linux1", 1)

    result = await stage.play(only_the_start, run=BACK, epoch=5)

    assert result.failures[LINUX1].result == {"refused": "runs-on-peer"}
    assert where(stage) == all_on(LINUX2)


def test_what_cannot_be_taken_back_is_said_with_the_reason():
    nothing_known = NoUndo(reason="none; what a program did only its author knows")
    steps = [
        a_step("looked", Outcome(status=Status.OK)),
        a_step("ran", Outcome(status=Status.CHANGED, undo=nothing_known), 1),
        a_step("left out", Outcome(status=Status.SKIPPED), 2),
        a_step("broke", Outcome(status=Status.FAILED, result={"changed": True}), 3),
        a_step("lost", Outcome(status=Status.UNREACHABLE, result={"sent": True}), 4),
        a_step("not asked", Outcome(status=Status.UNREACHABLE, result={"sent": False}), 5),
        a_step("cut", None, 6),
    ]

    found = {back.step.title: back.how for back in taken_back(steps)}

    assert list(found) == ["cut", "lost", "broke", "ran"]
    assert found["ran"] == nothing_known
    assert "was under way when the run was cut" in found["cut"].reason
    assert "no answer" in found["lost"].reason
    assert "failed" in found["broke"].reason


def test_values_are_written_as_they_were_never_as_templates():
    """What a file held may look like a template; it is put back letter by letter."""
    before = "{{ not a template }}\n" + "x" * 100
    undo = Undo(module="shell", args={"cmd": before, "chdir": "/srv"}, server=LINUX2)
    step = a_step("write {{ it }}", Outcome(status=Status.CHANGED, undo=undo))

    written = playbook_of(a_record(), taken_back([step]))
    (play,) = parse(written.text, FILE).plays

    assert play.hosts == LINUX2
    assert play.tasks[0].args == {"cmd": "{{ undo_values[0] }}", "chdir": "/srv"}
    assert written.variables["undo_values"] == [before]
    assert play.tasks[0].name == "Take back: write (( it ))"


async def test_a_value_that_looks_like_a_template_reaches_the_server_as_it_is(stage):
    undo = Undo(module="shell", args={"cmd": "echo '{{ x }}'"}, server=LINUX1)
    step = a_step("write", Outcome(status=Status.CHANGED, undo=undo))
    written = playbook_of(a_record(), taken_back([step]))

    result = await stage.play(written.text, variables=dict(written.variables))

    assert result.failures == {}
    assert stage.servers.log == ["ran echo '{{ x }}' on linux1"]
