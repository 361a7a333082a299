"""What a controller of the simulation sees: its last reports, as a view."""

from collections.abc import Mapping

from orchestrator.model import (
    GroupView,
    Observation,
    ResourceName,
    ResourceState,
    Seen,
    ServerName,
    ServerView,
    Unknown,
    UnknownReason,
)
from orchestrator.model.guard_report import FenceResult, GuardedView
from orchestrator.model.moment import Monotonic
from orchestrator.simulation.machine import PARTS
from remote_helpers.protocol.messages import Report
from remote_helpers.protocol.words import Reign

NOT_ASKED = Unknown(reason=UnknownReason.NOT_ASKED, at=Monotonic(0.0))
Known = tuple[float, Report, frozenset[str]]
"""When the request left, the guard's report, and the parts that ran."""


def view_of(
    names: tuple[ServerName, ServerName],
    reports: Mapping[ServerName, Known],
    fences: tuple[FenceResult, ...],
    promises: Mapping[Reign, float],
    now: float,
) -> GuardedView:
    """The frozen snapshot that `decide` gets."""
    guards: dict[ServerName, Observation[Report]] = {}
    views = []
    for name in names:
        known = reports.get(name)
        if known is None:
            guards[name] = NOT_ASKED
            views.append(_unseen(name))
            continue
        at, report, parts = known
        guards[name] = Seen(value=report, at=Monotonic(at))
        views.append(_seen(name, Monotonic(at), parts))
    first, second = views
    return GuardedView(
        view=GroupView(servers=(first, second), taken_at=Monotonic(now)),
        guards=guards,
        fences=fences,
        promises=promises,
    )


def _unseen(name: ServerName) -> ServerView:
    return ServerView(server=name, reach=NOT_ASKED, resources={}, epoch=NOT_ASKED, facts=NOT_ASKED)


def _seen(name: ServerName, at: Monotonic, parts: frozenset[str]) -> ServerView:
    states = {
        ResourceName(part): Seen(
            value=ResourceState.STARTED if part in parts else ResourceState.STOPPED, at=at
        )
        for part in PARTS
    }
    return ServerView(
        server=name,
        reach=Seen(value=None, at=at),
        resources=states,
        epoch=NOT_ASKED,
        facts=NOT_ASKED,
    )
