"""Planted bugs: each wraps or replaces one pure function, for the time of one test.

The production code has no switch for any of them. The numbers are those of the list of planted
bugs in docs/explanation/safety.md.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from orchestrator.decision import hear as hearing
from orchestrator.decision import lease_length, proofs, pursue, upkeep
from orchestrator.decision import vote as votes
from orchestrator.decision.intents import NewTerm, RegisterOn
from orchestrator.model import Seen
from orchestrator.model.state import ProofKind
from orchestrator.simulation import controller as controllers
from orchestrator.simulation import server as servers
from remote_helpers.protocol import clocks, control, gate, grantor, guard, holder
from remote_helpers.protocol.messages import Lease, Order, Reply, Solo
from remote_helpers.protocol.words import NEVER, NOBODY

Plant = Callable[[pytest.MonkeyPatch], None]


def late_grant(patch: pytest.MonkeyPatch) -> None:
    """1: a lease counts from when the answer arrives."""
    real = holder.take_answer

    def wrong(now: Any, answer: Any, fast: float, *rest: float) -> Any:
        asked = answer.question
        if NEVER < now.since <= asked.asked_at <= fast:
            answer = answer._replace(question=asked._replace(asked_at=fast))
        return real(now, answer, fast, *rest)

    patch.setattr(holder, "take_answer", wrong)


def controller_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """2: promoted without waiting for the controller's own latest promise."""
    patch.setattr(votes, "half_over_at", lambda *_: NEVER)


def peer_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """3: promoted without waiting for the latest promise of the server to be promoted."""
    patch.setattr(grantor, "last_end", lambda *_: NEVER)


def no_local_check(patch: pytest.MonkeyPatch) -> None:
    """4: the server to be promoted trusts the controller, which trusts an old word of it."""
    patch.setattr(control, "_not_run_out", lambda *_: None)
    _without_the_hint(patch)


def _without_the_hint(patch: pytest.MonkeyPatch) -> None:
    """The controller leaves the promises of the server to the server, as it may."""
    real = proofs._running_out

    def hurried(facts: Any, goal: Any, noted: Any, fence: Any) -> Any:
        guards = {
            name: dataclasses.replace(seen, value=seen.value._replace(promise_left=0.0))
            if isinstance(seen, Seen)
            else seen
            for name, seen in facts.view.guards.items()
        }
        view = dataclasses.replace(facts.view, guards=guards)
        return real(dataclasses.replace(facts, view=view), goal, noted, fence)

    patch.setattr(proofs, "_running_out", hurried)


def guard_forgets(patch: pytest.MonkeyPatch) -> None:
    """5: a restarted guard has never answered anybody."""
    patch.setattr(grantor, "restarted", lambda *_: grantor.Grantor())


def controller_forgets(patch: pytest.MonkeyPatch) -> None:
    """6 and 18: a restart or a take-over does not count as an answer."""
    real = votes.acknowledge

    def wrong(vote: Any, ballot: Any, *rest: Any) -> Any:
        vote, _ = real(vote, ballot, *rest)
        zero = dict.fromkeys((one.reign for one in votes.unproven(vote)), NEVER)
        return vote, votes.Ballot(promises={**zero, **ballot.promises})

    patch.setattr(votes, "acknowledge", wrong)


def burned_proves_all(patch: pytest.MonkeyPatch) -> None:
    """7: 'never began' of the last reign is taken for all older ones."""
    real = votes.prove

    def wrong(vote: Any, reign: Any, kind: ProofKind) -> Any:
        vote = real(vote, reign, kind)
        if kind is ProofKind.BURNED:
            for older in votes.unproven(vote):
                if older.reign.epoch < reign.epoch:
                    vote = real(vote, older.reign, ProofKind.STOPPED)
        return vote

    patch.setattr(votes, "prove", wrong)
    _without_the_hint(patch)  # with it, an order is noted only when both halves are over


def undo_by_timer(patch: pytest.MonkeyPatch) -> None:
    """8: an order that is not answered soon is taken back by itself."""
    real = pursue._ordered

    def wrong(facts: Any, state: Any, goal: Any, noted: Any) -> Any:
        if noted is not None and facts.now - goal.since > 3.0:
            vote = votes.prove(state.vote, noted.reign, ProofKind.STOPPED)
            state = dataclasses.replace(state, vote=vote)
            noted = votes.find(vote, noted.reign)
        return real(facts, state, goal, noted)

    patch.setattr(pursue, "_ordered", wrong)


def confirmation_without_reign(patch: pytest.MonkeyPatch) -> None:
    """9: a confirmed stop counts for whatever runs there now."""
    real = hearing.hear

    def wrong(state: Any, ballot: Any, names: Any, server: Any, reply: Reply, *rest: Any) -> Any:
        state, ballot = real(state, ballot, names, server, reply, *rest)
        if reply.to == "stop" and reply.accepted:
            for noted in votes.unproven(state.vote):
                if noted.reign.server == server:
                    vote = votes.prove(state.vote, noted.reign, ProofKind.STOPPED)
                    state = dataclasses.replace(state, vote=vote)
        return state, ballot

    patch.setattr(controllers, "hear", wrong)


def order_is_first_grant(patch: pytest.MonkeyPatch) -> None:
    """10: the lease begins with the order."""
    real = control._order

    def wrong(now: Any, message: Order, at: Any) -> Any:
        before = now.holder.reign
        now, outputs = real(now, message, at)
        if now.holder.reign == message.reign != before:
            end = at.fast + now.record.lease
            held = now.holder._replace(phase=holder.REIGNING, lease_end=end)
            opened = gate.opened(message.reign, now.record.registered.incarnation, end)
            now = now._replace(holder=held, gate=opened, held=True)
        return now, outputs

    patch.setitem(control._HANDLERS, Order, wrong)


def lower_lease_at_once(patch: pytest.MonkeyPatch) -> None:
    """11: a shorter lease is in force before the longer one has passed."""
    real = control._lease

    def wrong(now: Any, message: Lease, at: Any) -> Any:
        now, outputs = real(now, message, at)
        record = now.record._replace(lease_max=now.record.lease)
        if outputs and isinstance(outputs[0], guard.Save):
            outputs = (guard.Save(record), *outputs[1:])
        return now._replace(record=record), outputs

    patch.setitem(control._HANDLERS, Lease, wrong)
    patch.setattr(
        lease_length,
        "change",
        lambda vote, lease: dataclasses.replace(vote, lease_s=lease, lease_max_s=lease),
    )
    patch.setattr(votes, "acknowledge", _acknowledge_with_configured(votes.acknowledge))


def _acknowledge_with_configured(real: Any) -> Any:
    def wrong(
        vote: Any, ballot: Any, names: Any, server: Any, report: Any, now: Any, clockwork: Any
    ) -> Any:
        report = report._replace(lease_max=vote.lease_s)
        return real(vote, ballot, names, server, report, now, clockwork)

    return wrong


def second_guard(patch: pytest.MonkeyPatch) -> None:
    """12: a second guard takes the controller's messages; the first goes on answering."""
    real = control.on_control

    def wrong(now: Any, message: Any, at: Any) -> Any:
        if isinstance(message, Order):
            asked = now._replace(
                grantor=now.grantor._replace(promises=(), running_at=NEVER, floor=0)
            )
            return real(asked, message, at)
        return real(now, message, at)

    patch.setattr(control, "on_control", wrong)
    _without_the_hint(patch)


def grant_from_before_reboot(patch: pytest.MonkeyPatch) -> None:
    """13: an answer is taken whatever boot, reign and guard it was for."""
    real = holder.take_answer

    def wrong(now: Any, answer: Any, fast: float, *rest: float) -> Any:
        if now.reign is not None and answer.question.asked_at > fast:
            asked = answer.question._replace(
                reign=now.reign, incarnation=now.incarnation, asked_at=fast
            )
            longer = now._replace(lease_end=answer.question.asked_at + answer.lease)
            if now.phase in (holder.REIGNING, holder.STOPPING):
                return longer
            return real(now, answer._replace(question=asked), fast, *rest)._replace(
                lease_end=answer.question.asked_at + answer.lease
            )
        return real(now, answer, fast, *rest)

    patch.setattr(holder, "take_answer", wrong)


def no_gate(patch: pytest.MonkeyPatch) -> None:
    """14: queued steps look at the epoch only."""

    def wrong(current: Any, reign: Any, *_: Any) -> bool:
        return current.reign is None or current.reign.epoch <= reign.epoch

    patch.setattr(gate, "may_act", wrong)


def no_reset(patch: pytest.MonkeyPatch) -> None:
    """15: a killed or hung guard with nothing behind it."""
    patch.setattr(servers.SimServer, "_feed", lambda _: None)


def late_demotion(patch: pytest.MonkeyPatch) -> None:
    """16: the demotion begins when the lease has ended."""
    real = holder.tick

    def wrong(now: Any, fast: float, lease: float, budget: float) -> Any:
        end = holder.end_of(now) + 1.0
        if now.phase in (holder.REIGNING, holder.STOPPING) and fast >= end:
            return holder.begin_emergency(now, fast, budget), holder.DEMOTE
        if now.phase == holder.EMERGENCY or fast >= end - 1.0 - budget:
            return now, ""
        return real(now, fast, lease, budget)

    patch.setattr(holder, "tick", wrong)
    no_reset(patch)  # the watchdog alone would catch it


def solo_without_number(patch: pytest.MonkeyPatch) -> None:
    """17: a late order for a solo term is obeyed after its end was acknowledged."""
    real = control._solo

    def wrong(now: Any, message: Solo, at: Any) -> Any:
        if message.give and now.holder.reign == message.reign:
            record = now.record._replace(solo_number=min(now.record.solo_number, 0))
            now = now._replace(record=record)
        return real(now, message, at)

    patch.setitem(control._HANDLERS, Solo, wrong)


def solo_volatile(patch: pytest.MonkeyPatch) -> None:
    """17: that a solo term may be held is not noted before it is sent."""
    real = votes.give_solo

    def wrong(vote: Any, reign: Any) -> Any:
        vote = real(vote, reign)
        noted = votes.find(vote, reign)
        assert noted is not None
        return votes.replaced(vote, dataclasses.replace(noted, solo_held=False))

    patch.setattr(votes, "give_solo", wrong)
    learn = votes.learn
    patch.setattr(votes, "learn", lambda vote, report: learn(vote, report._replace(solo=False)))


def solo_ends_without_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    """17: struck when the end is asked for."""
    real = votes.ask_solo_end

    def wrong(vote: Any, reign: Any) -> Any:
        vote = real(vote, reign)
        noted = votes.find(vote, reign)
        assert noted is not None
        return votes.replaced(vote, dataclasses.replace(noted, solo_held=False))

    patch.setattr(votes, "ask_solo_end", wrong)
    learn = votes.learn
    patch.setattr(votes, "learn", lambda vote, report: learn(vote, report._replace(solo=False)))


def solo_ignored(patch: pytest.MonkeyPatch) -> None:
    """17: a solo term does not stand in the way of running out."""
    real = proofs._cannot_run_out

    def wrong(facts: Any, goal: Any, noted: Any) -> Any:
        return real(facts, goal, dataclasses.replace(noted, solo_held=False))

    patch.setattr(proofs, "_cannot_run_out", wrong)


def half_registered_answers(patch: pytest.MonkeyPatch) -> None:
    """18: registered on one server only, the controller uses its vote there."""
    patch.setattr(votes, "has_standing", lambda vote, _, server: server in vote.acknowledged)

    real = upkeep.registration

    def at_once(facts: Any, state: Any) -> Any:
        asked = real(facts, state)
        if any(isinstance(one, NewTerm) for one in asked):
            return asked
        return tuple(
            RegisterOn(server=name)
            for name in facts.names
            if name not in state.vote.acknowledged and not facts.is_silent(name)
        )

    patch.setattr(upkeep, "registration", at_once)


def no_registration_check(patch: pytest.MonkeyPatch) -> None:
    """18: a server takes votes and orders of a controller that is not registered there."""
    real_answer, real_control = guard.on_answer, control.on_control

    def answered(now: Any, answer: Any, at: Any) -> Any:
        return real_answer(now, answer._replace(by=NOBODY), at)

    def asked(now: Any, message: Any, at: Any) -> Any:
        if hasattr(message, "registration") and type(message).__name__ != "Register":
            message = message._replace(registration=now.record.registered)
        return real_control(now, message, at)

    patch.setattr(guard, "on_answer", answered)
    patch.setattr(control, "on_control", asked)


def noted_after_send(patch: pytest.MonkeyPatch) -> None:
    """19: the promise is noted some time after the answer was sent."""
    real = controllers.SimController.asked

    def wrong(self: Any, server: str, question: Any) -> None:
        before = self.ballot
        real(self, server, question)
        after, self.ballot = self.ballot, before
        if after is before:
            return

        def note(life: int) -> None:
            if life == self.life:
                merged = dict(self.ballot.promises)
                for reign, end in after.promises.items():
                    merged[reign] = max(end, merged.get(reign, end))
                self.ballot = votes.Ballot(promises=merged)

        self.world.at(self.world.chance.uniform(1.5, 4.0), note, self.life)

    patch.setattr(controllers.SimController, "asked", wrong)


def no_margin(patch: pytest.MonkeyPatch) -> None:
    """20: neither drift nor margin in the wait."""
    patch.setattr(clocks, "wait_for", lambda lease, *_: lease)
    patch.setattr(guard, "wait_for", lambda lease, *_: lease)
    patch.setattr(votes, "wait_for", lambda lease, *_: lease)


def old_fence_counts(patch: pytest.MonkeyPatch) -> None:
    """24: a server that was off once proves every later reign on it over."""
    real = upkeep.observe

    def wrong(facts: Any, state: Any) -> Any:
        state, intents = real(facts, state)
        for fence in facts.view.fences:
            for noted in votes.unproven(state.vote):
                if fence.off and noted.reign.server == fence.server:
                    vote = votes.prove(state.vote, noted.reign, ProofKind.FENCED)
                    state = dataclasses.replace(state, vote=vote)
        return state, intents

    patch.setattr(upkeep, "observe", wrong)


def same_epoch_again(patch: pytest.MonkeyPatch) -> None:
    """25: an order of the promised epoch itself is taken: a burned order begins after all."""
    real = control.order_refused

    def wrong(now: Any, order: Order, at: Any) -> Any:
        if order.reign.epoch == now.record.promised:
            record = now.record._replace(promised=now.record.promised - 1)
            floor = min(now.grantor.floor, order.reign.epoch - 1)
            now = now._replace(record=record, grantor=now.grantor._replace(floor=floor))
        return real(now, order, at)

    patch.setattr(control, "order_refused", wrong)


def timeout_counts_as_stopped(patch: pytest.MonkeyPatch) -> None:
    """26: a stop that was not confirmed counts as done."""
    real = hearing.hear

    def wrong(state: Any, ballot: Any, names: Any, server: Any, reply: Reply, *rest: Any) -> Any:
        if reply.to == "stop" and reply.why == "in-progress":
            reply = reply._replace(accepted=True)
        return real(state, ballot, names, server, reply, *rest)

    patch.setattr(controllers, "hear", wrong)


def dead_reign_resumes(patch: pytest.MonkeyPatch) -> None:
    """10b: a late answer brings a reign back after its confirmed end."""
    real = guard.on_answer

    def wrong(now: Any, answer: Any, at: Any) -> Any:
        asked = answer.question
        same = asked.reign == now.record.reign and asked.reign.server == now.me
        if now.holder.phase == holder.IDLE and same and asked.asked_at + answer.lease > at.fast:
            again = now.holder._replace(phase=holder.ORDERED, reign=asked.reign)
            now = now._replace(holder=again._replace(incarnation=asked.incarnation))
        return real(now, answer, at)

    patch.setattr(guard, "on_answer", wrong)


def answers_while_silent(patch: pytest.MonkeyPatch) -> None:
    """6b: an old reign is answered after the order for a newer one was noted."""
    real = votes.answer

    def wrong(vote: Any, ballot: Any, names: Any, question: Any, **rest: Any) -> Any:
        noted = votes.find(vote, question.reign)
        if noted is not None and noted.proof is None:
            older = tuple(one for one in vote.reigns if one.reign.epoch <= question.reign.epoch)
            vote = dataclasses.replace(vote, reigns=older)
        return real(vote, ballot, names, question, **rest)

    patch.setattr(votes, "answer", wrong)
    _without_the_hint(patch)


SAFETY: dict[str, Plant] = {
    "1-late-grant": late_grant,
    "2-controller-does-not-wait": controller_does_not_wait,
    "3-peer-does-not-wait": peer_does_not_wait,
    "4-no-local-check": no_local_check,
    "5-guard-forgets": guard_forgets,
    "6-controller-forgets": controller_forgets,
    "6b-answers-after-noting": answers_while_silent,
    "7-burned-proves-all": burned_proves_all,
    "8-undo-by-timer": undo_by_timer,
    "9-confirmation-without-reign": confirmation_without_reign,
    "10-order-is-first-grant": order_is_first_grant,
    "10b-dead-reign-resumes": dead_reign_resumes,
    "11-lower-lease-at-once": lower_lease_at_once,
    "12-second-guard": second_guard,
    "13-grant-from-before-reboot": grant_from_before_reboot,
    "14-no-gate": no_gate,
    "15-no-reset": no_reset,
    "16-late-demotion": late_demotion,
    "17-solo-without-number": solo_without_number,
    "17-solo-volatile": solo_volatile,
    "17-solo-ends-unacknowledged": solo_ends_without_acknowledgement,
    "17-solo-ignored": solo_ignored,
    "18-half-registered-answers": half_registered_answers,
    "18-no-registration-check": no_registration_check,
    "19-noted-after-send": noted_after_send,
    "20-no-margin": no_margin,
    "24-old-fence-counts": old_fence_counts,
    "25-same-epoch-again": same_epoch_again,
    "26-timeout-counts-as-stopped": timeout_counts_as_stopped,
}


@contextlib.contextmanager
def planted(plant: Plant) -> Iterator[None]:
    """The bug is there inside, and nowhere else."""
    with pytest.MonkeyPatch.context() as patch:
        plant(patch)
        yield
