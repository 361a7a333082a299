"""The pair of lease.pml in the program's own code: two guards, a controller, what is on its way.

A tick of the model is a second. Nothing is decided here: it does what the model did. The model
knows servers and controllers, not their boots and processes: so boots have no names of their own,
and what is under way is said by the process that lives when it arrives.
"""

import dataclasses
from typing import Any

from orchestrator.decision import vote as votes
from orchestrator.decision.carry import carry
from orchestrator.decision.hear import hear
from orchestrator.decision.intents import (
    EndSolo,
    GiveSolo,
    Intent,
    NoteOrder,
    RegisterOn,
    StopReign,
)
from orchestrator.decision.proofs import is_silent_to
from orchestrator.model import Reason, ServerName
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Goal, GoalKind, GroupState, NotedReign, Vote
from remote_helpers.protocol import control, guard
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.messages import Answer, Order, Question, Reply, Withdraw
from remote_helpers.protocol.record import blank
from remote_helpers.protocol.words import NEVER, Now, Registration, Reign, Terms

NAMES = (ServerName("s0"), ServerName("s1"))
BUDGET = 0.25
"""An active begins its demotion so long before a tick, and is done at the tick, as in the model."""
TERMS = Terms(budget=BUDGET, error=0.0, margin=0.0, watchdog=0.0)
CLOCKWORK = votes.Clockwork(error=0.0, margin_s=0.0)
LONG_AGO = -100.0


class Program:
    """S0 is ACTIVE in reign 1; its peer and the controller have just answered it."""

    def __init__(self, lease: int) -> None:
        self.lease = float(lease)
        self.now = LONG_AGO
        self.lives = 0
        self.guards: list[guard.Guard | None] = [None, None]
        self.records = [blank(self.lease, 0)] * 2
        self.state = GroupState(
            vote=Vote(
                registration=Registration(0, "c1", ""), lease_s=self.lease, lease_max_s=self.lease
            )
        )
        self.ballot = votes.Ballot()
        self.answers: dict[tuple[int, int], Answer] = {}
        """By server and grantor (0: its peer), the newest on its way."""
        self.orders: dict[tuple[int, int, str], Order] = {}
        """By server, epoch and proof; any of them may arrive, at any time."""
        self.stops: dict[tuple[int, int], Any] = {}
        self.ends: dict[tuple[int, int], Reply] = {}
        self.solos: dict[int, Any] = {}
        self.solo_ends: dict[int, Reply] = {}
        for server in (0, 1):
            self.boot(server)
        self.begin_term()
        self.now = 0.0
        self.order(0, "a")
        self.take_order(0, 1, "a")
        self.answer_peer(0)
        self.answer(0)
        for grantor in (0, 1):
            self.arrive(0, grantor)
        self.answers.clear()

    # --- servers ---

    def clock(self) -> Now:
        return Now(self.now, self.now)

    def alive(self, server: int) -> guard.Guard:
        one = self.guards[server]
        assert one is not None, f"S{server} is off"
        return one

    def boot(self, server: int) -> None:
        self.lives += 1
        me, peer = NAMES[server], NAMES[1 - server]
        one = guard.start(
            ("group", me, peer),
            "boot",
            f"g{self.lives}",
            TERMS,
            self.records[server],
            self.lease,
            self.clock(),
        )
        self.guards[server], _ = guard.checked(one, held=False)

    def power_off(self, server: int) -> None:
        self.guards[server] = None

    def _keep(self, server: int, after: guard.Guard, outputs: guard.Outputs) -> guard.Outputs:
        self.guards[server] = after
        self.records[server] = after.record
        return outputs

    def tell(self, server: int, message: Any) -> Reply:
        """By the controller that is registered there now."""
        one = self.alive(server)
        message = message._replace(registration=self.state.vote.registration)
        outputs = self._keep(server, *control.on_control(one, message, self.clock()))
        reply: Reply = outputs[-1].message
        return reply

    def question(self, server: int) -> Question | None:
        """As it would be asked now if it were due."""
        held = self.alive(server).holder._replace(asked_at=NEVER)
        return leases.ask(held, self.now, self.lease)[1]

    def answer_of_peer(self, server: int) -> tuple[guard.Guard, Answer | None]:
        """What the peer would answer this server now, and the peer after it."""
        asked = self.question(server)
        peer = self.alive(1 - server)
        if asked is None:
            return peer, None
        after, outputs = guard.on_question(peer, asked, self.clock())
        return after, outputs[0].message if outputs else None

    def answer_peer(self, server: int) -> None:
        after, answer = self.answer_of_peer(server)
        assert answer is not None, f"S{1 - server} does not answer S{server}"
        self.guards[1 - server] = after
        self.answers[server, 0] = answer

    def arrived(self, server: int, grantor: int) -> guard.Guard:
        """The server after the newest answer of this grantor."""
        answer = self.answers[server, grantor]
        if grantor:
            answer = answer._replace(by=self.state.vote.registration)
        after, _ = guard.on_answer(self.alive(server), answer, self.clock())
        return after

    def arrive(self, server: int, grantor: int) -> None:
        self.guards[server] = self.arrived(server, grantor)

    def withdraw(self, server: int, epoch: int) -> None:
        reign = self.noted(epoch).reign
        reply = self.tell(server, Withdraw(self.state.vote.registration, reign, False))
        assert reply.accepted, reply.why

    def order_refused(self, server: int, epoch: int, proof: str) -> str | None:
        order = self.orders[server, epoch, proof]
        return control.order_refused(
            self.alive(server),
            order._replace(registration=self.state.vote.registration),
            self.clock(),
        )

    def take_order(self, server: int, epoch: int, proof: str) -> str:
        return self.tell(server, self.orders[server, epoch, proof]).why

    def stop(self, server: int, epoch: int) -> None:
        """What stops does so at once, as in the model."""
        message = self.stops[server, epoch]
        self.tell(server, message)
        if self.alive(server).holder.phase == leases.STOPPING:
            self._keep(server, *guard.checked(self.alive(server), held=False))
        reply = self.tell(server, message)
        assert reply.accepted, reply.why
        self.ends[server, epoch] = reply

    def solo(self, server: int, number: int) -> None:
        reply = self.tell(server, self.solos[number])
        assert reply.accepted, reply.why
        if not self.solos[number].give:
            self.solo_ends[number] = reply

    def tick(self) -> None:
        """Right before it, demotions begin; at it, they are done."""
        just_before = self.now + 1.0 - BUDGET
        for server, one in enumerate(self.guards):
            if one is None:
                continue
            outputs = self._keep(server, *guard.tick(one, Now(just_before, just_before)))
            if any(isinstance(output, guard.Demote) for output in outputs):
                self._keep(server, *guard.checked(self.alive(server), held=False))
        self.now += 1.0
        old = [
            key
            for key, one in self.answers.items()
            if one.question.asked_at + one.lease <= self.now
        ]
        for key in old:
            del self.answers[key]

    # --- the controller ---

    def noted(self, epoch: int) -> NotedReign:
        (found,) = (one for one in self.state.vote.reigns if one.reign.epoch == epoch)
        return found

    def newest(self) -> NotedReign:
        current = votes.newest(self.state.vote)
        assert current is not None
        return current

    def errand(self, intent: Intent) -> Any:
        done = carry(self.state, intent, "n", None)
        self.state = done.state
        return done.message

    def hear(self, server: int, reply: Reply) -> None:
        self.state, self.ballot = hear(
            self.state, self.ballot, NAMES, NAMES[server], reply, self.now, CLOCKWORK
        )

    def begin_term(self) -> None:
        """Of a process that starts; both servers answer."""
        self.lives += 1
        vote = votes.begin(self.state.vote, "c1", f"i{self.lives}", (), take_over=False)
        self.state, self.ballot = dataclasses.replace(self.state, vote=vote), votes.Ballot()
        for server, name in enumerate(NAMES):
            self.hear(server, self.tell(server, self.errand(RegisterOn(server=name))))

    def answer_to(self, server: int) -> tuple[votes.Ballot, Answer | None]:
        """What it would answer this server now, and its notes after it."""
        asked = self.question(server)
        if asked is None:
            return self.ballot, None
        return votes.answer(
            self.state.vote,
            self.ballot,
            NAMES,
            asked,
            silent=is_silent_to(self.state, asked.reign),
            now=self.now,
            clockwork=CLOCKWORK,
        )

    def answer(self, server: int) -> None:
        self.ballot, answer = self.answer_to(server)
        assert answer is not None, f"C1 does not answer S{server}"
        self.answers[server, 1] = answer

    def want(self, server: int, source: Reign) -> None:
        goal = Goal(
            kind=GoalKind.FAILOVER,
            target=NAMES[server],
            source=ServerName(source.server),
            since=Monotonic(self.now),
            reason=Reason.ACTIVE_SILENT,
        )
        self.state = dataclasses.replace(self.state, goal=goal)

    def want_nothing(self) -> None:
        self.state = dataclasses.replace(self.state, goal=None)

    def order(self, server: int, proof: str) -> int:
        """The epoch that was ordered."""
        message = self.errand(NoteOrder(server=NAMES[server], boot="boot", forced=False))
        self.want_nothing()
        epoch: int = message.reign.epoch
        self.orders[server, epoch, proof] = message
        return epoch

    def order_stop(self, server: int, epoch: int) -> None:
        reign = self.noted(epoch).reign
        self.stops[server, epoch] = self.errand(StopReign(server=NAMES[server], reign=reign))

    def give_solo(self, server: int, number: int, epoch: int) -> None:
        reign = self.noted(epoch).reign
        self.solos[number] = self.errand(GiveSolo(server=NAMES[server], reign=reign))

    def end_solo(self, number: int) -> None:
        reign = next(one.reign for one in self.state.vote.reigns if one.solo_held)
        self.solos[number] = self.errand(EndSolo(server=ServerName(reign.server), reign=reign))
