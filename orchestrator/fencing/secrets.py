"""Options with places of secrets to the lines that an agent reads; and words without secrets."""

import stat
from collections.abc import Mapping
from pathlib import Path

from orchestrator.model import FenceDevice, Secret

MASK = "***"


class NotReadable(Exception):
    """A secret is not where it should be; the text says where and what to do."""


def read(secret: Secret, variables: Mapping[str, str]) -> str:
    """Raises NotReadable."""
    if secret.file is not None:
        return _of_file(secret.file)
    value = variables.get(secret.variable or "", "")
    if not value:
        raise NotReadable(f"the variable {secret.variable} is not set for this process")
    return value


def _of_file(file: Path) -> str:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
        mode = file.stat().st_mode
    except OSError as problem:
        raise NotReadable(f"{file} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise NotReadable(f"{file} is not text") from None
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        raise NotReadable(f"{file} can be read by every user; chmod 600 {file}")
    if not lines or not lines[0]:
        raise NotReadable(f"the first line of {file} is empty; the secret belongs there")
    return lines[0]


def resolve(device: FenceDevice, variables: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The options with their values, and which values must not be shown. Raises NotReadable."""
    options: dict[str, str] = {}
    hidden: list[str] = []
    for name, value in device.options.items():
        options[name] = value if isinstance(value, str) else read(value, variables)
        if isinstance(value, Secret):
            hidden.append(options[name])
    return options, hidden


def without(text: str, hidden: list[str]) -> str:
    """Agents repeat their command lines in errors, passwords included."""
    for secret in sorted(hidden, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return text
