"""One server of a pair is replaced by another while the service runs.

The race it prevents: the server that goes still votes for the active, and the one that comes is
promoted by waiting for everybody else's votes. So the active must have said, on disk, that it
takes no vote of the old peer any more, before the new one counts for anything. Until it is
guarded by the new one it goes on by a term without end: nobody else would vote for it.
"""

import dataclasses
import secrets
from collections.abc import Mapping
from typing import TypeVar

from orchestrator.daemon.leaving import LEAVING_S, leave
from orchestrator.daemon.steward import Steward
from orchestrator.decision import freshness
from orchestrator.decision import vote as votes
from orchestrator.errors import TheyError, UsageError
from orchestrator.model import Group, ServerName
from orchestrator.model.pairing import Pairing
from orchestrator.model.state import GroupState
from orchestrator.runtime.application import Application
from orchestrator.transport import Done, Request
from remote_helpers.protocol import messages
from remote_helpers.protocol.messages import Members

T = TypeVar("T")


def exchanged(state: GroupState, group: Group) -> GroupState:
    """`group`: the new one. What was known of the server that goes is known of nobody now."""
    names = frozenset(group.server_names)
    vote, history = state.vote, state.history

    def of_members(known: Mapping[ServerName, T]) -> dict[ServerName, T]:
        return {name: one for name, one in known.items() if name in names}

    kept = next(iter(names & vote.acknowledged), None)
    return dataclasses.replace(
        state,
        vote=dataclasses.replace(
            vote,
            acknowledged=vote.acknowledged & names,
            exact=vote.exact & names,
            chain=of_members(vote.chain),
            counters=of_members(vote.counters),
        ),
        history=dataclasses.replace(
            history,
            leaves=of_members(history.leaves),
            well_since=of_members(history.well_since),
            silent_since=of_members(history.silent_since),
            network_since=of_members(history.network_since),
        ),
        roles=of_members(state.roles),
        quarantined=of_members(state.quarantined),
        outdated=(state.outdated & names) | _without_data(group, kept),
    )


def _without_data(group: Group, kept: ServerName | None) -> frozenset[ServerName]:
    """A copy that nobody has seen in sync is feared to lack writes."""
    if kept is None or not freshness.replicated(group):
        return frozenset()
    return frozenset(group.server_names) - {kept}


def is_one(before: Group | None, after: Group) -> bool:
    """Whether the files name another server in the place of one that is looked after."""
    return before is not None and set(before.server_names) != set(after.server_names)


def check_known(group: Group, state: GroupState, pairing: Pairing) -> None:
    """Raises TheyError when the files have another server since the daemon ended.

    Nobody has asked the one that stays; the one that went may still vote for it.
    """
    known = frozenset(state.vote.chain) | frozenset(pairing.covers)
    if gone := sorted(known - frozenset(group.server_names)):
        raise TheyError(
            f"{', '.join(gone)} is not in the files any more, but has a vote in {group.name}: put "
            "the definition before back, start the daemon, then change it and hasys reload"
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Agreed:
    """What is on disk from the moment that the new server counts."""

    group: Group
    state: GroupState
    pairing: Pairing

    async def put_in_place(self, application: Application) -> None:
        states, clock = application.states, application.clock
        state = exchanged(self.state, self.group)
        await states.save_pairing(self.group.name, self.pairing)
        await states.save(self.group.name, state, clock.monotonic(), clock.utc())


async def agree(steward: Steward, new: Group) -> Agreed:
    """What the new pair's guards are to be told, once the server that stays has agreed.

    Raises HasysError when it must not be; then the pair is as before.
    """
    kept, out, into = _who(steward, new)
    _check(steward, kept, out)
    if not await leave(steward):
        raise TheyError(
            f"{kept} has not taken a term without end, and {out} cannot be replaced without",
            hint=f"hasys explain {new.name} says why; then hasys reload again",
        )
    number = steward.sight.pairing.membership + 1
    registration = steward.state.vote.registration
    reply = await steward.say(
        kept, Members(registration=registration, membership=number, peer=into)
    )
    answer = messages.decode(reply.data["message"]) if isinstance(reply, Done) else None
    if not (isinstance(answer, messages.Reply) and answer.accepted):
        raise TheyError(
            f"{kept} has not agreed that {into} takes the place of {out}",
            hint="both go on as before; see hasys status, then hasys reload again",
        )
    stop = Request(op="guard.stop", args={"group": new.name}, deadline_s=LEAVING_S * 2)
    await steward.transport.call(out, stop)  # it may be dead; its word counts for nothing now
    pairing = Pairing(keys=(secrets.token_hex(32),), membership=number)
    return Agreed(group=new, state=steward.state, pairing=pairing)


def _who(steward: Steward, new: Group) -> tuple[ServerName, ServerName, ServerName]:
    before, after = set(steward.group.server_names), set(new.server_names)
    if len(before & after) != 1:
        raise UsageError(
            f"{new.name}: both servers are others in the files",
            hint=f"replace one after the other; or hasys release {new.name}, then start it anew",
        )
    (kept,), (out,), (into,) = before & after, before - after, after - before
    return kept, out, into


def _check(steward: Steward, kept: ServerName, out: ServerName) -> None:
    served = votes.unproven_on(steward.state.vote, out)
    if served:
        raise TheyError(
            f"{out} may still serve (epoch {served[-1].reign.epoch}): it cannot be replaced",
            hint=f"hasys switchover {steward.group.name} --to {kept}, or make sure that it is off",
        )
    if steward.standing.silence(kept) or kept not in steward.state.vote.acknowledged:
        raise TheyError(
            f"{kept} does not answer, or has not registered this controller",
            hint=f"{out} is replaced when the server that stays agrees; see hasys status",
        )
