"""Keeps how the copies of the data were seen, and tells what changed. For commands and the daemon.

Written down at most every few seconds while nothing changes: how old a copy may be is asked in
seconds, not in polls.
"""

import datetime
from collections.abc import Mapping

from orchestrator.decision.freshness import Condition, Copies, all_copies
from orchestrator.decision.roles import GroupStatus
from orchestrator.model import Event, ResourceName, Severity, Utc
from orchestrator.runtime.application import Application
from orchestrator.store.copies import CopyRecord

KEPT_EVERY = datetime.timedelta(seconds=5)
_SEVERITY = {
    Condition.IN_SYNC: Severity.INFO,
    Condition.SYNCING: Severity.INFO,
    Condition.SPLIT_BRAIN: Severity.CRITICAL,
}


async def note_copies(
    application: Application, status: GroupStatus
) -> Mapping[ResourceName, CopyRecord]:
    """What is kept of each replicated resource afterwards."""
    copies = all_copies(status.group, status.view)
    if not copies:
        return {}
    known = dict(await application.copies.of(status.group.name))
    now = _seen_at(application, status)
    for one in copies:
        before = known.get(one.resource)
        record = _record(one, before, status, now)
        if record is None or record == before:
            continue
        known[one.resource] = record
        await application.copies.keep(status.group.name, one.resource, record)
        if before is None or before.condition != record.condition:
            await application.publisher.publish(_event(status, one, before, now))
    return known


def _record(
    copies: Copies, before: CopyRecord | None, status: GroupStatus, now: Utc
) -> CopyRecord | None:
    """None: nothing was learned. A command that waited for a silent server has seen the other one
    before the daemon, which has told more since.
    """
    if copies.condition is Condition.UNKNOWN or (before is not None and now < _last_of(before)):
        return None
    is_same = before is not None and before.condition == copies.condition.value
    since = before.since if before is not None and is_same else now
    at, epoch = (before.in_sync_at, before.in_sync_epoch) if before is not None else (None, None)
    if copies.condition is Condition.IN_SYNC and (
        not is_same or at is None or now - at >= KEPT_EVERY or epoch != status.epoch
    ):
        at, epoch = now, status.epoch
    return CopyRecord(
        condition=copies.condition.value, since=since, in_sync_at=at, in_sync_epoch=epoch
    )


def _seen_at(application: Application, status: GroupStatus) -> Utc:
    age_s = application.clock.monotonic() - status.view.taken_at
    return Utc(application.clock.utc() - datetime.timedelta(seconds=age_s))


def _last_of(record: CopyRecord) -> Utc:
    in_sync_at = record.in_sync_at
    return record.since if in_sync_at is None else max(record.since, in_sync_at)


def _event(status: GroupStatus, copies: Copies, before: CopyRecord | None, now: Utc) -> Event:
    was = "" if before is None else f", was {before.condition}"
    return Event(
        at=now,
        group=status.group.name,
        kind="copies-changed",
        severity=_SEVERITY.get(copies.condition, Severity.WARNING),
        text=f"{copies.resource} is {copies.condition.value}{was}: {copies.text}",
        source="probe",
    )
