"""When the copies of a resource were last seen in sync, and under which epoch; how they were last.

Silence later finds it here: how old a copy may be that nobody can ask its peer about.
"""

import dataclasses
import datetime
from collections.abc import Mapping

from orchestrator.model import Epoch, GroupName, ResourceName, Utc
from orchestrator.store.database import Database


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class CopyRecord:
    condition: str
    """As last seen: `in-sync`, `syncing`, `split-brain`, ..."""
    since: Utc
    in_sync_at: Utc | None
    """None: never seen so."""
    in_sync_epoch: Epoch | None


class CopyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, group: GroupName) -> Mapping[ResourceName, CopyRecord]:
        rows = await self._database.read("SELECT * FROM copies WHERE group_name = ?", (group,))
        return {
            ResourceName(row["resource"]): CopyRecord(
                condition=row["condition"],
                since=_utc(row["since"]),
                in_sync_at=None if row["in_sync_at"] is None else _utc(row["in_sync_at"]),
                in_sync_epoch=(
                    None if row["in_sync_epoch"] is None else Epoch(row["in_sync_epoch"])
                ),
            )
            for row in rows
        }

    async def keep(self, group: GroupName, resource: ResourceName, record: CopyRecord) -> None:
        await self._database.write(
            (
                "INSERT OR REPLACE INTO copies"
                " (group_name, resource, condition, since, in_sync_at, in_sync_epoch)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                (
                    group,
                    resource,
                    record.condition,
                    record.since.isoformat(),
                    None if record.in_sync_at is None else record.in_sync_at.isoformat(),
                    record.in_sync_epoch,
                ),
            )
        )


def _utc(text: str) -> Utc:
    return Utc(datetime.datetime.fromisoformat(text))
