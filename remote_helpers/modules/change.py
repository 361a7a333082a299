"""What a module would do, found out by looking: then it is done, or only told.

A module is one function from its arguments to a `Change`. As both the step and its foretelling
come from it, a plan cannot say anything else than what a run then does.
"""

from typing import Any, Callable, Dict, List, Mapping, NamedTuple, Optional

from remote_helpers.operation import Context, prediction

Args = Mapping[str, Any]
LONGEST_SHOWN = 64 * 1024
"""Characters of a text that are kept to show a difference, or to put back what was there."""


class Change(NamedTuple):
    """`steps` in their order; none: all is as it is wanted. `before`: what an undo needs."""

    detail: str
    steps: List[Callable[[], None]]
    result: Dict[str, Any]
    diff: Optional[Dict[str, str]] = None
    before: Optional[Dict[str, Any]] = None
    first: Optional[Callable[[], None]] = None
    """Done each time, before the steps; as it is no change, only a step may tell of one."""


Plan = Callable[[Context, Args], Change]


def doing(plan: Plan) -> Callable[[Context, Args], Dict[str, Any]]:
    """`changed`, `detail`, `diff`, `before`, and under `result` what the module registers."""

    def do(context: Context, args: Args) -> Dict[str, Any]:
        change = plan(context, args)
        if change.first is not None:
            change.first()
        for step in change.steps:
            context.proceed()
            step()
        return {
            "changed": bool(change.steps),
            "detail": change.detail,
            "result": change.result,
            "diff": change.diff if change.steps else None,
            "before": change.before if change.steps else None,
        }

    return do


def foretelling(plan: Plan) -> Callable[[Context, Args], Dict[str, Any]]:
    def foretell(context: Context, args: Args) -> Dict[str, Any]:
        change = plan(context, args)
        if change.steps:
            return prediction("change", change.detail, change.result, change.diff)
        return prediction("nothing", change.detail, change.result)

    return foretell


def difference(before: str, after: str, what: str) -> Dict[str, str]:
    """Texts that are too long to be shown are told by their length."""
    shown = [
        one if len(one) <= LONGEST_SHOWN else "({} characters: too long to show)\n".format(len(one))
        for one in (before, after)
    ]
    return {"before": shown[0], "after": shown[1], "what": what}
