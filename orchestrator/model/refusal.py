"""A decision not to act is a value: why, on what evidence, and what would override it."""

import dataclasses
import enum


class Reason(enum.Enum):
    """Why something was or was not done. One runbook each in docs/runbooks/."""

    ALREADY_THERE = "already-there"
    BOTH_ACTIVE = "both-active"
    NO_ACTIVE = "no-active"
    SERVER_UNREACHABLE = "server-unreachable"
    STATE_UNKNOWN = "state-unknown"
    RESOURCE_FAILED = "resource-failed"
    RUNS_ON_PEER = "runs-on-peer"
    STALE_EPOCH = "stale-epoch"
    RUN_UNFINISHED = "run-unfinished"
    PLAN_CHANGED = "plan-changed"
    ADOPTED = "adopted"
    ACTIVE_SILENT = "active-silent"
    ACTIVE_WELL = "active-well"
    ACTIVE_GONE = "active-gone"
    ALL_STOPPED = "all-stopped"
    BLOCKED = "blocked"
    BRAKE = "brake"
    CONTROLLER_LAGS = "controller-lags"
    DATA_NOT_IN_SYNC = "data-not-in-sync"
    DATA_OUT_OF_DATE = "data-out-of-date"
    DATA_UNKNOWN = "data-unknown"
    FAILBACK_DUE = "failback-due"
    FAILBACK_WAITS = "failback-waits"
    FAILURE_BUDGET = "failure-budget"
    FENCE_FAILED = "fence-failed"
    FENCE_NEEDED = "fence-needed"
    GOAL_GIVEN_UP = "goal-given-up"
    GOAL_REACHED = "goal-reached"
    GREY_FAILURE = "grey-failure"
    HEARD_BY_PEER = "heard-by-peer"
    IMPOSSIBLE_VIEW = "impossible-view"
    LEASE_MAY_RUN = "lease-may-run"
    MAINTENANCE = "maintenance"
    NETWORK_FAILED = "network-failed"
    NOT_REGISTERED = "not-registered"
    NOT_WANTED = "not-wanted"
    OBSERVING = "observing"
    ORDER_PENDING = "order-pending"
    ORDER_REFUSED = "order-refused"
    OVERRULED = "overruled"
    PERSON_ASKED = "person-asked"
    QUARANTINED = "quarantined"
    REJOIN = "rejoin"
    RESTART_IN_PLACE = "restart-in-place"
    RUN_IN_PROGRESS = "run-in-progress"
    SPLIT_BRAIN = "split-brain"
    SOLO_POSSIBLE = "solo-possible"
    STABILISING = "stabilising"
    STANDBY_LOST = "standby-lost"
    STANDBY_NOT_READY = "standby-not-ready"
    STARTUP_PROTECTION = "startup-protection"
    STOP_UNCONFIRMED = "stop-unconfirmed"
    SUPERSEDED = "superseded"
    UNFENCED = "unfenced"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    reason: Reason
    evidence: str
    """What was seen, in words: server, resource, age."""
    advice: str = ""
    """What the person can do now."""
    overridden_by: str | None = None
    """The option that would go ahead all the same; None: nothing does."""
