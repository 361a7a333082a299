"""The way into a machine that no fault touches: ssh over a cable of its own, from the switch.

A login takes a second there, a program over an open connection a third of it. So one connection is
kept open for each life of a machine; while there is none, everything works, only slower.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from tests.lab import programs
from tests.lab.kernel import enter
from tests.lab.kernel.machine import Machine

BOOT_DEADLINE_S = 90.0
_LOGIN_S = 20.0
_RETRY_S = 0.1


def configure(machine: Machine, prefix: Sequence[str], target: str, options: Sequence[str]) -> None:
    """`prefix`: what enters the switch's network."""
    ssh = [*prefix, "ssh", "-F", "none", "-S", str(_socket(machine.folder))]
    for option in (*options, "BatchMode=yes", "LogLevel=ERROR", "ConnectTimeout=10"):
        ssh += ["-o", option]
    ssh += ["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=4"]
    (machine.folder / enter.FILE).write_text(json.dumps([*ssh, target]))


def wait_for_login(machine: Machine, timeout_s: float = BOOT_DEADLINE_S) -> None:
    """Opens the connection to a machine that is starting; its end meanwhile is an error at once."""
    close(machine)
    until = time.monotonic() + timeout_s
    while not _open(machine.folder):
        if not machine.is_on():
            raise programs.ProgramFailed(f"{machine.name} ended; it said:\n{machine.said()}")
        if time.monotonic() > until:
            raise TimeoutError(f"no ssh on {machine.name} in {timeout_s} s:\n{machine.said()}")
        time.sleep(_RETRY_S)


def close(machine: Machine) -> None:
    """A connection to a machine that died would make programs wait for it."""
    if _socket(machine.folder).exists():
        with contextlib.suppress(programs.ProgramFailed):
            programs.run(_with(machine.folder, "-O", "exit"))
        _socket(machine.folder).unlink(missing_ok=True)


def _open(folder: Path) -> bool:
    """Its background process must hold none of our pipes: whoever reads them would wait for it."""
    try:
        done = subprocess.run(
            _with(folder, "-M", "-N", "-f"),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_LOGIN_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _with(folder: Path, *flags: str) -> list[str]:
    ssh: list[str] = json.loads((folder / enter.FILE).read_text())
    return [*ssh[:-1], *flags, ssh[-1]]


def _socket(folder: Path) -> Path:
    return folder / "ssh"
