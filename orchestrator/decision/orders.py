"""Orders: a new reign is noted before it is sent, and what its order says of the older ones."""

import dataclasses

from orchestrator.decision import vote as votes
from orchestrator.decision.intents import NoteOrder
from orchestrator.model.state import NotedReign, ProofKind, Vote
from remote_helpers.protocol.messages import Order, Proven
from remote_helpers.protocol.words import Reign


def note_order(vote: Vote, order: NoteOrder, nonce: str) -> Vote:
    """From here on this reign may run. The caller stores the vote before it sends the order.

    Everything unproven is left to run out; our half of that must be over already.
    """
    top = max([order.above, *(noted.reign.epoch for noted in vote.reigns)])
    epoch = top + (1000 if order.forced else 1)
    reign = Reign(epoch, vote.registration.controller, nonce, order.server, order.boot)
    proven = tuple((one.reign, one.proof) for one in vote.reigns if one.proof is not None)
    run_out = tuple(one.reign for one in votes.unproven(vote))
    noted = NotedReign(
        reign=reign, proven=proven, run_out=run_out, forced=order.forced, adopts=order.adopts
    )
    old = [one for one in vote.reigns if one.proof is not None][:-8]
    kept = tuple(one for one in vote.reigns if one not in old)
    # Who forces a reign says that no other controller may stand in its way: without that word a
    # controller that starts anew beside a dead server could not even answer the new reign.
    exact = vote.exact | {order.server} if order.forced else vote.exact
    return dataclasses.replace(vote, reigns=(*kept, noted), exact=exact)


def order_for(vote: Vote, noted: NotedReign) -> Order:
    """The message; RUN_OUT is no proof towards a server, which must check its own half."""
    return Order(
        registration=vote.registration,
        reign=noted.reign,
        proven=tuple(
            Proven(reign, kind.value)
            for reign, kind in noted.proven
            if kind is not ProofKind.RUN_OUT
        ),
        run_out=noted.run_out,
        forced=noted.forced,
        adopts=noted.adopts,
    )
