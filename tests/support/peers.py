"""Programs to compare with, each in an environment of its own: never in the project's."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "peers"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Peer:
    name: str
    requirement: str
    executable: str

    @property
    def folder(self) -> Path:
        return FOLDER / self.name

    def installed(self) -> Path | None:
        executable = self.folder / "bin" / self.executable
        return executable if executable.exists() else None

    def ready(self) -> Path | None:
        """None, and a word about it, where it is not there and cannot be installed."""
        if executable := self.installed():
            return executable
        print(f"installing {self.requirement} into {self.folder}", file=sys.stderr)
        try:
            venv.create(self.folder, with_pip=True)
            pip = [self.folder / "bin" / "pip", "install", "--quiet", self.requirement]
            subprocess.run(pip, check=True, stdout=sys.stderr, timeout=180)
        except (OSError, subprocess.SubprocessError) as problem:
            print(f"{self.name} is left out, it cannot be installed: {problem}", file=sys.stderr)
            return None
        return self.installed()


ANSIBLE = Peer(name="ansible", requirement="ansible-core~=2.19.0", executable="ansible-playbook")
PYINFRA = Peer(name="pyinfra", requirement="pyinfra~=3.10.0", executable="pyinfra")
