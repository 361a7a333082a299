"""Running other programs: one way to do it, and an error that says what ran and what it said."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence


class ProgramFailed(RuntimeError):
    """A program ended with something else than 0."""


class CannotRun(RuntimeError):
    """This machine lacks what a lab needs; the text says what, and what to do."""


def run(
    argv: Sequence[str],
    *,
    stdin: str | None = None,
    timeout_s: float = 30,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Its standard output. Raises ProgramFailed, or subprocess.TimeoutExpired."""
    done = subprocess.run(
        argv,
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout_s,
        env=environment,
        check=False,
    )
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip())[-2000:]
        raise ProgramFailed(f"{' '.join(argv)} ended with {done.returncode}: {said}")
    return done.stdout


def tell(text: str) -> None:
    """Progress, for people: standard output belongs to results."""
    print(f"lab: {text}", file=sys.stderr, flush=True)


def require_root() -> None:
    if os.geteuid() != 0:
        raise CannotRun("labs make network namespaces and mounts: run this as root")


def require_programs(packages: Mapping[str, str]) -> None:
    """Programs and the Debian packages that bring them; installs what is missing."""
    missing = _missing(packages)
    if not missing:
        return
    names = sorted({packages[program] for program in missing})
    if shutil.which("apt-get") is None:
        raise CannotRun(f"missing {', '.join(missing)}: install {', '.join(names)}")
    require_root()
    tell(f"installing {', '.join(names)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    waiting = ("-o", "DPkg::Lock::Timeout=300")  # other tests may install something just now
    install = ["apt-get", "install", *waiting, "-y", "-q", "--no-install-recommends", *names]
    try:
        run(install, timeout_s=300, environment=environment)
    except ProgramFailed:  # most often an outdated package list
        run(["apt-get", "update", "-q"], timeout_s=300, environment=environment)
        run(install, timeout_s=300, environment=environment)
    if still := _missing(packages):
        raise CannotRun(f"{', '.join(still)} still missing after installing {', '.join(names)}")


def _missing(programs: Iterable[str]) -> list[str]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    return [program for program in programs if shutil.which(program, path=path) is None]
