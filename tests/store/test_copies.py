"""How copies of replicated data were last seen outlives the process; changes are told once."""

import dataclasses
import datetime

import pytest

from orchestrator.decision.freshness import Condition
from orchestrator.decision.roles import GroupStatus, status_of
from orchestrator.model import (
    DrbdSpec,
    GroupView,
    Monotonic,
    ResourceName,
    ResourceState,
    Seen,
    Utc,
)
from orchestrator.runtime.copies import note_copies
from orchestrator.store.copies import CopyStore
from orchestrator.store.database import Database
from orchestrator.store.events import EventStore
from orchestrator.telemetry.publish import Publisher
from remote_helpers.replication import drbd84
from tests.replication.test_recorded import RECORDED
from tests.support.builders import LINUX1, LINUX2, NOW, a_group, a_resource, a_server_view

BEGAN = datetime.datetime(2026, 11, 24, 3, 15, tzinfo=datetime.UTC)
COPIES = ResourceName("copies")
GROUP = a_group(a_resource("copies", spec=DrbdSpec(resource="r0")))
HEALTHY = ("03-healthy-primary-secondary.A", "03-healthy-primary-secondary.B")
CUT = ("09-link-cut-primary-A.A", "09-link-cut-primary-A.B")


class Clock:
    def __init__(self):
        self.now = BEGAN

    def utc(self):
        return Utc(self.now)

    def monotonic(self):
        return Monotonic(NOW + (self.now - BEGAN).total_seconds())


@dataclasses.dataclass
class Kept:
    """As much of the application as is needed here."""

    copies: CopyStore
    events: EventStore
    publisher: Publisher
    clock: Clock

    async def see(self, sides, *, after_s=0.0, late_s=0.0):
        """`late_s`: so long ago it was seen."""
        self.clock.now += datetime.timedelta(seconds=after_s)
        taken_at = Monotonic(self.clock.monotonic() - late_s)
        return (await note_copies(self, seen(sides, taken_at)))[COPIES]

    async def told(self):
        return [event.text.partition(":")[0] for _, event in await self.events.after(0)]


def seen(sides, taken_at) -> GroupStatus:
    views = []
    for server, name in zip((LINUX1, LINUX2), sides, strict=True):
        base = RECORDED / "8.4" / name
        text = base.with_name(f"{name}.events2").read_text()
        copy = drbd84.parse("r0", text, base.with_name(f"{name}.proc").read_text())
        view = a_server_view(GROUP, server, ResourceState.STOPPED)
        views.append(dataclasses.replace(view, data={COPIES: Seen(value=copy, at=NOW)}))
    return status_of(GROUP, GroupView(servers=(views[0], views[1]), taken_at=taken_at))


@pytest.fixture
async def kept(tmp_path):
    database = await Database.open(tmp_path / "hasys.db")
    events = EventStore(database)
    yield Kept(CopyStore(database), events, Publisher(events), Clock())
    await database.close()


async def test_when_both_were_last_in_sync_is_kept_with_the_epoch(kept):
    await kept.see(HEALTHY)
    later = await kept.see(CUT, after_s=60)
    stored = (await kept.copies.of(GROUP.name))[COPIES]

    assert later == stored
    assert (stored.condition, stored.in_sync_at, stored.in_sync_epoch) == ("apart", BEGAN, 3)
    assert stored.since == BEGAN + datetime.timedelta(seconds=60)


async def test_a_change_is_told_once(kept):
    for sides in (HEALTHY, HEALTHY, CUT, CUT, HEALTHY):
        await kept.see(sides, after_s=1)

    assert await kept.told() == [
        "copies is in-sync",
        "copies is apart, was in-sync",
        "copies is in-sync, was apart",
    ]


async def test_what_stays_the_same_is_not_written_down_at_every_look(kept):
    first = await kept.see(HEALTHY)
    soon = await kept.see(HEALTHY, after_s=1)
    later = await kept.see(HEALTHY, after_s=10)

    assert soon == first
    assert later.in_sync_at == BEGAN + datetime.timedelta(seconds=11)
    assert later.since == BEGAN
    assert later.condition == Condition.IN_SYNC.value


async def test_what_was_seen_before_is_not_told_after_it(kept):
    """A command waited for a silent server meanwhile; the daemon has seen the copies part."""
    await kept.see(HEALTHY)
    apart = await kept.see(CUT, after_s=60)
    late = await kept.see(HEALTHY, after_s=2, late_s=5)

    assert late == apart
    assert await kept.told() == ["copies is in-sync", "copies is apart, was in-sync"]
