"""What is sent never overtakes what was stored before it."""

import asyncio

from orchestrator.daemon.outbox import Outbox
from orchestrator.model.state import GroupState, Vote
from orchestrator.store.state_file import StoreUnusable
from remote_helpers.protocol.words import Registration
from tests.support.clock import JumpingClock


def a_state(term: int) -> GroupState:
    return GroupState(vote=Vote(registration=Registration(term, "c-1", "i-1")))


class Disk:
    """Takes the state, but for the first so many times."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.log: list[str] = []

    async def save(self, state: GroupState) -> None:
        await asyncio.sleep(0)
        if self.refusals:
            self.refusals -= 1
            raise StoreUnusable("disk full")
        self.log.append(f"stored {state.vote.registration.term}")


async def carried_out(disk: Disk) -> list[str]:
    troubles: list[str] = []
    outbox = Outbox(disk.save, JumpingClock(), lambda one: troubles.append(one.message))
    outbox.store(a_state(1))
    outbox.send(lambda: disk.log.append("sent order"))
    outbox.store(a_state(2))
    outbox.send(lambda: disk.log.append("sent stop"))
    carrying = asyncio.create_task(outbox.carry_out())
    await outbox.emptied()
    carrying.cancel()
    return troubles


async def test_each_effect_waits_for_the_state_before_it():
    disk = Disk()
    assert await carried_out(disk) == []
    assert disk.log == ["stored 1", "sent order", "stored 2", "sent stop"]


async def test_while_the_disk_takes_nothing_nothing_leaves_and_somebody_is_told():
    disk = Disk(refusals=3)
    assert await carried_out(disk) == ["disk full"] * 3
    assert disk.log == ["stored 1", "sent order", "stored 2", "sent stop"]
