"""How much of two servers this machine lets the demo have, and why not more.

Called by `run`; tries it instead of guessing from versions, users and settings.
"""

import dataclasses
import enum
import os
import subprocess
import sys
from collections.abc import Mapping

from orchestrator.demo.isolate import isolated

TRIAL_S = 20.0


class Level(enum.Enum):
    """The value is what the demo's own command line takes."""

    ROOT = "root"
    USER = "user"
    LOOPBACK = "loopback"

    @property
    def has_namespaces(self) -> bool:
        return self is not Level.LOOPBACK

    @property
    def stage_namespaces(self) -> str:
        """Of the process that all others of the demo come from; empty: none."""
        kinds = {
            Level.ROOT: "net,mount,pid,uts,ipc",
            Level.USER: "user,net,mount,pid,uts,ipc",
            Level.LOOPBACK: "",
        }
        return kinds[self]

    @property
    def server_namespaces(self) -> str:
        return "net,mount,pid,uts,ipc" if self.has_namespaces else ""

    @property
    def client_namespaces(self) -> str:
        return "net" if self.has_namespaces else ""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    level: Level
    why_not_more: str = ""


def choose(environment: Mapping[str, str]) -> Choice:
    """The best level that works here."""
    levels = (Level.ROOT, Level.USER) if os.geteuid() == 0 else (Level.USER,)
    why_not = ""
    for level in levels:
        why_not = _trial(level, environment)
        if not why_not:
            return Choice(level=level)
    return Choice(level=Level.LOOPBACK, why_not_more=why_not)


def _trial(level: Level, environment: Mapping[str, str]) -> str:
    """Empty when it works, else what the system said."""
    argv = isolated(
        level.stage_namespaces, [sys.executable, "-m", "orchestrator.demo.trial", level.value]
    )
    try:
        done = subprocess.run(
            argv,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TRIAL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"a trial did not end within {TRIAL_S:g} s"
    if done.returncode == 0:
        return ""
    said = done.stderr.strip().splitlines()
    return said[-1] if said else f"a trial ended with {done.returncode}"
