"""Plans that were shown, by their digests: what each step was foretold to do.

A run that is ordered with a digest is compared with what stands here, so that a refusal can say
what has changed since.
"""

import json
from collections.abc import Mapping

from orchestrator.model import GroupName, Utc
from orchestrator.store.database import Database

KEPT = 100
"""Of each group; older ones are forgotten."""


class PlanStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, digest: str, group: GroupName, steps: Mapping[str, str], at: Utc) -> None:
        await self._database.write(
            (
                "INSERT OR REPLACE INTO plan (digest, group_name, at, steps) VALUES (?, ?, ?, ?)",
                (digest, group, at.isoformat(), json.dumps(dict(steps))),
            ),
            (
                "DELETE FROM plan WHERE group_name = ? AND digest NOT IN"
                " (SELECT digest FROM plan WHERE group_name = ? ORDER BY at DESC LIMIT ?)",
                (group, group, KEPT),
            ),
        )

    async def find(self, beginning: str, group: GroupName) -> Mapping[str, str] | None:
        """The newest whose digest begins so."""
        rows = await self._database.read(
            "SELECT steps FROM plan WHERE group_name = ? AND substr(digest, 1, ?) = ?"
            " ORDER BY at DESC LIMIT 1",
            (group, len(beginning), beginning),
        )
        return dict(json.loads(rows[0]["steps"])) if rows else None
