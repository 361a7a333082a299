"""The shipped example to a directory of a person's own."""

from pathlib import Path

from orchestrator import resources
from orchestrator.errors import UsageError


def write_example(directory: Path) -> tuple[Path, ...]:
    """What was written. Raises UsageError, with nothing written, where a file would be replaced."""
    source = resources.example_inventory()
    names = sorted(file.relative_to(source) for file in source.rglob("*.yaml"))
    present = [directory / name for name in names if (directory / name).exists()]
    if present:
        listed = ", ".join(str(path) for path in present)
        raise UsageError(f"{listed} exists already", hint="name another directory, or remove it")
    written = tuple(directory / name for name in names)
    try:
        for name, target in zip(names, written, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((source / name).read_bytes())
    except OSError as error:
        raise UsageError(f"{directory} cannot be written: {error}") from error
    return written
