"""A decision as lines that a person reads: roles, goal, what is done, why, how old that is."""

import dataclasses

from orchestrator.decision.intents import Because, Decision, Intent
from orchestrator.model.state import Goal
from remote_helpers.protocol.words import Reign


def render(decision: Decision) -> list[str]:
    roles = " ".join(f"{name}={role.value}" for name, role in sorted(decision.state.roles.items()))
    lines = [f"roles {roles}"] if roles else []
    lines.append(f"goal  {_goal(decision.state.goal)}")
    lines += [f"do    {_intent(one)}" for one in decision.intents]
    lines += [f"why   {_because(one)}" for one in decision.reasons]
    lines += [f"now   {one.advice}" for one in decision.reasons if one.advice]
    return lines


def _goal(goal: Goal | None) -> str:
    if goal is None:
        return "none"
    whence = f"{goal.source} -> " if goal.source else ""
    ordered = f", ordered as reign {goal.reign.epoch}" if goal.reign else ""
    return f"{goal.kind.value} {whence}{goal.target} ({goal.reason.value}{ordered})"


def _intent(intent: Intent) -> str:
    words = [type(intent).__name__]
    for field in dataclasses.fields(intent):
        value = getattr(intent, field.name)
        if isinstance(value, Reign):
            words.append(f"reign {value.epoch}")
        elif isinstance(value, bool):
            words.append(field.name if value else "")
        elif field.name == "above":
            words.append(f"above {value}" if value else "")
        elif field.name != "boot":
            words.append(str(getattr(value, "value", value)))
    return " ".join(word for word in words if word)


def _because(because: Because) -> str:
    age = "" if because.age_s is None else f" ({because.age_s:.1f} s old)"
    return f"{because.reason.value}: {because.evidence}{age}"
