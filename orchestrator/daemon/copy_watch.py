"""How the copies of the data are, kept while the daemon looks after a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orchestrator.decision.freshness import replicated
from orchestrator.decision.roles import status_of
from orchestrator.runtime.copies import note_copies

if TYPE_CHECKING:
    from orchestrator.daemon.steward import Steward

EVERY_S = 1.0


async def watch_copies(steward: Steward) -> None:
    """Until cancelled. Of what is seen: it asks nobody."""
    while True:
        group = steward.group
        if replicated(group):
            status = status_of(group, steward.sight.view(steward.now()))
            await note_copies(steward.application, status)
        await steward.clock.sleep(EVERY_S)
