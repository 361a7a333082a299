"""Predictions as the outcomes that a plan is walked with. Pure."""

from collections.abc import Iterable
from typing import Any

from orchestrator.model import Outcome, Prediction, Status, Verdict

STATUS_OF = {
    Verdict.CHANGE: Status.CHANGED,
    Verdict.NOTHING: Status.OK,
    Verdict.FAIL: Status.FAILED,
    Verdict.UNKNOWN: Status.UNDECIDED,
}


def as_outcome(found: Prediction) -> Outcome:
    return Outcome(
        status=STATUS_OF[found.verdict],
        message=found.message,
        result=found.result or {},
        diff=found.diff,
        prediction=found,
    )


def undecided(why: str) -> Outcome:
    return as_outcome(Prediction(verdict=Verdict.UNKNOWN, message=why))


def summed(outcome: Outcome, parts: Iterable[Outcome]) -> Outcome:
    """The outcome of a whole (a loop, a flow) whose parts were foretold; in a run it stays."""
    foretold = [one.prediction for one in parts if one.prediction is not None]
    if not foretold or not outcome.status.is_good:
        return outcome
    verdict = Verdict.CHANGE if outcome.status is Status.CHANGED else Verdict.NOTHING
    if any(one.verdict is Verdict.UNKNOWN for one in foretold):
        verdict = Verdict.UNKNOWN
    assumes = dict.fromkeys(title for one in foretold for title in one.assumes)
    result: dict[str, Any] | None = dict(outcome.result)
    if any(one.result is None and one.verdict is Verdict.NOTHING for one in foretold):
        result = None
    return as_outcome(
        Prediction(verdict=verdict, message=outcome.message, result=result, assumes=tuple(assumes))
    )
