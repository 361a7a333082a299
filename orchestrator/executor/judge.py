"""How a task ended by its author's words: `failed_when`, `changed_when`, loops, `no_log`. Pure."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.executor.foretold import as_outcome, summed
from orchestrator.executor.scope import registered
from orchestrator.model import NoUndo, Outcome, Prediction, Status, Verdict
from orchestrator.playbooks.arguments import masked
from orchestrator.playbooks.later import Foretold
from orchestrator.playbooks.model import Task
from orchestrator.playbooks.template import CENSORED, holds

HIDDEN = "the output has been hidden because of 'no_log: true'"


def judged(task: Task, outcome: Outcome, variables: Mapping[str, Any]) -> Outcome:
    """As Ansible: `changed_when` first, then `failed_when`, each on the result so far."""
    if outcome.status in (Status.SKIPPED, Status.UNREACHABLE):
        return outcome
    if outcome.prediction is not None:
        return _judged_before(task, outcome, outcome.prediction, variables)
    if outcome.status is Status.FAILED and "rc" in outcome.result:
        # it ran, so it may have changed something, whatever it said in the end
        outcome = _with(outcome, failed=True, changed=True)
    if task.changed_when is not None:
        changed = holds(task.changed_when, _seen(task, outcome, variables))
        outcome = _with(outcome, failed=outcome.status is Status.FAILED, changed=changed)
    if task.failed_when is not None:
        failed = holds(task.failed_when, _seen(task, outcome, variables))
        changed = registered(outcome)["changed"]
        outcome = _with(outcome, failed=failed, changed=changed, failed_when_result=failed)
        if failed and not outcome.message:
            outcome = dataclasses.replace(
                outcome, message=f"'failed_when' holds: {' and '.join(task.failed_when)}"
            )
    return outcome


def _judged_before(
    task: Task, outcome: Outcome, prediction: Prediction, variables: Mapping[str, Any]
) -> Outcome:
    """In a plan. Raises DecidedLater where the author's words need what shows when it runs."""
    if task.changed_when is not None:
        changed = holds(task.changed_when, _seen(task, outcome, variables))
        verdict = Verdict.CHANGE if changed else Verdict.NOTHING
        if prediction.verdict is not Verdict.FAIL:
            result = None if prediction.verdict is Verdict.UNKNOWN else prediction.result
            prediction = dataclasses.replace(prediction, verdict=verdict, result=result)
    if task.failed_when is not None:
        failed = holds(task.failed_when, _seen(task, as_outcome(prediction), variables))
        if failed is not (prediction.verdict is Verdict.FAIL):
            verdict = Verdict.FAIL if failed else Verdict.NOTHING
            prediction = dataclasses.replace(prediction, verdict=verdict)
    return dataclasses.replace(outcome, **_words_of(as_outcome(prediction)))


def _words_of(outcome: Outcome) -> dict[str, Any]:
    names = ("status", "message", "result", "prediction")
    return {name: getattr(outcome, name) for name in names}


def _seen(task: Task, outcome: Outcome, variables: Mapping[str, Any]) -> dict[str, Any]:
    return {**variables, **({task.register: registered(outcome)} if task.register else {})}


def _with(outcome: Outcome, *, failed: bool, changed: bool, **result: Any) -> Outcome:
    status = Status.FAILED if failed else Status.CHANGED if changed else Status.OK
    kept = {**outcome.result, **result}
    if failed or "changed" in kept:
        kept["changed"] = changed
    return dataclasses.replace(outcome, status=status, result=kept)


def combined(outcomes: Sequence[Outcome], results: Sequence[Mapping[str, Any]]) -> Outcome:
    """One outcome for all items of a loop; unreachable weighs most: then nobody knows."""
    statuses = {outcome.status for outcome in outcomes}
    result = {
        "results": [one if isinstance(one, Foretold) else dict(one) for one in results],
    }
    if bad := [outcome for outcome in outcomes if not outcome.status.is_good]:
        status = Status.UNREACHABLE if Status.UNREACHABLE in statuses else Status.FAILED
        message = f"One or more items failed: {bad[0].message}"
        return Outcome(status=status, message=message, result=result)
    took_s = sum(outcome.took_s for outcome in outcomes)
    if statuses <= {Status.SKIPPED}:
        message = "All items skipped" if outcomes else "No items in the list"
        return Outcome(status=Status.SKIPPED, message=message, result=result)
    status = Status.CHANGED if Status.CHANGED in statuses else Status.OK
    whole = Outcome(status=status, message="All items completed", result=result, took_s=took_s)
    return summed(whole, outcomes)


def without(secrets: Sequence[str], outcome: Outcome) -> Outcome:
    """A server may say a password back, as in a header or in the words of an error."""
    return dataclasses.replace(
        outcome,
        message=masked(outcome.message, secrets),
        result=masked(outcome.result, secrets),
        diff=None,
    )


def hidden(outcome: Outcome) -> Outcome:
    """What may be seen of a task with `no_log`: how it ended, nothing of what it said."""
    if outcome.result.get("kind") == "cut":
        return outcome  # our own words: it has said nothing that anybody heard
    kept = {name: outcome.result[name] for name in ("reached",) if name in outcome.result}
    changed = {"changed": True} if outcome.result.get("changed") is True else {}
    result = {CENSORED: HIDDEN, **kept, **changed}
    undo = NoUndo(reason=HIDDEN) if outcome.undo is not None else None
    return dataclasses.replace(
        outcome, message=HIDDEN, result=result, diff=None, undo=undo, prediction=_bare(outcome)
    )


def _bare(outcome: Outcome) -> Prediction | None:
    found = outcome.prediction
    return found and Prediction(verdict=found.verdict, message=HIDDEN, assumes=found.assumes)
