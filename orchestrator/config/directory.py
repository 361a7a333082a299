"""Which directory is the inventory. Pure: what it depends on is handed in."""

from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import UsageError

VARIABLE = "HASYS_INVENTORY"
SYSTEM_DIRECTORY = Path("/etc/hasys")


def find_directory(option: Path | None, environment: Mapping[str, str], cwd: Path) -> Path:
    """`-i DIR`, else HASYS_INVENTORY, else ./inventory, else /etc/hasys."""
    if option is not None:
        return _existing(option, "-i", cwd)
    if named := environment.get(VARIABLE):
        return _existing(Path(named), VARIABLE, cwd)
    for candidate in (Path("inventory"), SYSTEM_DIRECTORY):
        if (cwd / candidate).is_dir():
            return candidate
    raise UsageError(
        f"no inventory: no -i DIR, no {VARIABLE}, no directory {cwd / 'inventory'},"
        f" no {SYSTEM_DIRECTORY}",
        hint="write an example with: hasys init",
    )


def _existing(directory: Path, source: str, cwd: Path) -> Path:
    if not (cwd / directory).is_dir():
        hint = "write an example with: hasys init DIR"
        raise UsageError(f"{source} names {directory}, which is not a directory", hint=hint)
    return directory
