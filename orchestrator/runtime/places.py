"""Where the controller keeps its state."""

from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import UsageError

SYSTEM_STATE = Path("/var/lib/hasys-controller")


def state_directory(option: Path | None, environment: Mapping[str, str], *, is_root: bool) -> Path:
    """`--state`, else HASYS_STATE, else the system's place for root, else the user's.

    Raises UsageError where the user has none.
    """
    if option is not None:
        return option
    if environment.get("HASYS_STATE"):
        return Path(environment["HASYS_STATE"])
    if is_root:
        return SYSTEM_STATE
    if environment.get("XDG_STATE_HOME"):
        return Path(environment["XDG_STATE_HOME"]) / "hasys"
    if environment.get("HOME"):
        return Path(environment["HOME"]) / ".local/state/hasys"
    raise UsageError("no place for the state: HOME is not set", hint="--state DIR or HASYS_STATE")
