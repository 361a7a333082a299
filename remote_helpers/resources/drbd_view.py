"""Asks this server's kernel how a DRBD resource is; changes nothing.

DRBD 8.4 is asked by events2 and /proc/drbd, 9 by JSON: `replication` makes one of both.
"""

from typing import List

from remote_helpers import copy_events
from remote_helpers.operation import Context, OperationError
from remote_helpers.replication import drbd9, drbd84, kernel_log
from remote_helpers.replication.words import (
    Alone,
    Connection,
    Replication,
    Unreadable,
    is_down,
)
from remote_helpers.resources import drbd_settings

PROC = "/proc/drbd"
_UNTOLD = (Alone.UNKNOWN, Alone.NEVER_CONNECTED)
LOG_IN_S = 2.0


def observe(context: Context, resource: str) -> Replication:
    """Raises OperationError where it cannot be told; a module that is not loaded serves nobody."""
    try:
        with open(PROC, encoding="utf-8", errors="replace") as file:
            text = file.read()
    except FileNotFoundError:
        return is_down(resource, "")
    version = drbd84.parse_version(text)
    try:
        seen = (
            drbd84.parse(resource, _said(context, _EVENTS), text)
            if version.startswith("8.")
            else drbd9.parse(resource, _said(context, _STATUS), version)
        )
    except Unreadable as odd:
        message = "DRBD {} on {}: {}".format(version or "?", resource, odd)
        raise OperationError("failed", message) from odd
    settings = drbd_settings.settings_of(context, seen)
    if not seen.is_up:
        return seen
    seen = seen._replace(fencing=settings.fencing, handler=settings.handler)
    if seen.connection is not Connection.STAND_ALONE:
        return seen
    return seen._replace(alone=_why(context, seen))


_EVENTS = ["drbdsetup", "events2", "--now", "--statistics"]
_STATUS = ["drbdsetup", "status", "--json", "--statistics"]


def _said(context: Context, argv: List[str]) -> str:
    done = context.run(argv)
    if done.rc != 0:
        message = "{} ended with {}: {}".format(" ".join(argv), done.rc, done.stderr.strip())
        raise OperationError("failed", message)
    return done.stdout


def _why(context: Context, seen: Replication) -> Alone:
    """The kernel's log is the only place that tells a split brain from an operator's word."""
    limit = min(LOG_IN_S, context.remaining() / 2)
    try:
        log = context.run(["dmesg"], timeout=limit).stdout
    except OperationError:
        log = ""
    told = kernel_log.parse_alone(seen.resource, [one.minor for one in seen.volumes], log)
    if told in _UNTOLD and copy_events.saw_split_brain(seen.resource):
        return Alone.SPLIT_BRAIN  # the log was overwritten, the stream of events was heard
    return told
