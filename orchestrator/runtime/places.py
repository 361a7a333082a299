"""Where the controller keeps its state."""

from collections.abc import Mapping
from pathlib import Path

SYSTEM_STATE = Path("/var/lib/hasys-controller")


def state_directory(option: Path | None, environment: Mapping[str, str], *, is_root: bool) -> Path:
    """`--state`, else HASYS_STATE, else the system's place for root, else the user's."""
    if option is not None:
        return option
    if environment.get("HASYS_STATE"):
        return Path(environment["HASYS_STATE"])
    if is_root:
        return SYSTEM_STATE
    home = environment.get("XDG_STATE_HOME") or str(Path(environment["HOME"]) / ".local/state")
    return Path(home) / "hasys"
