"""What the daemon says of groups, beside what this command has seen of the servers itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from orchestrator.runtime.application import Application

Standing = Mapping[str, Any]


async def standings(application: Application, groups: Iterable[str]) -> dict[str, Standing]:
    """By group; a group that no daemon looks after is left out."""
    from orchestrator.daemon.client import found
    from orchestrator.daemon.wire import DaemonSaysNo

    daemon = await found(application.state_directory)
    answers: dict[str, Standing] = {}
    if daemon is None:
        return answers
    for group in groups:
        try:
            answers[group] = await daemon.ask({"op": "standing", "group": group})
        except DaemonSaysNo:
            continue  # it says why in its events
    return answers


def told(reason: Mapping[str, Any]) -> str:
    """One reason of the loop, for people."""
    age = "" if reason["age_s"] is None else f" ({reason['age_s']:.1f} s old)"
    return f"{reason['reason']}: {reason['evidence']}{age}"
