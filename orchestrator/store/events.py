"""Events: appended, never changed, read by number."""

import datetime
import sqlite3

from orchestrator.model import Event, GroupName, RunId, ServerName, Severity, Utc
from orchestrator.store.database import Database


class EventStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def append(self, event: Event) -> None:
        await self._database.write(
            (
                "INSERT INTO event (at, group_name, kind, severity, server, source, run, text)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    event.at.isoformat(),
                    event.group,
                    event.kind,
                    event.severity.value,
                    event.server,
                    event.source,
                    event.run,
                    event.text,
                ),
            )
        )

    async def after(
        self, number: int, *, group: GroupName | None = None, limit: int = 1000
    ) -> list[tuple[int, Event]]:
        """Events with a higher number, oldest first."""
        rows = await self._database.read(
            "SELECT * FROM event WHERE number > ? AND (? IS NULL OR group_name = ?)"
            " ORDER BY number LIMIT ?",
            (number, group, group, limit),
        )
        return [(row["number"], _event(row)) for row in rows]

    async def last(self, count: int, *, group: GroupName | None = None) -> list[tuple[int, Event]]:
        """The newest `count` events, oldest first."""
        rows = await self._database.read(
            "SELECT * FROM event WHERE (? IS NULL OR group_name = ?) ORDER BY number DESC LIMIT ?",
            (group, group, count),
        )
        return [(row["number"], _event(row)) for row in reversed(rows)]


def _event(row: sqlite3.Row) -> Event:
    return Event(
        at=Utc(datetime.datetime.fromisoformat(row["at"])),
        group=GroupName(row["group_name"]),
        kind=row["kind"],
        severity=Severity(row["severity"]),
        text=row["text"],
        server=None if row["server"] is None else ServerName(row["server"]),
        source=row["source"],
        run=None if row["run"] is None else RunId(row["run"]),
    )
