"""How a controller goes: no role changes by that, and nothing waits for its vote after it."""

import asyncio

from orchestrator.daemon.steward import Steward
from orchestrator.decision import vote as votes
from orchestrator.model import ServerName
from orchestrator.transport import Request

LEAVING_S = 2.0
"""For the active to take its term without end."""
LOOK_S = 0.05


async def leave(steward: Steward) -> bool:
    """Before an orderly stop the active gets a term without end: nobody else will vote for it.

    Whether it has it. A standby that reboots while no controller is there would else cost a healthy
    active its lease.
    """
    current = votes.newest(steward.state.vote)
    if current is None or not steward.standing.reigns(ServerName(current.reign.server)):
        return True
    steward.stand_still()
    limit = steward.now() + LEAVING_S
    while steward.now() < limit:
        steward.loop.give_solo()
        steward.loop.poll()
        await steward.clock.sleep(LOOK_S)
        report = steward.standing.facts().report(ServerName(current.reign.server))
        if report is not None and report.solo:
            return True
    return False


async def dismiss(steward: Steward) -> None:
    """For `release`: the active goes on alone, then both guards end; resources stay as they are."""
    await leave(steward)
    request = Request(op="guard.stop", args={"group": steward.group.name}, deadline_s=LEAVING_S * 2)
    await asyncio.gather(
        *(steward.transport.call(server, request) for server in steward.group.server_names)
    )
