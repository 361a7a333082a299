"""From an intent to the messages that carry it out, and what must be stored before they leave."""

from __future__ import annotations

import dataclasses
from typing import Any

from orchestrator.decision import decide as deciding
from orchestrator.decision import orders
from orchestrator.decision import vote as votes
from orchestrator.decision.intents import (
    EndSolo,
    GiveSolo,
    Intent,
    NoteOrder,
    RegisterOn,
    SendOrder,
    StopReign,
    WithdrawOn,
)
from orchestrator.model import ServerName
from orchestrator.model.state import GroupState
from remote_helpers.protocol.messages import Report, Solo, Stop, Withdraw


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Store `state` first when it differs from the one before; then send."""

    state: GroupState
    server: ServerName | None = None
    message: Any = None


def carry(state: GroupState, intent: Intent, nonce: str, report: Report | None) -> Errand:
    """`report`: the last one of the intent's server; `nonce`: a fresh random word."""
    vote = state.vote
    holder = vote.registration
    if isinstance(intent, GiveSolo | EndSolo):
        return _solo(state, intent)
    message: Any = None
    if isinstance(intent, RegisterOn):
        message = votes.request(vote, intent.server, report)
    elif isinstance(intent, WithdrawOn):
        message = Withdraw(registration=holder, reign=intent.reign, forced=False)
    elif isinstance(intent, StopReign):
        message = Stop(registration=holder, reign=intent.reign)
    elif isinstance(intent, NoteOrder):
        state = deciding.noted(state, intent, nonce)
        message = orders.order_for(state.vote, state.vote.reigns[-1])
    elif isinstance(intent, SendOrder):
        noted = votes.find(vote, intent.reign)
        message = None if noted is None else orders.order_for(vote, noted)
    server = None if message is None else getattr(intent, "server", None)
    return Errand(state=state, server=server, message=message)


def _solo(state: GroupState, intent: GiveSolo | EndSolo) -> Errand:
    gives = isinstance(intent, GiveSolo)
    change = votes.give_solo if gives else votes.ask_solo_end
    state = dataclasses.replace(state, vote=change(state.vote, intent.reign))
    noted = votes.find(state.vote, intent.reign)
    message = Solo(
        registration=state.vote.registration,
        reign=intent.reign,
        number=0 if noted is None else noted.solo_number,
        give=gives,
    )
    return Errand(state=state, server=intent.server, message=message)
