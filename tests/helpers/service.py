"""A real program that a process resource starts and stops, and what tests ask about processes."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.operation import OperationError
from remote_helpers.resources import process
from remote_helpers.resources.processes import kin_of, with_environment
from tests.helpers.enclosed import a_context, wait_for

LOOP = "import signal\nwhile True: signal.pause()"

STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LOOP

FAMILY = """
import os, signal, sys
if os.fork() == 0:
    os.execv("/bin/sleep", ["sleep", "300"])
while True: signal.pause()
"""

DAEMON = """
import os, signal, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
open(sys.argv[2], "w").write(str(os.getpid()))
while True: signal.pause()
"""


class Service:
    """A program with a name of its own, so that tests beside each other do not meet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = "svc-" + uuid.uuid4().hex[:12]
        self.program = folder / self.name
        self.group = "g-" + self.name
        self.cleanup: list[int] = []
        self.python(LOOP)

    def writes(self, body: str) -> None:
        self.program.write_text(f"#!/bin/sh\n{body}\n")
        self.program.chmod(0o755)

    def python(self, body: str) -> None:
        self.program.write_text(f"#!{sys.executable} -S\n{body}\n")
        self.program.chmod(0o755)

    def spec(self, **fields: Any) -> dict[str, Any]:
        """It is known by the argument that it is started with."""
        return {"start": f"exec {self.program} --serve", "pattern": f"{self.name} --serve"} | fields

    def start(self, spec: dict[str, Any], seconds: float = 10.0) -> dict[str, Any]:
        return process.start(a_context(seconds, self.group), "api", spec)

    def stop(self, spec: dict[str, Any], seconds: float = 10.0) -> dict[str, Any]:
        return process.stop(a_context(seconds, self.group), "api", spec)

    def check(self, spec: dict[str, Any]) -> dict[str, Any]:
        return process.check(a_context(5.0, self.group), "api", spec)

    def refusal(self, action: Callable[[], Any]) -> str:
        with pytest.raises(OperationError) as caught:
            action()
        return str(caught.value)

    def marked(self) -> list[int]:
        return with_environment(process.MARK, f"{self.group}/api")

    def by_hand(self, *argv: str) -> int:
        """As a person would start it in a shell: a child of nobody here, without our mark."""
        told = self.folder / f"pid-{uuid.uuid4().hex}"
        script = f"setsid {' '.join(argv)} >/dev/null 2>&1 & echo $! > {told}"
        subprocess.run(["/bin/sh", "-c", f"({script})"], check=True)
        wait_for(lambda: told.exists() and told.read_text().strip() != "")
        pid = int(told.read_text())
        self.cleanup.append(pid)
        return pid


def words(answers: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(one["state"], one["changed"]) for one in answers]


def pid_in(answer: dict[str, Any]) -> int:
    return int(answer["detail"].split("(")[1].split(")")[0])


def alive(pid: int) -> bool:
    kin = kin_of(pid)
    return kin is not None and not kin.ended


def parent_of(pid: int) -> int:
    kin = kin_of(pid)
    return kin.parent if kin is not None else 0
