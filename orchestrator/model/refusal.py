"""A decision not to act is a value: why, on what evidence, and what would override it."""

import dataclasses
import enum


class Reason(enum.Enum):
    """Why something was or was not done. One runbook each in docs/runbooks/."""

    ALREADY_THERE = "already-there"
    NOTHING_RUNS = "nothing-runs"
    BOTH_ACTIVE = "both-active"
    NO_ACTIVE = "no-active"
    SERVER_UNREACHABLE = "server-unreachable"
    STATE_UNKNOWN = "state-unknown"
    RESOURCE_FAILED = "resource-failed"
    RUNS_ON_PEER = "runs-on-peer"
    STALE_EPOCH = "stale-epoch"
    NOT_A_MEMBER = "not-a-member"
    RUN_UNFINISHED = "run-unfinished"
    PLAN_CHANGED = "plan-changed"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    reason: Reason
    evidence: str
    """What was seen, in words: server, resource, age."""
    advice: str = ""
    """What the person can do now."""
    overridden_by: str | None = None
    """The option that would go ahead all the same; None: nothing does."""
