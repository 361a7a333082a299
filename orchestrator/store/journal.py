"""The journal of runs: each step is on disk before it is asked for and again when it has ended.

What stands here after a crash: steps that ended (with their outcome: they are not done again),
and steps that were intended and never ended (they may have happened: they are examined first).
"""

import asyncio
import dataclasses
import datetime
import enum
import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from orchestrator.model import (
    GroupName,
    NoUndo,
    Outcome,
    RunId,
    ServerName,
    Status,
    StepId,
    Undo,
    Utc,
)
from orchestrator.store.database import Database


class RunState(enum.Enum):
    RUNNING = "running"
    """Also what a killed controller leaves behind: then nobody holds the group's lock."""
    INTERRUPTED = "interrupted"
    DONE = "done"
    FAILED = "failed"
    ABANDONED = "abandoned"
    """A person decided not to go on with it."""

    @property
    def is_unfinished(self) -> bool:
        return self in (RunState.RUNNING, RunState.INTERRUPTED)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    id: RunId
    group: GroupName
    playbook: str
    state: RunState
    started_at: Utc
    ended_at: Utc | None
    charter: Mapping[str, Any]
    """What the run was given when it began: `executor.charter`."""
    message: str


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class StepRecord:
    id: StepId
    title: str
    server: ServerName | None
    intended_at: Utc
    finished_at: Utc | None
    outcome: Outcome | None
    """None: intended, and not known to have ended."""


class Journal:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self, run: RunId, group: GroupName, playbook: str, charter: Mapping[str, Any], at: Utc
    ) -> None:
        await self._database.write(
            (
                "INSERT INTO run (id, group_name, playbook, state, started_at, charter)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    run,
                    group,
                    playbook,
                    RunState.RUNNING.value,
                    at.isoformat(),
                    json.dumps(charter),
                ),
            )
        )

    async def amend(self, run: RunId, charter: Mapping[str, Any]) -> None:
        """The run goes on by another charter, and so does whoever resumes it after this."""
        await self._database.write(
            ("UPDATE run SET charter = ? WHERE id = ?", (json.dumps(charter), run))
        )

    async def mark(self, run: RunId, state: RunState, at: Utc, message: str = "") -> None:
        ended = None if state.is_unfinished else at.isoformat()
        await self._database.write(
            (
                "UPDATE run SET state = ?, ended_at = ?, message = ? WHERE id = ?",
                (state.value, ended, message, run),
            )
        )

    async def intend(
        self, run: RunId, step: StepId, title: str, server: ServerName | None, at: Utc
    ) -> None:
        """Called again for the same step after a resumption: the first intention stays."""
        await self._database.write(
            (
                "INSERT OR IGNORE INTO step (run, id, title, server, intended_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (run, step, title, server, at.isoformat()),
            )
        )

    def finish(self, run: RunId, step: StepId, outcome: Outcome, at: Utc) -> asyncio.Future[None]:
        """Queued at once: on disk no later than whatever is journaled after it."""
        document = {
            "message": outcome.message,
            "result": dict(outcome.result),
            "took_s": outcome.took_s,
            "undo": None if outcome.undo is None else dataclasses.asdict(outcome.undo),
        }
        return self._database.queue(
            (
                "UPDATE step SET finished_at = ?, status = ?, outcome = ? WHERE run = ? AND id = ?",
                (at.isoformat(), outcome.status.value, json.dumps(document), run, step),
            )
        )

    def flush(self) -> None:
        """Ends that are queued are written now; nothing will join them."""
        self._database.flush()

    async def run(self, run: RunId) -> RunRecord | None:
        rows = await self._database.read("SELECT * FROM run WHERE id = ?", (run,))
        return _run(rows[0]) if rows else None

    async def runs(self, *, group: GroupName | None = None, limit: int = 50) -> list[RunRecord]:
        """Newest first."""
        rows = await self._database.read(
            "SELECT * FROM run WHERE (? IS NULL OR group_name = ?)"
            " ORDER BY started_at DESC, id DESC LIMIT ?",
            (group, group, limit),
        )
        return [_run(row) for row in rows]

    async def unfinished(self, group: GroupName) -> RunRecord | None:
        """The run of this group that has not come to an end, if there is one."""
        rows = await self._database.read(
            "SELECT * FROM run WHERE group_name = ? AND state IN (?, ?)"
            " ORDER BY started_at DESC LIMIT 1",
            (group, RunState.RUNNING.value, RunState.INTERRUPTED.value),
        )
        return _run(rows[0]) if rows else None

    async def steps(self, run: RunId) -> list[StepRecord]:
        """In the order in which they were first intended."""
        rows = await self._database.read("SELECT * FROM step WHERE run = ? ORDER BY rowid", (run,))
        return [_step(row) for row in rows]


def _moment(text: str | None) -> Utc | None:
    return None if text is None else Utc(datetime.datetime.fromisoformat(text))


def _run(row: sqlite3.Row) -> RunRecord:
    return RunRecord(
        id=RunId(row["id"]),
        group=GroupName(row["group_name"]),
        playbook=row["playbook"],
        state=RunState(row["state"]),
        started_at=Utc(datetime.datetime.fromisoformat(row["started_at"])),
        ended_at=_moment(row["ended_at"]),
        charter=json.loads(row["charter"]),
        message=row["message"],
    )


def _step(row: sqlite3.Row) -> StepRecord:
    outcome = None
    if row["outcome"] is not None:
        document = json.loads(row["outcome"])
        outcome = Outcome(
            status=Status(row["status"]),
            message=document["message"],
            result=document["result"],
            took_s=document["took_s"],
            undo=_undo(document.get("undo")),
        )
    return StepRecord(
        id=StepId(row["id"]),
        title=row["title"],
        server=None if row["server"] is None else ServerName(row["server"]),
        intended_at=Utc(datetime.datetime.fromisoformat(row["intended_at"])),
        finished_at=_moment(row["finished_at"]),
        outcome=outcome,
    )


def _undo(document: Mapping[str, Any] | None) -> Undo | NoUndo | None:
    if document is None:
        return None
    return NoUndo(**document) if "reason" in document else Undo(**document)
