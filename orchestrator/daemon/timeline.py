"""How long each phase of a movement took: detected, proven, promoted, started. Measured."""

import dataclasses

from orchestrator.model.state import Goal, GroupState


@dataclasses.dataclass(slots=True)
class Timeline:
    """Of the goal that is pursued; told of each turn."""

    goal: Goal | None = None
    last_seen: float | None = None
    """When the server that is left was last heard."""
    set_at: float = 0.0
    noted_at: float | None = None
    reached_at: float | None = None

    def note(self, state: GroupState, now: float, source_age_s: float | None) -> None:
        goal = state.goal
        if goal is not None and (self.goal is None or goal.since != self.goal.since):
            self.set_at, self.noted_at, self.reached_at = now, None, None
            self.last_seen = None if source_age_s is None else now - source_age_s
        if goal is None and self.goal is not None and self.reached_at is None:
            self.reached_at = now
        if goal is not None:
            self.goal = goal
            if goal.reign is not None and self.noted_at is None:
                self.noted_at = now

    def told(self, done_at: float) -> str | None:
        """At the end of the run that belongs to it; None: nothing was moved by itself."""
        goal = self.goal
        if goal is None or goal.source is None or self.noted_at is None or self.reached_at is None:
            return None
        begun = self.set_at if self.last_seen is None else self.last_seen
        phases = {
            "detect": self.set_at - begun,
            "prove": self.noted_at - self.set_at,
            "promote": self.reached_at - self.noted_at,
            "start": done_at - self.reached_at,
        }
        shown = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in phases.items())
        self.goal = None
        return f"{goal.kind.value} to {goal.target} took {done_at - begun:.2f} s: {shown}"
