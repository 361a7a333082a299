"""Look, decide, store, act: level-triggered, for one group.

No coroutine: between any two of its effects nothing else happens in this group, so that a question
of a server never slips in between the decision to fall silent and its note.
"""

import dataclasses
from collections.abc import Mapping

from orchestrator.decision import freshness, lease_length, proofs
from orchestrator.decision import vote as votes
from orchestrator.decision.carry import carry
from orchestrator.decision.decide import decide
from orchestrator.decision.facts import Facts
from orchestrator.decision.hear import hear
from orchestrator.decision.intents import (
    Because,
    Decision,
    Fence,
    GiveSolo,
    Intent,
    NewTerm,
    Tell,
    Work,
)
from orchestrator.model import Group, Observation, Seen, ServerName, Unknown, UnknownReason
from orchestrator.model.guard_report import FenceResult, GuardedView
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import GroupState, Policy
from orchestrator.reconcile.ports import Ports
from remote_helpers.protocol.messages import Answer, Lease, Question, Reply, Report, Status

HASTY = ("register", "stop", "order")
"""Replies after which the next step need not wait for the next turn."""


class Reconciler:
    """`state` is what is stored; the rest a restart forgets, and registers anew to make it good."""

    def __init__(self, group: Group, policy: Policy, state: GroupState, ports: Ports) -> None:
        self.group = group
        self.policy = policy
        self.state = state
        self.ballot = votes.Ballot()
        self.reports: dict[ServerName, tuple[float, Report]] = {}
        """When the request left, and the guard's report in its reply."""
        self.fences: list[FenceResult] = []
        self.reasons: tuple[Because, ...] = ()
        self._ports = ports
        self._lowered_at = ports.now()
        self._lease_s = state.vote.lease_s
        """What is wanted: not the length in force until all who share it know."""

    @property
    def clockwork(self) -> votes.Clockwork:
        return votes.Clockwork(error=self.policy.clock_error, margin_s=self.policy.margin_s)

    def begin_term(self, controller: str, incarnation: str, *, take_over: bool) -> None:
        """At each start: whoever answered before, we or another, may have answered right before."""
        seen = tuple(report.registered for _, report in self.reports.values())
        vote = votes.begin(self.state.vote, controller, incarnation, seen, take_over=take_over)
        self.store(
            dataclasses.replace(
                self.state, vote=vote, superseded=False, outdated=self._feared(take_over=take_over)
            )
        )

    def _feared(self, *, take_over: bool) -> frozenset[ServerName]:
        """Copies that may lack writes. What the holder of the vote before has let be written to one
        copy alone is noted with it and nobody else; both are feared until they are seen in sync.
        """
        begins = take_over or not self.state.vote.chain
        if begins and freshness.replicated(self.group):
            return frozenset(self.group.server_names)
        return self.state.outdated

    def change_lease(self, lease_s: float) -> None:
        """Another length: a longer one from now on, a shorter one when both guards live by it."""
        self._lease_s = lease_s
        if lease_s > self.state.vote.lease_s:
            self._use_lease()

    def _use_lease(self) -> None:
        vote = lease_length.change(self.state.vote, self._lease_s)
        self.store(dataclasses.replace(self.state, vote=vote))
        self._lowered_at = self._ports.now()

    def store(self, state: GroupState) -> None:
        """In force here at once: until it is on disk nothing that follows from it leaves."""
        self.state = state
        self._ports.store(state)

    # --- what it is told ---

    def replied(self, server: ServerName, reply: Reply, sent_at: float) -> bool:
        """Whether a turn is due at once: only when the reply changed something, or each turn would
        send an order again whose reply makes the next turn, as fast as the network goes.

        A reply is as old as its request: a stalled stream must not make it look fresh.
        """
        if self._is_news(server, reply.report, sent_at):
            self.reports[server] = (sent_at, reply.report)
        state, self.ballot = hear(
            self.state,
            self.ballot,
            self.group.server_names,
            server,
            reply,
            self._ports.now(),
            self.clockwork,
        )
        changed = state != self.state
        if changed:
            self.store(state)
        return changed and reply.to in HASTY and reply.accepted

    def _is_news(self, server: ServerName, report: Report, sent_at: float) -> bool:
        """Two requests may overtake each other on their way. Of one guard the counter never falls:
        a lower one was said earlier. Taken for a lost record it would cost the registration, and
        with it, while the other server is dead, the service.
        """
        known = self.reports.get(server)
        if known is None:
            return True
        at, before = known
        same_guard = report.incarnation == before.incarnation
        return at <= sent_at and not (same_guard and report.counter < before.counter)

    def fenced(self, result: FenceResult) -> None:
        """Only the last result for each reign is kept: a device may fail for days."""
        of = (result.server, result.asked_for)
        kept = [one for one in self.fences if (one.server, one.asked_for) != of]
        self.fences = [*kept, result]

    def answer(self, question: Question) -> Answer | None:
        """Check, note and answer in one step. The caller sends what is returned, or nothing."""
        self.ballot, answer = votes.answer(
            self.state.vote,
            self.ballot,
            self.group.server_names,
            question,
            silent=proofs.is_silent_to(self.state, question.reign),
            now=self._ports.now(),
            clockwork=self.clockwork,
        )
        return answer

    # --- the loop ---

    def poll(self) -> None:
        """Asks both guards how they are."""
        for server in self.group.server_names:
            self._ports.send(server, Status(self.state.vote.registration))

    def turn(self) -> tuple[Decision, Facts]:
        """Looks at everything again: what was decided, and what it rests on."""
        now = self._ports.now()
        facts = Facts(group=self.group, policy=self.policy, view=self.view(now), now=now)
        decision = decide(self.group, self.state, facts.view, now, self.policy)
        self.reasons = decision.reasons
        state = decision.state
        vote = lease_length.let_go(state.vote, self._lowered_at, now, self.clockwork)
        if vote is not state.vote:
            state = dataclasses.replace(state, vote=vote)
        if state != self.state:
            self.store(state)
        for intent in decision.intents:
            self._carry_out(intent)
        self._tell_lease_lengths()
        return decision, facts

    def give_solo(self) -> None:
        """Before this controller goes: nobody will be there to be asked."""
        current = votes.newest(self.state.vote)
        if current is not None:
            server = ServerName(current.reign.server)
            self._carry_out(GiveSolo(server=server, reign=current.reign))

    def view(self, now: float) -> GuardedView:
        """The frozen snapshot that is decided upon."""
        return GuardedView(
            view=self._ports.seen(now),
            guards=self._guards(),
            fences=tuple(self.fences),
            around=self._ports.around(),
            promises=self.ballot.promises,
            minute=self._ports.minute(),
        )

    def _guards(self) -> Mapping[ServerName, Observation[Report]]:
        guards: dict[ServerName, Observation[Report]] = {}
        for server in self.group.server_names:
            known = self.reports.get(server)
            if known is None:
                guards[server] = Unknown(reason=UnknownReason.NOT_ASKED, at=Monotonic(0.0))
            else:
                guards[server] = Seen(value=known[1], at=Monotonic(known[0]))
        return guards

    def _carry_out(self, intent: Intent) -> None:
        if isinstance(intent, NewTerm):
            registration = self.state.vote.registration
            self.begin_term(
                registration.controller,
                registration.incarnation,
                take_over=self.state.vote.take_over,
            )
        elif isinstance(intent, Fence):
            self._ports.fence(intent)
        elif isinstance(intent, Work):
            self._ports.work(intent)
        elif isinstance(intent, Tell):
            self._ports.tell(intent)
        else:
            self._send(intent)

    def _send(self, intent: Intent) -> None:
        """Stored first: from the moment an order may be under way, its reign may run."""
        known = self.reports.get(getattr(intent, "server", ServerName("")))
        errand = carry(self.state, intent, self._ports.word(), known[1] if known else None)
        if errand.state is not self.state:
            self.store(errand.state)
        if errand.server is not None and errand.message is not None:
            self._ports.send(errand.server, errand.message)

    def _tell_lease_lengths(self) -> None:
        reports = {server: report for server, (_, report) in self.reports.items()}
        if lease_length.may_lower(self.state.vote, self._lease_s, reports):
            self._use_lease()
        for server in lease_length.to_tell(self.state.vote, self._lease_s, reports):
            self._ports.send(server, Lease(self.state.vote.registration, self._lease_s))
