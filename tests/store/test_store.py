"""What is written is there after a crash; what cannot be kept is said before anything is done."""

import asyncio
import datetime
import multiprocessing
import os
import sqlite3
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from orchestrator.errors import Busy
from orchestrator.model import (
    Event,
    GroupName,
    Outcome,
    RunId,
    ServerName,
    Severity,
    Status,
    StepId,
    Utc,
)
from orchestrator.store.database import Database
from orchestrator.store.events import EventStore
from orchestrator.store.identity import Identity
from orchestrator.store.journal import Journal, RunState
from orchestrator.store.lock import group_lock
from orchestrator.store.state_file import StoreUnusable

AT = Utc(datetime.datetime(2026, 11, 24, 3, 15, tzinfo=datetime.UTC))
NOBODY = 65534
WEB, RUN = GroupName("web"), RunId("r-1")


@pytest.fixture
async def database(tmp_path):
    opened = await Database.open(tmp_path / "hasys.db")
    yield opened
    await opened.close()


async def test_a_run_and_its_steps_survive_the_process(tmp_path):
    first = await Database.open(tmp_path / "hasys.db")
    journal = Journal(first)
    await journal.begin(RUN, WEB, "switchover", {"source": "linux1"}, AT)
    step, cut = StepId("1.1/address@linux1"), StepId("2.1/address@linux2")
    await journal.intend(RUN, step, "stop address", ServerName("linux1"), AT)
    outcome = Outcome(status=Status.CHANGED, message="gone", result={"changed": True}, took_s=0.1)
    await journal.finish(RUN, step, outcome, AT)
    await journal.intend(RUN, cut, "start address", ServerName("linux2"), AT)
    await first.close()

    second = await Database.open(tmp_path / "hasys.db")
    record = await Journal(second).unfinished(WEB)
    steps = await Journal(second).steps(RUN)
    await second.close()

    assert record is not None
    assert record.charter == {"source": "linux1"}
    assert [(one.id, one.outcome) for one in steps] == [(step, outcome), (cut, None)]


async def test_a_run_that_ended_is_not_unfinished(database):
    journal = Journal(database)
    await journal.begin(RUN, WEB, "start", {}, AT)

    await journal.mark(RUN, RunState.DONE, AT)

    assert await journal.unfinished(WEB) is None


async def test_writes_that_wait_together_are_all_on_disk(database, tmp_path):
    journal = Journal(database)
    await journal.begin(RUN, WEB, "start", {}, AT)

    await asyncio.gather(
        *(journal.intend(RUN, StepId(str(n)), "step", None, AT) for n in range(50))
    )

    with sqlite3.connect(tmp_path / "hasys.db") as other:
        assert other.execute("SELECT count(*) FROM step").fetchone() == (50,)
    other.close()


async def test_one_bad_write_is_told_to_those_it_concerns(database):
    with pytest.raises(StoreUnusable, match="FOREIGN KEY"):
        await Journal(database).intend(RunId("none"), StepId("1"), "step", None, AT)

    await Journal(database).begin(RUN, WEB, "start", {}, AT)


async def test_what_cannot_be_written_as_text_keeps_nobody_waiting(database):
    half_of_a_letter = "\udcb1"
    with pytest.raises(UnicodeEncodeError):
        async with asyncio.timeout(5):
            await database.write(("INSERT INTO controller VALUES (1, ?)", (half_of_a_letter,)))


async def test_an_epoch_is_never_drawn_twice(database):
    identity = Identity(database)

    drawn = [await identity.draw_epoch(WEB, above=known) for known in (0, 0, 7, 2)]

    assert drawn == [1, 2, 8, 9]


async def test_a_controller_keeps_its_first_name(database):
    identity = Identity(database)

    assert await identity.controller("c-first") == "c-first"
    assert await identity.controller("c-second") == "c-first"


async def test_events_are_read_by_number(database):
    events = EventStore(database)
    for text in ("one", "two", "three"):
        await events.append(Event(at=AT, group=WEB, kind="test", severity=Severity.INFO, text=text))

    last = await events.last(2, group=WEB)
    after = await events.after(last[0][0])

    assert [event.text for _, event in last] == ["two", "three"]
    assert [event.text for _, event in after] == ["three"]


async def test_a_file_from_a_newer_version_is_refused(tmp_path):
    with sqlite3.connect(tmp_path / "hasys.db") as newer:
        newer.execute("PRAGMA user_version = 99")
    newer.close()

    with pytest.raises(StoreUnusable, match="version 99"):
        await Database.open(tmp_path / "hasys.db")


@pytest.mark.parametrize("kept", [0.0, 0.01, 0.5, 0.9])
async def test_a_file_that_was_cut_short_is_refused(tmp_path, kept):
    path = tmp_path / "hasys.db"
    await (await Database.open(path)).close()
    os.truncate(path, int(path.stat().st_size * kept))

    with pytest.raises(StoreUnusable, match="cut short") as refused:
        await Database.open(path)

    assert "backup" in refused.value.hint


def opened_as_soon_as(path: Path, go: Barrier, told: Connection) -> None:
    async def open_it() -> None:
        go.wait()
        await (await Database.open(path)).close()

    try:
        asyncio.run(open_it())
    except StoreUnusable as refused:
        told.send(refused.message)
    else:
        told.send("opened")


def test_a_daemon_and_commands_that_start_first_at_the_same_moment_share_one_file(tmp_path):
    """Each once saw the other's file of no bytes, and called it cut short."""
    many = 6
    processes = multiprocessing.get_context("fork")
    for attempt in range(5):
        go = processes.Barrier(many)
        hears, tells = multiprocessing.Pipe(duplex=False)
        path = tmp_path / str(attempt) / "hasys.db"
        others = [
            processes.Process(target=opened_as_soon_as, args=(path, go, tells)) for _ in range(many)
        ]
        for other in others:
            other.start()
        assert [hears.recv() for _ in others] == ["opened"] * many
        for other in others:
            other.join()


async def test_pages_that_still_stand_in_the_log_are_not_missing(tmp_path):
    """Power was lost, or another process looked, while pages moved from the log into the file."""
    path = tmp_path / "hasys.db"
    database = await Database.open(path)
    await database.write(("CREATE TABLE filler (bytes BLOB)", ()))
    await database.write(("INSERT INTO filler VALUES (zeroblob(100000))", ()))
    with path.open("r+b") as file:  # as a move that got as far as the first page leaves it
        file.seek(28)
        file.write((1000).to_bytes(4, "big"))
    other = await Database.open(path)
    assert await other.read("SELECT length(bytes) FROM filler")
    await other.close()
    await database.close()


async def test_a_file_that_was_never_finished_is_made_again(tmp_path):
    path = tmp_path / "hasys.db"
    path.with_name("hasys.db.new").write_bytes(b"half")
    await (await Database.open(path)).close()
    assert [one.name for one in tmp_path.iterdir()] == ["hasys.db"]


def refusal_of(path: Path, told: Connection) -> None:
    """In a process of its own: root may write everything, so it goes on as nobody.

    By a path from where it stands, as the directories above are for their owner alone.
    """
    os.chdir(path.parent)
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    try:
        asyncio.run(Database.open(Path(path.name)))
    except StoreUnusable as refused:
        told.send(refused.message)


async def test_a_file_that_may_not_be_written_is_refused(tmp_path):
    path = tmp_path / "hasys.db"
    await (await Database.open(path)).close()
    path.chmod(0o444)
    tmp_path.chmod(0o755)

    hears, tells = multiprocessing.Pipe(duplex=False)
    other = multiprocessing.get_context("fork").Process(target=refusal_of, args=(path, tells))
    other.start()
    await asyncio.to_thread(other.join)

    assert hears.poll()
    assert "may not be written" in hears.recv()


async def test_a_damaged_file_is_refused(tmp_path):
    (tmp_path / "hasys.db").write_bytes(b"not a database at all" * 100)

    with pytest.raises(StoreUnusable, match="not a database"):
        await Database.open(tmp_path / "hasys.db")


async def test_a_state_directory_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").touch()

    with pytest.raises(StoreUnusable, match="file"):
        await Database.open(tmp_path / "file" / "hasys.db")


def test_a_group_is_held_by_one_and_the_other_is_told_by_whom(tmp_path):
    with (
        group_lock(tmp_path, WEB, "switchover by kim"),
        pytest.raises(Busy, match=f"process {os.getpid()}: switchover by kim"),
        group_lock(tmp_path, WEB, "start by lee"),
    ):
        pytest.fail("two hold the group")

    with group_lock(tmp_path, WEB, "start by lee"):
        pass


async def test_what_it_keeps_is_for_nobody_else_to_read(database, tmp_path):
    await database.write(("INSERT INTO controller VALUES (1, 'c-1')", ()))

    assert {file.stat().st_mode & 0o077 for file in tmp_path.glob("hasys.db*")} == {0}


def test_a_lock_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "locks").write_text("not a folder")

    with pytest.raises(StoreUnusable, match="locks"), group_lock(tmp_path, WEB, "start"):
        pass
