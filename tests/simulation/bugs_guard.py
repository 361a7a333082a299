"""Planted bugs of the guard: what runs on the servers."""

import dataclasses
from typing import Any

import pytest

from orchestrator.decision import lease_length
from orchestrator.decision import vote as votes
from orchestrator.simulation import server as servers
from remote_helpers.protocol import clocks, control, gate, grantor, guard, holder
from remote_helpers.protocol.messages import Lease, Order, Solo
from remote_helpers.protocol.words import NEVER, NOBODY
from tests.simulation.bugs_controller import without_the_hint


def late_grant(patch: pytest.MonkeyPatch) -> None:
    """1: a lease counts from when the answer arrives."""
    real = holder.take_answer

    def wrong(now: Any, answer: Any, fast: float, *rest: float) -> Any:
        asked = answer.question
        if NEVER < now.since <= asked.asked_at <= fast:
            answer = answer._replace(question=asked._replace(asked_at=fast))
        return real(now, answer, fast, *rest)

    patch.setattr(holder, "take_answer", wrong)


def peer_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """3: promoted without waiting for the latest promise of the server to be promoted."""
    patch.setattr(grantor, "last_end", lambda *_: NEVER)


def guard_forgets(patch: pytest.MonkeyPatch) -> None:
    """5: a restarted guard has never answered anybody."""
    patch.setattr(grantor, "restarted", lambda *_: grantor.Grantor())


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
    without_the_hint(patch)


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


def no_margin(patch: pytest.MonkeyPatch) -> None:
    """20: neither drift nor margin in the wait."""
    patch.setattr(clocks, "wait_for", lambda lease, *_: lease)
    patch.setattr(guard, "wait_for", lambda lease, *_: lease)
    patch.setattr(votes, "wait_for", lambda lease, *_: lease)


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
