"""What a group's controller must not forget: its vote and goals, and how its guards talk."""

import datetime
from typing import TypeVar

import cattrs
from cattrs.preconf.json import make_converter

from orchestrator.decision.restart import resumed
from orchestrator.model import GroupName, Monotonic, Utc
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import GroupState
from orchestrator.store.database import Database
from orchestrator.store.state_file import StoreUnusable

T = TypeVar("T")
_converter = make_converter()


class GroupStates:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, group: GroupName, state: GroupState, now: Monotonic, at: Utc) -> None:
        """On disk when it returns. Raises StoreUnusable."""
        await self._database.write(
            (
                "INSERT OR REPLACE INTO group_state (group_name, monotonic, at, document)"
                " VALUES (?, ?, ?, ?)",
                (group, now, at.isoformat(), _converter.dumps(state, unstructure_as=GroupState)),
            )
        )

    async def load(self, group: GroupName, now: Monotonic, at: Utc) -> GroupState | None:
        """On the clock of this process; None: never saved. Raises StoreUnusable.

        How long nobody looked is told by the wall clock. One that was set back meanwhile makes
        what happened before look younger, so waits get longer, never shorter.
        """
        rows = await self._database.read("SELECT * FROM group_state WHERE group_name = ?", (group,))
        if not rows:
            return None
        row = rows[0]
        saved_at = Utc(datetime.datetime.fromisoformat(row["at"]))
        passed = max((at - saved_at).total_seconds(), 0.0)
        state = self._read(row["document"], GroupState, group)
        return resumed(state, now - (row["monotonic"] + passed))

    async def save_pairing(self, group: GroupName, pairing: Pairing) -> None:
        await self._database.write(
            (
                "INSERT OR REPLACE INTO pairing (group_name, document) VALUES (?, ?)",
                (group, _converter.dumps(pairing, unstructure_as=Pairing)),
            )
        )

    async def pairing(self, group: GroupName) -> Pairing | None:
        rows = await self._database.read("SELECT * FROM pairing WHERE group_name = ?", (group,))
        return self._read(rows[0]["document"], Pairing, group) if rows else None

    async def forget(self, group: GroupName) -> None:
        """A group that was released: nothing of it binds anybody any more."""
        await self._database.write(
            ("DELETE FROM group_state WHERE group_name = ?", (group,)),
            ("DELETE FROM pairing WHERE group_name = ?", (group,)),
        )

    def _read(self, document: str, kind: type[T], group: GroupName) -> T:
        """What cannot be read is not taken for 'nothing': a lost vote must not look like none."""
        try:
            return _converter.loads(document, kind)
        except (cattrs.BaseValidationError, ValueError, TypeError, KeyError) as problem:
            raise StoreUnusable(
                f"the state of group {group} cannot be read: {problem}",
                hint="restore the state file; or, once the group was looked at by a person: "
                f"hasys release {group}",
            ) from problem
