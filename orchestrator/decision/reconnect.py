"""A copy that nobody brought up after a boot is connected again: until then it only gets older.

Only such a copy: what a person disconnected stays so, and a split brain is a person's to repair.
"""

from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.freshness import copies_on
from orchestrator.decision.intents import Because, ConnectCopies
from orchestrator.model import Mode, Reason, ServerName
from orchestrator.model.state import GroupState
from remote_helpers.replication.words import Alone


def left_apart(
    facts: Facts, state: GroupState
) -> tuple[tuple[ConnectCopies, ...], tuple[Because, ...]]:
    """While the other one serves and nothing else goes on; what it lacks is synced to it then."""
    if state.mode is not Mode.AUTOMATIC or state.goal is not None or facts.view.around.acting:
        return (), ()
    for active in facts.names:
        standby = facts.peer(active)
        if not facts.holds(active, votes.newest(state.vote)):
            continue
        apart = _never_connected(facts, standby) if facts.is_clean_standby(standby) else []
        if apart:
            because = Because(
                reason=Reason.REJOIN,
                evidence=f"{', '.join(apart)} on {standby} is not connected since it booted",
                age_s=facts.age(standby),
            )
            return (ConnectCopies(server=standby),), (because,)
    return (), ()


def _never_connected(facts: Facts, server: ServerName) -> list[str]:
    copies = copies_on(facts.view.view.of(server), facts.group)
    return [
        str(name)
        for name, copy in copies.items()
        if copy is not None and copy.alone is Alone.NEVER_CONNECTED
    ]
