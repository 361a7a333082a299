"""How a group stands, as its loop sees it now: what runs, commands and people ask."""

from typing import Any

from orchestrator.clock import Clock
from orchestrator.decision import vote as votes
from orchestrator.decision.facts import Facts
from orchestrator.decision.intents import Because
from orchestrator.decision.safety import safety_of
from orchestrator.model import Mode, Safety, ServerName
from orchestrator.model.state import NotedReign
from orchestrator.reconcile.reconciler import Reconciler
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.words import Reign


class Standing:
    def __init__(self, loop: Reconciler, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock

    def facts(self) -> Facts:
        """What a decision taken now would rest on."""
        loop, now = self._loop, self._clock.monotonic()
        return Facts(group=loop.group, policy=loop.policy, view=loop.view(now), now=now)

    def reigns(self, server: ServerName) -> bool:
        """Whether the server serves in the newest reign and goes on doing so."""
        return self.reign_of(server) is not None

    def reign_of(self, server: ServerName) -> Reign | None:
        current = votes.newest(self._loop.state.vote)
        facts = self.facts()
        if current is None or not facts.holds(server, current):
            return None
        report = facts.report(server)
        return current.reign if report is not None and report.phase == leases.REIGNING else None

    def never_began(self) -> NotedReign | None:
        """A reign that is held, without a goal or anything that runs: nobody has begun its run.

        The process died between the goal and the first record of its run, or the goal was reached
        while the next process still looked around. Nothing else starts the service: what never ran
        has not failed.
        """
        state, facts = self._loop.state, self.facts()
        current = votes.newest(state.vote)
        due = state.wanted and state.goal is None and state.mode is Mode.AUTOMATIC
        if current is None or not due:
            return None
        server = ServerName(current.reign.server)
        return current if self.reigns(server) and facts.runs_nothing(server) else None

    def silence(self, server: ServerName) -> str | None:
        """Why the server counts as silent; None: its guard was heard just now."""
        facts = self.facts()
        if not facts.is_silent(server):
            return None
        age = facts.age(server)
        ago = "never heard" if age is None else f"not heard for {age:.1f} s"
        return f"{server}: its guard was {ago}"

    def is_known(self) -> bool:
        """Whether both servers were heard and have registered this controller."""
        facts, vote = self.facts(), self._loop.state.vote
        return all(not facts.is_silent(name) and name in vote.acknowledged for name in facts.names)

    @property
    def safety(self) -> Safety:
        return safety_of(self._loop.group, self._loop.state, self._loop.policy)

    @property
    def reasons(self) -> tuple[Because, ...]:
        """Of the last decision."""
        return self._loop.reasons

    def as_json(self, acting: str) -> dict[str, Any]:
        """For `status` and `explain`; `acting`: the run in progress."""
        facts, state = self.facts(), self._loop.state
        return {
            "group": self._loop.group.name,
            "mode": state.mode.value,
            "safety": self.safety.value,
            "term": state.vote.registration.term,
            "roles": {name: role.value for name, role in state.roles.items()},
            "age_s": {name: facts.age(name) for name in facts.names},
            "solo": any(
                report is not None and report.solo for report in map(facts.report, facts.names)
            ),
            "goal": None if state.goal is None else state.goal.kind.value,
            "run": acting,
            "reasons": [_because(one) for one in self.reasons],
        }


def _because(because: Because) -> dict[str, Any]:
    return {
        "reason": because.reason.value,
        "evidence": because.evidence,
        "age_s": because.age_s,
        "advice": because.advice,
    }
