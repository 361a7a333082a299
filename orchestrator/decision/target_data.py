"""From what is known of a target's copies to what keeps the service from moving there by itself.

Asked by the policies before a goal is set, and by `pursue` before an order is noted.
"""

from orchestrator.decision.facts import Facts
from orchestrator.decision.freshness import copies_on
from orchestrator.decision.intents import Because
from orchestrator.model import Reason, ServerName
from orchestrator.model.state import GroupState


def data_hindrances(facts: Facts, state: GroupState, target: ServerName) -> tuple[Because, ...]:
    if target in state.outdated:
        return (
            Because(
                reason=Reason.DATA_OUT_OF_DATE,
                evidence=f"the data on {target} may lack acknowledged writes",
                advice="resync it; or accept the loss: hasys failover --force",
            ),
        )
    unseen = _not_known_to_be_held_back(facts, target)
    if unseen:
        return (
            Because(
                reason=Reason.DATA_UNKNOWN,
                evidence=f"{facts.peer(target)} is silent, and of {', '.join(unseen)} on {target} "
                "it was not seen yet whether the kernel made its writes wait",
                advice="looked at with each poll; if it stays so: drbdadm dump on the server",
            ),
        )
    return ()


def _not_known_to_be_held_back(facts: Facts, target: ServerName) -> list[str]:
    """Copies that a slow server has not told all of. The race it prevents: an order is noted before
    it is known that nothing held the silent side back, and what it wrote alone is lost.
    """
    if facts.group.accept_data_loss or not facts.is_silent(facts.peer(target)):
        return []
    copies = copies_on(facts.view.view.of(target), facts.group)
    return [str(name) for name, copy in copies.items() if copy is None or copy.is_untold]
