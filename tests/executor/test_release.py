"""A group is not released while a run of it may still go on."""

from types import SimpleNamespace

from orchestrator.model import Reason, RunId
from orchestrator.runtime.release import release
from orchestrator.store.database import Database
from orchestrator.store.journal import Journal
from tests.support.builders import a_group
from tests.support.clock import JumpingClock


async def test_a_group_with_an_unfinished_run_is_not_released(tmp_path):
    group, database = a_group(), await Database.open(tmp_path / "hasys.db")
    journal = Journal(database)
    await journal.begin(RunId("r-1"), group.name, "switchover", {}, JumpingClock().utc())

    found = await release(SimpleNamespace(state_directory=tmp_path, journal=journal), group)
    await database.close()

    assert [one.reason for one in found] == [Reason.RUN_UNFINISHED]
