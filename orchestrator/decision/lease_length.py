"""A change of the lease length at the controller: longer at once, shorter when the longer is over.

People apply a new configuration by a restart. A controller that then waited for the new, shorter
lease would promote beside a server that still holds the longer one.
"""

import dataclasses

from orchestrator.decision.vote import Clockwork
from orchestrator.model.state import Vote


def change(vote: Vote, lease_s: float) -> Vote:
    """Stored before the first answer with it leaves."""
    return dataclasses.replace(vote, lease_s=lease_s, lease_max_s=max(vote.lease_max_s, lease_s))


def let_go(vote: Vote, since: float, now: float, clockwork: Clockwork) -> Vote:
    """`since`: when answers with the new length began, in this run of the controller."""
    if vote.lease_max_s <= vote.lease_s or now < since + clockwork.wait(vote.lease_max_s):
        return vote
    return dataclasses.replace(vote, lease_max_s=vote.lease_s)
