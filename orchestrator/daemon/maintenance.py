"""Into maintenance and out of it: a person works on the servers, and nothing moves by itself."""

import dataclasses
from typing import Any

from orchestrator.daemon.steward import Steward
from orchestrator.decision import vote as votes
from orchestrator.model import Mode, ServerName

WAIT_S = 5.0


async def change(steward: Steward, mode: Mode) -> dict[str, Any]:
    """Waits until the active goes on alone, or does no longer; says whether it is so.

    Until then a restart of the network by the person who works there could still demote it.
    """
    steward.loop.store(dataclasses.replace(steward.state, mode=mode))
    steward.turn()
    limit = steward.now() + WAIT_S
    wanted = mode is not Mode.AUTOMATIC
    while _goes_on_alone(steward) not in (None, wanted) and steward.now() < limit:
        await steward.next_turn(0.2)
    alone = _goes_on_alone(steward)
    return {"mode": mode.value, "alone": alone, "done": alone in (None, wanted)}


def _goes_on_alone(steward: Steward) -> bool | None:
    """None: no server serves."""
    current = votes.newest(steward.state.vote)
    if current is None:
        return None
    report = steward.standing.facts().report(ServerName(current.reign.server))
    return report is not None and report.solo
