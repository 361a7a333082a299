"""What a decision rests on: the view, read once, each fact with its age."""

import dataclasses
from collections.abc import Mapping

from orchestrator.model import (
    Group,
    Observation,
    ResourceName,
    ResourceState,
    Role,
    Seen,
    ServerName,
    Unknown,
)
from orchestrator.model.guard_report import GuardedView
from orchestrator.model.state import GroupState, NotedReign, Policy
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.messages import Report

ANSWER_POLLS = 1.5
"""An answer older than this many polls is silence."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The inputs of one turn."""

    group: Group
    policy: Policy
    view: GuardedView
    now: float

    @property
    def names(self) -> tuple[ServerName, ServerName]:
        return self.group.server_names

    def peer(self, server: ServerName) -> ServerName:
        return self.group.peer_of(server).name

    def report(self, server: ServerName) -> Report | None:
        """The guard's word, if it is fresh enough to act on."""
        seen = self.view.guards[server]
        if isinstance(seen, Unknown) or self.now - seen.at > self.silence_s:
            return None
        return seen.value

    @property
    def silence_s(self) -> float:
        return ANSWER_POLLS * self.group.timing.poll_s

    def age(self, server: ServerName) -> float | None:
        """Seconds since the guard's last word; None: never heard."""
        seen = self.view.guards[server]
        return self.now - seen.at if isinstance(seen, Seen) else None

    def is_silent(self, server: ServerName) -> bool:
        return self.report(server) is None

    def highest_promised(self) -> int:
        """A lower epoch would be refused: another controller may have ordered, or burned, more
        than is known here.
        """
        reports = [self.report(name) for name in self.names]
        return max((one.promised for one in reports if one is not None), default=0)

    def resources(self, server: ServerName) -> Mapping[ResourceName, Observation[ResourceState]]:
        return self.view.view.of(server).resources

    def failed(self, server: ServerName) -> tuple[ResourceName, ...]:
        """Resources that should run there and were *seen* not to; a time-out is not a failure."""
        return tuple(
            name
            for name, seen in sorted(self.resources(server).items())
            if isinstance(seen, Seen) and seen.value is not ResourceState.STARTED
        )

    def not_answering(self, server: ServerName) -> tuple[ResourceName, ...]:
        """Resources whose check gave no answer: grey, not dead."""
        return tuple(
            name
            for name, seen in sorted(self.resources(server).items())
            if isinstance(seen, Unknown)
        )

    def runs_nothing(self, server: ServerName) -> bool:
        """Whether every resource was seen there, and seen as stopped."""
        seen = self.resources(server).values()
        return bool(seen) and all(
            isinstance(one, Seen) and one.value is ResourceState.STOPPED for one in seen
        )

    def is_clean_standby(self, server: ServerName) -> bool:
        """Whether an order could be taken there now."""
        report = self.report(server)
        return report is not None and report.phase == leases.IDLE and report.held is False

    def may_adopt(self, server: ServerName) -> bool:
        """Whether the whole service runs there, started by nobody whose reign is known."""
        report = self.report(server)
        return (
            report is not None
            and report.phase == leases.IDLE
            and report.held is True
            and report.reign is None
            and not self.failed(server)
            and not self.not_answering(server)
        )

    def holds(self, server: ServerName, noted: NotedReign | None) -> bool:
        """Whether the server says that it serves in this reign."""
        report = self.report(server)
        return (
            report is not None
            and noted is not None
            and report.reign == noted.reign
            and report.phase in (leases.REIGNING, leases.STOPPING, leases.EMERGENCY)
        )

    def is_confirmed_off(self, server: ServerName, state: GroupState) -> bool:
        """Off for its last reign: it may have been switched on again since an earlier one."""
        last = [noted.reign for noted in state.vote.reigns if noted.reign.server == server][-1:]
        return any(
            fence.server == server and fence.off and fence.asked_for in last
            for fence in self.view.fences
        )

    def may_be_switched_off(self, server: ServerName) -> bool:
        """An order to its fencing device is open: a slow device may carry it out at any time."""
        last = [fence for fence in self.view.fences if fence.server == server][-1:]
        return any(fence.may_still_act for fence in last)


def role_of(facts: Facts, state: GroupState, server: ServerName) -> Role:
    """The role of a server as its guard and its resources tell it."""
    report = facts.report(server)
    if report is None:
        return Role.OFFLINE if facts.is_confirmed_off(server, state) else Role.UNKNOWN
    if report.phase == leases.ORDERED:
        return Role.PROMOTING
    if report.phase in (leases.STOPPING, leases.EMERGENCY):
        return Role.DEMOTING
    if report.phase == leases.REIGNING:
        states = [seen.value for seen in facts.resources(server).values() if isinstance(seen, Seen)]
        if ResourceState.FAILED in states:
            return Role.FAULTED
        return Role.PROMOTING if ResourceState.STOPPED in states else Role.ACTIVE
    return Role.FAULTED if report.held else Role.STANDBY


def both_claim(facts: Facts) -> bool:
    """Both servers say, freshly, that they hold a reign of the same epoch: an impossible view."""
    reports = [facts.report(name) for name in facts.names]
    claims = [
        report.reign.epoch
        for report in reports
        if report is not None
        and report.reign is not None
        and report.phase in (leases.REIGNING, leases.STOPPING, leases.EMERGENCY)
    ]
    return len(claims) == len(facts.names) and len(set(claims)) == 1


def foreign_reign(facts: Facts, server: ServerName) -> bool:
    """Whether a server reports a last reign that names the other server: mixed up, or copied."""
    report = facts.report(server)
    return report is not None and report.reign is not None and report.reign.server != server
