"""Ansible for the comparison, in an environment of its own: never in the project's."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "build" / "peers" / "ansible"


def ansible_playbook() -> Path | None:
    """Installed when first asked for; None, and a word about it, where that is not possible."""
    executable = FOLDER / "bin" / "ansible-playbook"
    if executable.exists():
        return executable
    print(f"bench: installing ansible-core into {FOLDER}", file=sys.stderr)
    try:
        venv.create(FOLDER, with_pip=True)
        pip = [FOLDER / "bin" / "pip", "install", "--quiet", "ansible-core"]
        subprocess.run(pip, check=True, stdout=sys.stderr, timeout=180)
    except (OSError, subprocess.SubprocessError) as problem:
        print(f"bench: ansible is left out, it cannot be installed: {problem}", file=sys.stderr)
        return None
    return executable
