"""Types what a page shows, on a lab, and says what came out as the page would show it.

The servers of the pages have addresses of their own; what is typed is translated into the lab's,
and what comes out back again. `ssh` and `curl` on the way to them are the lab's key and client.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.docs.shown import ANYTHING, Command
from tests.lab.addresses import PREFIX, Addresses
from tests.lab.interface import Lab

DEADLINE_S = 60.0
RUN = re.compile(r"r-\d{8}-\d{6}-[0-9a-f]{4}")
SIGNALS = {"^C": signal.SIGINT, "Killed": signal.SIGKILL}
"""A line of output that is one of these is something that a person did meanwhile."""


class Stage:
    """A person's terminal on a controller: a directory, a home, a state directory."""

    def __init__(self, lab: Lab, directory: Path) -> None:
        self.work = directory / "work"
        self._words = _translation(lab)
        self._runs: dict[str, str] = {}
        self._code = 0
        self.work.mkdir()
        self._environment = _environment(lab, directory)

    def write(self, path: str, text: str) -> None:
        file = self.work / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._to_lab(text))

    def type(self, command: Command) -> tuple[int, str]:
        """Exit code and output, in the page's words."""
        with subprocess.Popen(
            ["bash", "-c", f"(exit {self._code}); {self._to_lab(command.line)}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.work,
            env=self._environment,
            start_new_session=True,
        ) as process:
            try:
                output = self._read(process, command.output)
                self._code = process.wait(timeout=DEADLINE_S)
            finally:
                process.kill()
        shown = self._to_page(output)
        self._learn_runs(command.output, shown)
        return self._code, shown

    def with_runs(self, line: str) -> str:
        """A line with the names that the runs have now."""
        return RUN.sub(lambda found: self._runs.get(found[0], found[0]), line)

    def _read(self, process: subprocess.Popen[bytes], expected: Sequence[str]) -> str:
        """All of it; a signal is sent when what the page shows before it has come."""
        acts = [(number, line) for number, line in enumerate(expected) if line in SIGNALS]
        if not acts:
            return process.communicate(timeout=DEADLINE_S)[0].decode()
        number, act = acts[0]
        before = [line for line in expected[:number] if line != ANYTHING]
        lines: list[str] = []
        assert process.stdout is not None
        end = time.monotonic() + DEADLINE_S
        while missing(before, self._to_page("".join(lines))):
            assert time.monotonic() < end, f"before {act} there was only {lines}"
            lines.append(process.stdout.readline().decode())
            assert lines[-1], f"before {act} there was only {lines}"
        time.sleep(0.3)
        os.killpg(process.pid, SIGNALS[act])
        return "".join([*lines, f"{act}\n", process.stdout.read().decode()])

    def _to_lab(self, text: str) -> str:
        for page, lab in self._words:
            text = re.sub(rf"(?<![\d.]){re.escape(page)}(?!\d)", lab, text)
        return self.with_runs(text)

    def _to_page(self, text: str) -> str:
        for page, lab in self._words:
            text = re.sub(rf"(?<![\d.]){re.escape(lab)}(?!\d)", page, text)
        text = re.sub(rf"(192\.168\.1\.\d+|10\.0\.0\.\d)/{PREFIX}\b", r"\1/24", text)
        return text.replace(f"{self.work}/", "")

    def _learn_runs(self, expected: Sequence[str], shown: str) -> None:
        """Runs that the page names later are the ones that came out now."""
        for theirs, ours in zip(RUN.findall("\n".join(expected)), RUN.findall(shown), strict=False):
            self._runs.setdefault(theirs, ours)


def missing(expected: Sequence[str], output: str) -> list[str]:
    """Lines that the page shows and that did not come, whatever the times and numbers in them."""
    came = [stable(line) for line in output.splitlines()]
    left = []
    for line in expected:
        if line == ANYTHING:
            continue
        if stable(line) in came:
            came.remove(stable(line))
        else:
            left.append(line)
    return left


def stable(line: str) -> str:
    """A line without what differs from one time and machine to the next."""
    line = re.sub(r"(linux\d +(?:ACTIVE|STANDBY|FAULTED|UNKNOWN)) .*", r"\1", line)
    line = RUN.sub("RUN", line)
    line = re.sub(r"\b(program|plan) [0-9a-f]{12}\b", r"\1 DIGEST", line)
    line = re.sub(r"fe80:[0-9a-f:]+", "LINK", line)
    line = re.sub(r"\d+ (?:d|h|min) \d+ (?:h|min|s)\b", "N s", line)
    line = re.sub(r"\d+(\.\d+)?", "N", line)
    return " ".join(line.split())


def _translation(lab: Lab) -> list[tuple[str, str]]:
    """The page's word and the lab's."""
    plan = Addresses(int(lab.description.service.address.split(".")[2]))
    return [
        ("192.168.1.70/24", f"{plan.service}/{PREFIX}"),
        ("192.168.1.70", plan.service),
        ("192.168.1.51", plan.public("linux1")),
        ("192.168.1.52", plan.public("linux2")),
        ("192.168.1.1", plan.gateway),
        ("10.0.0.1", plan.heartbeat("linux1")),
        ("10.0.0.2", plan.heartbeat("linux2")),
    ]


def _environment(lab: Lab, directory: Path) -> dict[str, str]:
    server = lab.description.server("linux1")
    home = directory / "home"
    (home / ".ssh").mkdir(parents=True, mode=0o700)
    for ending in ("", ".pub"):
        shutil.copy(f"{server.key}{ending}", home / ".ssh" / f"id_ed25519{ending}")
    programs = directory / "programs"
    programs.mkdir()
    options = ["-F", "none", "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes"]
    options += ["-o", f"UserKnownHostsFile={server.known_hosts}"]
    ssh = shlex.join([shutil.which("ssh") or "ssh", *options])
    curl = shlex.join([*lab.description.client.enter, shutil.which("curl") or "curl"])
    # The lab's key opens every login of the lab: only where the page names no other one.
    own_key = f'case "$1" in -i) ;; *) set -- -i {shlex.quote(str(server.key))} "$@" ;; esac'
    for name, line in {"ssh": f"{own_key}\nexec {ssh}", "curl": f"exec {curl}"}.items():
        (programs / name).write_text(f'#!/bin/sh\n{line} "$@"\n')
        (programs / name).chmod(0o755)
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HASYS_")
    }
    return {
        **environment,
        "HOME": str(home),
        "HASYS_STATE": str(directory / "state"),
        "PATH": f"{programs}:{Path(sys.executable).parent}:{environment['PATH']}",
        "PYTHONUNBUFFERED": "1",
    }
