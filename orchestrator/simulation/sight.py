"""What a controller of the simulation sees: its last reports, as a view."""

from collections.abc import Mapping

from orchestrator.model import (
    GroupView,
    ResourceName,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.model.moment import Monotonic
from orchestrator.simulation.machine import DATA, PARTS, Holdings
from remote_helpers.protocol.messages import Report

NOT_ASKED = Unknown(reason=UnknownReason.NOT_ASKED, at=Monotonic(0.0))


def view_of(
    names: tuple[ServerName, ServerName],
    reports: Mapping[ServerName, tuple[float, Report]],
    holdings: Mapping[ServerName, Holdings],
    now: float,
) -> GroupView:
    """The resources as the last reports of both servers told them."""
    first, second = (
        _seen(name, Monotonic(reports[name][0]), holdings[name])
        if name in reports
        else _unseen(name)
        for name in names
    )
    return GroupView(servers=(first, second), taken_at=Monotonic(now))


def _unseen(name: ServerName) -> ServerView:
    return ServerView(server=name, reach=NOT_ASKED, resources={}, epoch=NOT_ASKED, facts=NOT_ASKED)


def _seen(name: ServerName, at: Monotonic, holdings: Holdings) -> ServerView:
    states = {
        ResourceName(part): Seen(
            value=ResourceState.STARTED if part in holdings.parts else ResourceState.STOPPED, at=at
        )
        for part in PARTS
    }
    return ServerView(
        server=name,
        reach=Seen(value=None, at=at),
        resources=states,
        data={ResourceName(DATA): Seen(value=holdings.copy, at=at)},
        epoch=NOT_ASKED,
        facts=NOT_ASKED,
    )
