"""Looks again and again until a resource is in the wanted state or the deadline is near."""

from typing import Any, Callable, Dict

from remote_helpers.operation import Context, OperationError

Look = Callable[[], Dict[str, Any]]

REPORT_IN_S = 0.2
"""Kept back from the deadline, so that the reply can say what was seen instead of 'timed out'."""


def wait_for(context: Context, wanted: str, look: Look, then: str) -> Dict[str, Any]:
    """The state once it is `wanted`; raises with what was seen last. `then`: what to do about it.

    The first look is at once and the pauses grow: what starts in 20 ms is not waited for longer,
    and what takes a minute is not disturbed by its own check.
    """
    pause = 0.02
    while True:
        seen = look()
        if seen["state"] == wanted:
            return seen
        if context.remaining() <= REPORT_IN_S + pause:
            message = "not {} before the deadline, but {}: {}; {}".format(
                wanted, seen["state"], seen["detail"], then
            )
            raise OperationError("failed", message, {"state": seen["state"]})
        context.sleep(pause)
        pause = min(pause * 1.5, 0.5)


def shown(output: str, lines: int = 3) -> str:
    """The end of what a program said, for one line of a message."""
    kept = [line.strip() for line in output.strip().splitlines() if line.strip()][-lines:]
    return " | ".join(kept)[-400:]
