"""Gives a process in a mount namespace directories of its own where programs keep what they write.

Called by the demo's stage and by its servers. What Python needs stays visible, should it lie there.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import orchestrator
from orchestrator.demo.isolate import MS_BIND, MS_REC, mount

PROJECT = Path(orchestrator.__file__).resolve().parent.parent


def give_own(directories: Iterable[str]) -> None:
    """Each is empty afterwards, but for what Python needs."""
    own = [Path(directory).resolve() for directory in directories if Path(directory).is_dir()]
    needed = [path for path in _needed() if any(path.is_relative_to(one) for one in own)]
    kept = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in needed}
    for directory in own:
        mode = 0o1777 if directory.name == "tmp" else 0o755
        mount("tmpfs", str(directory), "tmpfs", 0, f"mode={mode:o}")
    for path, descriptor in kept.items():
        path.mkdir(parents=True, exist_ok=True)
        mount(f"/proc/self/fd/{descriptor}", str(path), None, MS_BIND | MS_REC)
        os.close(descriptor)


def _needed() -> list[Path]:
    """Outermost directories only: what is inside comes with them."""
    named = [sys.prefix, sys.base_prefix, sys.exec_prefix, *sys.path[1:]]
    named += [str(PROJECT), str(Path(sys.executable).parent)]
    named.append(str(Path(sys.executable).resolve().parent))
    paths = sorted({Path(name).resolve() for name in named if Path(name).is_dir()})
    return [
        path
        for path in paths
        if not any(path != other and path.is_relative_to(other) for other in paths)
    ]
