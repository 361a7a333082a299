"""The controller's vote: registration, grants, and what proves that a reign is over.

`Vote` is durable, `Ballot` is not: what a restart forgets is made good by registering anew, which
counts as an answer. All functions are pure; the caller stores the new `Vote` before it sends
anything that follows from it.
"""

import dataclasses
from collections.abc import Mapping

from orchestrator.model import ServerName
from orchestrator.model.state import NotedReign, ProofKind, Vote
from remote_helpers.protocol.clocks import wait_for
from remote_helpers.protocol.messages import Answer, Question, Register, Report
from remote_helpers.protocol.words import NOBODY, Registration, Reign


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Clockwork:
    """What a wait depends on."""

    error: float
    margin_s: float

    def wait(self, lease_s: float) -> float:
        return wait_for(lease_s, self.error, self.margin_s)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """The latest end promised to each reign, on the slowest clock of this controller."""

    promises: Mapping[Reign, float] = dataclasses.field(default_factory=dict)


def unproven(vote: Vote) -> tuple[NotedReign, ...]:
    """Reigns that may run, by what is known here."""
    return tuple(noted for noted in vote.reigns if noted.proof is None)


def unproven_on(vote: Vote, server: str) -> tuple[NotedReign, ...]:
    """Those of one server."""
    return tuple(noted for noted in unproven(vote) if noted.reign.server == server)


def newest(vote: Vote) -> NotedReign | None:
    """The only reign that may be answered: the highest one not proven over.

    After an order that was burned this is the reign before it again. Never answering it any more
    would leave a healthy active with its peer's vote alone because of one aborted attempt; and
    it costs nothing, since the promises to it are noted like any other and count in the next.
    """
    return max(unproven(vote), key=lambda noted: noted.reign.epoch, default=None)


def find(vote: Vote, reign: Reign | None) -> NotedReign | None:
    return next((noted for noted in vote.reigns if noted.reign == reign), None)


def replaced(vote: Vote, changed: NotedReign) -> Vote:
    reigns = tuple(changed if old.reign == changed.reign else old for old in vote.reigns)
    return dataclasses.replace(vote, reigns=reigns)


def is_full(vote: Vote, servers: tuple[ServerName, ServerName]) -> bool:
    """Registered on both servers under the current term."""
    return all(server in vote.acknowledged for server in servers)


def has_standing(vote: Vote, servers: tuple[ServerName, ServerName], server: ServerName) -> bool:
    """Whether the vote may be used towards this server.

    Registered on both; or on this one, from exactly what this same controller held there since
    it was last registered on both (a restart while the other server is dead). Merely registered
    on one it may not even answer: two controllers with one server each would be two majorities.
    """
    if server not in vote.acknowledged:
        return False
    return is_full(vote, servers) or server in vote.exact


def begin(
    vote: Vote,
    controller: str,
    incarnation: str,
    seen: tuple[Registration, ...],
    *,
    take_over: bool,
) -> Vote:
    """A new term: of a new incarnation, after a server lost its record, or to take the vote over.

    A take-over sets over whoever is registered, so nothing that we once held is a base for it.
    """
    term = 1 + max([vote.registration.term, *(one.term for one in seen)])
    return dataclasses.replace(
        vote,
        registration=Registration(term, controller, incarnation),
        acknowledged=frozenset(),
        exact=frozenset(),
        chain={} if take_over else vote.chain,
        tried=(*vote.tried, vote.registration),
        take_over=take_over,
    )


def request(vote: Vote, server: ServerName, report: Report | None) -> Register:
    """Compare-and-set from what we held there; a take-over sets over whoever has a lower term."""
    if vote.take_over:
        return Register(registration=vote.registration, expected=None)
    expected = vote.chain.get(server, NOBODY)
    if report is not None and report.registered in vote.tried:
        # An own registration since the last full one, whose acknowledgement was lost.
        expected = report.registered
    return Register(registration=vote.registration, expected=expected)


def acknowledge(
    vote: Vote,
    ballot: Ballot,
    servers: tuple[ServerName, ServerName],
    server: ServerName,
    report: Report,
    now: float,
    clockwork: Clockwork,
) -> tuple[Vote, Ballot]:
    """A server holds our registration. Counts as an answer to every reign that may run.

    The holder of the vote before us, or we before our restart, may have answered right before;
    with the longest lease that anybody has told that server of.
    """
    if report.registered != vote.registration or server in vote.acknowledged:
        return vote, ballot
    vote = dataclasses.replace(learn(vote, report), acknowledged=vote.acknowledged | {server})
    if is_full(vote, servers):
        chain = dict.fromkeys(servers, vote.registration)
        vote = dataclasses.replace(
            vote, exact=frozenset(servers), chain=chain, tried=(), take_over=False
        )
    elif server in vote.chain:
        # Nobody can have come in between here, and nobody can be registered on both but us.
        chain = {**vote.chain, server: vote.registration}
        vote = dataclasses.replace(vote, exact=vote.exact | {server}, chain=chain)
    end = now + clockwork.wait(max(vote.lease_max_s, report.lease_max))
    promises = dict(ballot.promises)
    for noted in unproven(vote):
        promises[noted.reign] = max(end, promises.get(noted.reign, end))
    return vote, Ballot(promises=promises)


def refuse_registration(vote: Vote, server: ServerName) -> Vote:
    """Somebody else holds the vote there: what we held is no base for anything any more."""
    return dataclasses.replace(
        vote,
        acknowledged=vote.acknowledged - {server},
        exact=vote.exact - {server},
        chain={name: held for name, held in vote.chain.items() if name != server},
    )


def learn(vote: Vote, report: Report) -> Vote:
    """What a server's report says about reigns: one that we did not order, or one of ours taken.

    An order of ours that was taken proves that the reigns it left to run out have: our half was
    over when it was noted, and the server checked its half. Not so for a forced one.
    """
    reign = report.reign
    if reign is None:
        return vote
    noted = find(vote, reign)
    if noted is None:
        known = NotedReign(
            reign=reign, ours=False, solo_number=report.solo_number, solo_held=report.solo
        )
        return dataclasses.replace(vote, reigns=(*vote.reigns, known))
    number = max(noted.solo_number, report.solo_number)
    held = noted.solo_held or (report.solo and report.solo_number >= noted.solo_number)
    if noted.proof is None and (number, held) != (noted.solo_number, noted.solo_held):
        vote = replaced(vote, dataclasses.replace(noted, solo_number=number, solo_held=held))
    if noted.ours and not noted.forced:
        for older in noted.run_out:
            vote = prove(vote, older, ProofKind.RUN_OUT)
    return vote


def prove(vote: Vote, reign: Reign, kind: ProofKind) -> Vote:
    """One reign is over, and its solo term with it."""
    noted = find(vote, reign)
    if noted is None or noted.proof is not None:
        return vote
    return replaced(vote, dataclasses.replace(noted, proof=kind, solo_held=False))


def answer(
    vote: Vote,
    ballot: Ballot,
    servers: tuple[ServerName, ServerName],
    question: Question,
    *,
    silent: bool,
    now: float,
    clockwork: Clockwork,
) -> tuple[Ballot, Answer | None]:
    """Notes the promise and gives the answer, or neither, in one step without an await.

    Noted after the send, or with anything between check and note, an order could slip in: the
    reign before it would be answered, and its lease renewed, beside the new one.
    """
    server = ServerName(question.reign.server)
    current = newest(vote)
    if silent or current is None or current.reign != question.reign:
        return ballot, None
    if not has_standing(vote, servers, server):
        return ballot, None
    end = now + clockwork.wait(vote.lease_s)
    latest = max(end, ballot.promises.get(question.reign, end))
    noted = Ballot(promises={**ballot.promises, question.reign: latest})
    return noted, Answer(question=question, lease=vote.lease_s, by=vote.registration)


def half_over_at(ballot: Ballot, noted: NotedReign) -> float | None:
    """When our own half of 'run out' is over for this reign; None: not to be said.

    No promise to an order of our own means that we never answered it; no promise to a reign that
    we only learned of means that we do not know what was answered.
    """
    if noted.reign in ballot.promises:
        return ballot.promises[noted.reign]
    return float("-inf") if noted.ours else None


def give_solo(vote: Vote, reign: Reign) -> Vote:
    """'May be held' is on disk before the order leaves, so no restart can miss it.

    The same number while the order is repeated, a new one after an end was asked for.
    """
    noted = find(vote, reign)
    if noted is None or (noted.solo_held and not noted.solo_ending):
        return vote
    return replaced(
        vote,
        dataclasses.replace(
            noted, solo_number=noted.solo_number + 1, solo_held=True, solo_ending=False
        ),
    )


def ask_solo_end(vote: Vote, reign: Reign) -> Vote:
    """A higher number for the end, so that the order to begin, if it is late, is void."""
    noted = find(vote, reign)
    if noted is None or noted.solo_ending:
        return vote
    return replaced(
        vote, dataclasses.replace(noted, solo_number=noted.solo_number + 1, solo_ending=True)
    )


def solo_ended(vote: Vote, reign: Reign | None, number: int) -> Vote:
    """Struck only by the acknowledgement of the latest number, which must be that of an end."""
    noted = find(vote, reign)
    if noted is None or not noted.solo_ending or number != noted.solo_number:
        return vote
    return replaced(vote, dataclasses.replace(noted, solo_held=False, solo_ending=False))


def remember(vote: Vote, server: ServerName, report: Report) -> tuple[Vote, bool]:
    """Notes the record's counter; True when it fell: that server has lost or old memory."""
    seen = vote.counters.get(server, 0)
    if report.counter < seen or (report.amnesiac and server in vote.acknowledged):
        return refuse_registration(
            dataclasses.replace(vote, counters={**vote.counters, server: report.counter}), server
        ), True
    if report.counter == seen:
        return vote, False
    return dataclasses.replace(vote, counters={**vote.counters, server: report.counter}), False
