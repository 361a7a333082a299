"""A change of the lease length at the controller: in which order those who share it are told.

A lease may be no shorter than its holder is used to: a watchdog armed for three seconds fires in
a lease of one. So a shorter length is told to the holder first, then to the grantors, the
controller last; a longer one the other way round. Promises of the longer one may be out for a
while: people apply a configuration by a restart, and a controller that then waited for the
shorter lease would promote beside a server that still holds the longer one.
"""

import dataclasses
from collections.abc import Mapping

from orchestrator.decision.vote import Clockwork
from orchestrator.model import ServerName
from orchestrator.model.state import Vote
from remote_helpers.protocol.holder import IDLE
from remote_helpers.protocol.messages import Report


def change(vote: Vote, lease_s: float) -> Vote:
    """Stored before the first answer with it leaves."""
    return dataclasses.replace(vote, lease_s=lease_s, lease_max_s=max(vote.lease_max_s, lease_s))


def to_tell(
    vote: Vote, wanted_s: float, reports: Mapping[ServerName, Report]
) -> tuple[ServerName, ...]:
    """Whose turn it is. Of a server that was not heard yet it is not known whether it holds."""
    if len(reports) < 2:
        return ()
    holding = {name for name, report in reports.items() if report.phase != IDLE}
    shorter = any(report.lease > wanted_s for report in reports.values())
    told = {name for name, report in reports.items() if report.lease == wanted_s}
    first = holding if shorter else reports.keys() - holding
    if not first:  # none is before the other; one at a time, for an order may be under way
        first = {min(reports)}
    due = first if not first <= told else reports.keys()
    return tuple(sorted((due - told) & vote.acknowledged))


def may_lower(vote: Vote, wanted_s: float, reports: Mapping[ServerName, Report]) -> bool:
    """Whether both servers live by the shorter length already."""
    told = [report.lease == wanted_s for report in reports.values()]
    return wanted_s < vote.lease_s and len(told) > 1 and all(told)


def let_go(vote: Vote, since: float, now: float, clockwork: Clockwork) -> Vote:
    """`since`: when answers with the new length began, in this run of the controller."""
    if vote.lease_max_s <= vote.lease_s or now < since + clockwork.wait(vote.lease_max_s):
        return vote
    return dataclasses.replace(vote, lease_max_s=vote.lease_s)
