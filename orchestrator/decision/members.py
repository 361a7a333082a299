"""From the guards' reports to the word that tells one of them who the pair is now."""

from orchestrator.decision.facts import Facts
from orchestrator.model import ServerName
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import Vote
from remote_helpers.protocol.messages import Members


def to_tell(facts: Facts, vote: Vote, pairing: Pairing) -> dict[ServerName, Members]:
    """A server that was a member before has an older number on record, and another peer.

    Until it knows, it hears nobody and nobody hears it.
    """
    number = pairing.membership
    return {
        name: Members(vote.registration, membership=number, peer=facts.peer(name))
        for name in facts.names
        if name in vote.acknowledged
        and (report := facts.report(name)) is not None
        and report.membership < number
    }
