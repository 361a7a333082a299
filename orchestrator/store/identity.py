"""Who this controller is, and the highest epoch it ever drew for each group."""

from orchestrator.model import ControllerId, Epoch, GroupName
from orchestrator.store.database import Database


class Identity:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def controller(self, proposed: ControllerId) -> ControllerId:
        """The id this state directory has had from its first use; `proposed` becomes it if none."""
        await self._database.write(
            ("INSERT OR IGNORE INTO controller (one, id) VALUES (1, ?)", (proposed,))
        )
        rows = await self._database.read("SELECT id FROM controller")
        return ControllerId(rows[0]["id"])

    async def draw_epoch(self, group: GroupName, *, above: Epoch) -> Epoch:
        """A number above all that the servers know and all that this controller ever drew.

        On disk before it is returned: a number that was sent and forgotten could be drawn again
        for a different reign.
        """
        await self._database.write(
            ("INSERT OR IGNORE INTO epoch (group_name, epoch) VALUES (?, 0)", (group,)),
            (
                "UPDATE epoch SET epoch = MAX(epoch, ?) + 1 WHERE group_name = ?",
                (above, group),
            ),
        )
        rows = await self._database.read("SELECT epoch FROM epoch WHERE group_name = ?", (group,))
        return Epoch(rows[0]["epoch"])
