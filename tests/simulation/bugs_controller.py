"""Planted bugs of the controller's half."""

import dataclasses
from typing import Any

import pytest

from orchestrator.decision import (
    circumstances,
    decide,
    freshness,
    policies,
    proofs,
    pursue,
    upkeep,
)
from orchestrator.decision import hear as hearing
from orchestrator.decision import vote as votes
from orchestrator.decision.intents import NewTerm, RegisterOn
from orchestrator.model import Seen
from orchestrator.model.state import ProofKind
from orchestrator.reconcile import reconciler
from orchestrator.simulation import controller as controllers
from remote_helpers.protocol import control
from remote_helpers.protocol.messages import Reply
from remote_helpers.protocol.words import NEVER


def controller_does_not_wait(patch: pytest.MonkeyPatch) -> None:
    """2: promoted without waiting for the controller's own latest promise."""
    patch.setattr(votes, "half_over_at", lambda *_: NEVER)


def no_local_check(patch: pytest.MonkeyPatch) -> None:
    """4: the server to be promoted trusts the controller, which trusts an old word of it."""
    patch.setattr(control, "_not_run_out", lambda *_: None)
    without_the_hint(patch)


def without_the_hint(patch: pytest.MonkeyPatch) -> None:
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
    without_the_hint(patch)  # with it, an order is noted only when both halves are over
    patch.setattr(pursue, "_order_patience", lambda _: 2.8)  # burned, often, before it is taken


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

    patch.setattr(reconciler, "hear", wrong)


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


def noted_after_send(patch: pytest.MonkeyPatch) -> None:
    """19: the promise is noted some time after the answer was sent."""
    real = controllers.SimController.asked

    def wrong(self: Any, server: str, question: Any) -> None:
        before = self.loop.ballot
        real(self, server, question)
        after, self.loop.ballot = self.loop.ballot, before
        if after is before:
            return

        def note(life: int) -> None:
            if life == self.life:
                merged = dict(self.loop.ballot.promises)
                for reign, end in after.promises.items():
                    merged[reign] = max(end, merged.get(reign, end))
                self.loop.ballot = votes.Ballot(promises=merged)

        self.world.at(self.world.chance.uniform(2.5, 5.0), note, self.life)

    patch.setattr(controllers.SimController, "asked", wrong)


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


def timeout_counts_as_stopped(patch: pytest.MonkeyPatch) -> None:
    """26: a stop that was not confirmed counts as done."""
    real = hearing.hear

    def wrong(state: Any, ballot: Any, names: Any, server: Any, reply: Reply, *rest: Any) -> Any:
        if reply.to == "stop" and reply.why == "in-progress":
            reply = reply._replace(accepted=True)
        return real(state, ballot, names, server, reply, *rest)

    patch.setattr(reconciler, "hear", wrong)


def freshness_from_the_last_poll(patch: pytest.MonkeyPatch) -> None:
    """22: whether a copy may be promoted is taken from what was seen last, not from the note."""

    def seen_last(facts: Any, state: Any) -> Any:
        seen = freshness.outdated(facts.group, facts.view.view, frozenset())
        return dataclasses.replace(state, outdated=seen.servers)

    moves, hinders = policies.may_not_move, pursue.hindrances
    patch.setattr(
        policies, "may_not_move", lambda facts, state, to: moves(facts, seen_last(facts, state), to)
    )
    patch.setattr(
        pursue,
        "hindrances",
        lambda facts, state, goal: hinders(facts, seen_last(facts, state), goal),
    )


def no_brake(patch: pytest.MonkeyPatch) -> None:
    """23: silence of most groups at once is taken for the death of their servers."""
    patch.setattr(
        decide, "RULES", tuple(one for one in decide.RULES if one is not circumstances.brake)
    )
    patch.setattr(circumstances, "brake", lambda *_: None)


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
    patch.setattr(proofs, "is_silent_to", lambda *_: False)  # either alone keeps it silent
    without_the_hint(patch)
