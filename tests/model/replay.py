"""Plays a trace of lease.pml in the program and compares the two after each step.

What the model did, the program must be able to do, with the same outcome; and whatever the program
would accept next, the model must allow: else the model does not speak of this program. Where the
program alone may be stricter, it says so here.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any

from orchestrator.decision import proofs
from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.model import Seen, Unknown, UnknownReason
from orchestrator.model.guard_report import GuardedView
from orchestrator.model.moment import Monotonic
from orchestrator.model.state import Policy
from orchestrator.simulation.pair import group_of
from orchestrator.simulation.sight import view_of
from remote_helpers.protocol import grantor as grants
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.reporting import report
from tests.model.program import NAMES, Program
from tests.model.trace import Shown, Step

ROLES = {leases.IDLE: 0, leases.ORDERED: 1}
ACTIVE = 2


class Left(Exception):
    """Something that only one of the two knows: the rest of the trace says nothing."""


class Replay:
    def __init__(self, lease: int) -> None:
        self.program = Program(lease)
        self.booted: set[int] = set()
        """Servers whose guard has forgotten what it only answered; the model remembers it."""

    def play(self, steps: list[Step]) -> tuple[int, str]:
        """How many steps were played, and the first disagreement, or nothing."""
        for number, step in enumerate(steps):
            try:
                self._act(step)
                found = list(self._differences(step))
            except Left:
                return number, ""
            except (AssertionError, KeyError, ValueError) as error:
                return number, f"the program cannot follow: {step.what}: {error!r}"
            if found:
                return number, f"{step.what}: {'; '.join(found)}"
        return len(steps), ""

    # --- what the model did ---

    def _act(self, step: Step) -> None:
        for pattern, act in ACTS.items():
            match = re.fullmatch(pattern, step.what)
            if match:
                values = (int(text) if text.isdigit() else text for text in match.groups())
                act(self, *values)
                self._renew(step)
                return
        raise AssertionError("the program does no such thing")

    def _renew(self, step: Step) -> None:
        """A withdrawal that the model keeps is one that its controller asks for again in time."""
        for server in (0, 1):
            shown = step.after[f"S{server}"]
            if shown["alive"] and shown["wd"] and not self._withdrawn(server):
                self.program.withdraw(server, shown["wd"])

    def _withdrawn(self, server: int) -> int:
        grantor = self.program.alive(server).grantor
        in_force = grantor.withdrawn is not None and self.program.now < grantor.withdrawn_until
        return grantor.withdrawn.epoch if in_force and grantor.withdrawn else 0

    def _tick(self) -> None:
        ordered = [_phase(one) == leases.ORDERED for one in self.program.guards]
        self.program.tick()
        for was, one in zip(ordered, self.program.guards, strict=True):
            if was and _phase(one) == leases.IDLE:
                raise Left  # an order that nobody answers lapses; in the model it waits for ever

    def _boot(self, server: int) -> None:
        self.program.boot(server)
        self.booted.add(server)

    def _controller_starts(self) -> None:
        if None in self.program.guards:
            raise Left  # it registers where the server is off later; the model has no such half way
        self.program.want_nothing()
        self.program.begin_term()

    def _wants(self, server: int, epoch: int) -> None:
        assert epoch == max(one.reign.epoch for one in self.program.state.vote.reigns) + 1
        self.program.want(server, self.program.newest().reign)

    def _orders(self, server: int, epoch: int, proof: str) -> None:
        """By proof a the end of the newest reign was confirmed; by proof c nothing promised to it
        is out, and it has no term without end.
        """
        current = self.program.newest()
        if proof == "a":
            self._hear_end()
        else:
            assert not current.solo_held, "a solo term may be held"
            over = votes.half_over_at(self.program.ballot, current)
            assert over is not None, "nobody knows what it was answered"
            assert over <= self.program.now, "its promise is out"
        assert self.program.order(server, proof) == epoch

    def _hear_end(self) -> None:
        """The model's controller knows it when it uses it."""
        reign = self.program.newest().reign
        server = NAMES.index(reign.server)
        self.program.hear(server, self.program.ends[server, reign.epoch])
        assert self.program.noted(reign.epoch).proof is not None

    def _solo_is_over(self) -> None:
        number = max(self.program.solos)
        reply = self.program.solo_ends[number]
        self.program.hear(NAMES.index(reply.reign.server), reply)

    def _takes(self, server: int, epoch: int, proof: str) -> None:
        why = self.program.take_order(server, epoch, proof)
        if proof == "a" and why == "not-withdrawn":
            raise Left  # the program wants older reigns withdrawn too, not only the newest ended
        assert not why, why

    # --- what is so after it ---

    def _differences(self, step: Step) -> Iterator[str]:
        for server in (0, 1):
            shown = step.after[f"S{server}"]
            one = self.program.guards[server]
            if (one is not None) != bool(shown["alive"]):
                yield f"S{server} is on in one of the two"
            elif one is not None:
                for name, value in self._server(server).items():
                    if value != shown[name]:
                        yield f"S{server} {name}: model {shown[name]}, program {value}"
                yield from self._known(server, shown)
                yield from self._next_answers(server, shown)
                yield from self._next_orders(server, shown)
        shown = step.after["C1"]
        if shown["up"]:
            yield from self._controller(shown, step)

    def _server(self, server: int) -> dict[str, float]:
        one, now = self.program.alive(server), self.program.now
        role = ROLES.get(one.holder.phase, ACTIVE)
        reign = one.record.reign
        promised = grants.last_end(one.grantor, ())
        return {
            "role": role,
            "reign": 0 if reign is None else reign.epoch,
            "lease": max(one.holder.lease_end - now, 0.0) if role else 0.0,
            "ans": max(promised - now, 0.0),
            "wd": self._withdrawn(server),
            "reg": int(one.record.registered.controller.removeprefix("c")),
            "solo": int(one.record.solo),
        }

    def _known(self, server: int, shown: Shown) -> Iterator[str]:
        one = self.program.alive(server)
        floor, known = one.grantor.floor, shown["known"]
        if floor > known or (floor < known and server not in self.booted):
            yield f"S{server} known: model {known}, program {floor}"
        promised = max(shown["burnt"], shown["reign"])
        if one.record.promised != promised:
            yield f"S{server} promised: model {promised}, program {one.record.promised}"

    def _next_answers(self, server: int, shown: Shown) -> Iterator[str]:
        program = self.program
        end = program.alive(server).holder.lease_end
        for grantor in (0, 1):
            under_way = (server, grantor) in program.answers
            counts = under_way and program.arrived(server, grantor).holder.lease_end > end
            if counts != bool(shown[f"counts{grantor}"]):
                yield f"S{server}: an answer of {grantor} counts in one of the two"
        asker = 1 - server
        if program.guards[asker] is not None:
            would = program.answer_of_peer(asker)[1] is not None
            if would != bool(shown["peermay"]) and not (
                would and self._has_forgotten(server, shown)
            ):
                yield f"S{server} would answer its peer in one of the two"

    def _has_forgotten(self, server: int, shown: Shown) -> bool:
        return self.program.alive(server).grantor.floor < shown["known"]

    def _next_orders(self, server: int, shown: Shown) -> Iterator[str]:
        for to, epoch, proof in self.program.orders:
            if to != server or epoch == 1:
                continue
            refused = self.program.order_refused(server, epoch, proof)
            allowed = bool(shown[f"{proof}{epoch}"])
            stricter = refused == "not-withdrawn" and proof == "a"
            forgotten = refused is None and self._has_forgotten(server, shown)
            if (refused is None) != allowed and not stricter and not forgotten:
                yield f"S{server}: order {epoch}, proof {proof}: model {allowed}, program {refused}"

    def _controller(self, shown: Shown, step: Step) -> Iterator[str]:
        program = self.program
        current = program.newest()
        if current.reign.epoch != shown["ce"]:
            yield f"C1 newest: model {shown['ce']}, program {current.reign.epoch}"
        over = votes.half_over_at(program.ballot, current)
        left = max(over - program.now, 0.0) if over is not None else -1.0
        answered_last = shown["cl"] in (0, shown["ce"])
        if left != shown["cans"] if answered_last else left > shown["cans"]:
            yield f"C1 promise: model {shown['cans']}, program {left}"
        if any(one.solo_held for one in program.state.vote.reigns) != bool(shown["csolo"]):
            yield f"C1 solo: model {shown['csolo']}"
        for server in (0, 1):
            if program.guards[server] is not None:
                would = program.answer_to(server)[1] is not None
                if would != bool(shown[f"answers{server}"]):
                    yield f"C1 would answer S{server} in one of the two"
        if self._would_order() and not shown["order"]:
            yield "C1 would order a promotion in the program only"

    def _would_order(self) -> bool:
        """Whether nothing but the order is left to do against the newest reign."""
        program, goal = self.program, self.program.state.goal
        current = program.newest()
        if goal is None or goal.target == current.reign.server:
            return False
        target = program.guards[NAMES.index(goal.target)]
        if target is None:
            return False
        now = Monotonic(program.now)
        facts = Facts(
            group=group_of(program.lease),
            policy=Policy(),
            view=GuardedView(
                view=view_of(NAMES, {}, {}, now),
                guards={
                    goal.target: Seen(value=report(target, program.clock()), at=now),
                    program.newest().reign.server: Unknown(reason=UnknownReason.NOT_ASKED, at=now),
                },
                promises=program.ballot.promises,
            ),
            now=now,
        )
        return proofs.gap_of(facts, goal, current).runs_out


def _phase(one: Any) -> str:
    return "" if one is None else one.holder.phase


ACTS: dict[str, Callable[..., None]] = {
    r"---- tick.*": Replay._tick,
    r"S(\d) guard answers its peer \(e\d\)": lambda me, s: me.program.answer_peer(1 - s),
    r"S(\d) (?:ACTIVE e\d, )?lease \d+,? by grant of (\d)": lambda me, s, g: me.program.arrive(
        s, g
    ),
    r"S(\d) withdraws from e(\d) for C1": lambda me, s, e: me.program.withdraw(s, e),
    r"S(\d) takes order promote e(\d) of C1 \(proof (\w)\)": Replay._takes,
    r"S(\d) confirms: reign e(\d) is over": lambda me, s, e: me.program.stop(s, e),
    r"S(\d) solo \(order (\d), e\d\)": lambda me, s, n: me.program.solo(s, n),
    r"S(\d) acknowledges end of solo \((\d)\)": lambda me, s, n: me.program.solo(s, n),
    r"S(\d) power cut": lambda me, s: me.program.power_off(s),
    r"S(\d) boots, new guard": Replay._boot,
    r"C1 answers S(\d) \(e\d\)": lambda me, s: me.program.answer(s),
    r"C1 wants S(\d) as e(\d);.*": Replay._wants,
    r"C1 gives the attempt up, grants again": lambda me: me.program.want_nothing(),
    r"C1 orders stop of e(\d) on S(\d)": lambda me, e, s: me.program.order_stop(s, e),
    r"C1 orders S(\d): promote e(\d) \(proof (\w)\)": Replay._orders,
    r"C1: the last order is burned, .*": Replay._hear_end,
    r"C1 gives S(\d) solo \(order (\d), e(\d)\)": lambda me, s, n, e: me.program.give_solo(s, n, e),
    r"C1 asks for the end of solo \((\d)\)": lambda me, n: me.program.end_solo(n),
    r"C1: solo is over": lambda me: me._solo_is_over(),
    r"C1 dies": lambda me: me.program.want_nothing(),
    r"C1 starts": Replay._controller_starts,
}
"""What a line of the trace is in the program."""
