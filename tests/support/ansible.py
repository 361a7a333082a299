"""Ansible to compare with, in an environment of its own: never in the project's.

`tests.prepare` installs it for the tests, the benchmark when it is first asked for.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "peers" / "ansible"
VERSION = "ansible-core~=2.19.0"


def installed() -> Path | None:
    executable = FOLDER / "bin" / "ansible-playbook"
    return executable if executable.exists() else None


def ansible_playbook() -> Path | None:
    """None, and a word about it, where it is not there and cannot be installed."""
    if executable := installed():
        return executable
    print(f"installing {VERSION} into {FOLDER}", file=sys.stderr)
    try:
        venv.create(FOLDER, with_pip=True)
        pip = [FOLDER / "bin" / "pip", "install", "--quiet", VERSION]
        subprocess.run(pip, check=True, stdout=sys.stderr, timeout=180)
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"ansible is left out, it cannot be installed: {problem}", file=sys.stderr)
        return None
    return installed()
