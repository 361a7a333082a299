"""`python -m tests.demo.as_ordinary_user ARGV`: runs ARGV as a user without any right.

Called by root, in a mount namespace of its own: where only root may read this Python (it may lie in
root's home), that directory is replaced by one with nothing in it but what Python needs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from orchestrator.demo.own_directories import give_own

NOBODY = 65534


def main() -> None:
    give_own({str(top) for top in _closed_directories()})
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.environ.update(HOME="/", USER="nobody", LOGNAME="nobody")
    os.execvp(sys.argv[1], sys.argv[1:])


def _closed_directories() -> set[Path]:
    python = Path(sys.executable).resolve()
    closed = [
        parent
        for path in (python, Path(__file__).resolve(), Path(sys.prefix).resolve())
        for parent in path.parents
        if not parent.stat().st_mode & 0o001
    ]
    return {
        path for path in closed if not any(path.is_relative_to(o) and o != path for o in closed)
    }


if __name__ == "__main__":
    main()
