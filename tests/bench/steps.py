"""The failover that every contender carries out: five steps on `a`, seven on `b`.

The service and its address are files, so the steps cost next to nothing and change nothing: what
is measured is what it takes to have them done in order. Each contender has folders of its own.
"""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import yaml

_ON_A = {
    "see what runs": "cat {at}/service",
    "stop the service": "grep -qx started {at}/service && echo stopped > {at}/service",
    "see it stopped": "grep -qx stopped {at}/service",
    "remove the address": "rm {at}/address",
    "see it gone": "test ! -e {at}/address",
}
_ON_B = {
    "see nothing there": "grep -qx stopped {at}/service && test ! -e {at}/address",
    "write the configuration": "echo peer=a > {at}/new && mv {at}/new {at}/configuration",
    "add the address": "echo 192.0.2.70/24 > {at}/address",
    "see it there": "grep -qx 192.0.2.70/24 {at}/address",
    "start the service": "test -s {at}/configuration && echo started > {at}/service",
    "see it started": "grep -qx started {at}/service",
    "ask for its health": "cat {at}/service {at}/address {at}/configuration",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Step:
    server: str
    name: str
    line: str
    """For /bin/sh; its end is noted in `log`."""


@dataclasses.dataclass(frozen=True)
class Failover:
    """One contender's copy of the two servers' state."""

    folder: Path

    @property
    def steps(self) -> list[Step]:
        lines = [("a", *item) for item in _ON_A.items()]
        lines += [("b", *item) for item in _ON_B.items()]
        return [
            Step(server=server, name=name, line=self._line(number, server, line))
            for number, (server, name, line) in enumerate(lines, start=1)
        ]

    def _line(self, number: int, server: str, line: str) -> str:
        at = self.folder / server
        return f"{line.format(at=at)} && echo {number} >> {at}/log"

    def prepare(self) -> None:
        """The service runs on `a`."""
        shutil.rmtree(self.folder, ignore_errors=True)
        for server, state in (("a", "started"), ("b", "stopped")):
            (self.folder / server).mkdir(parents=True)
            (self.folder / server / "service").write_text(f"{state}\n")
        (self.folder / "a" / "address").write_text("192.0.2.70/24\n")

    def state(self) -> dict[str, list[str]]:
        """What is there now: every file's lines."""
        return {
            str(file.relative_to(self.folder)): file.read_text().splitlines()
            for file in sorted(self.folder.glob("*/*"))
        }

    def write_playbook(self, file: Path) -> Path:
        """The same file for HA_SYS and for Ansible."""
        plays: list[dict[str, Any]] = []
        for server in ("a", "b"):
            tasks = [
                {"name": step.name, "shell": step.line}
                for step in self.steps
                if step.server == server
            ]
            plays.append(
                {"name": f"On {server}", "hosts": server, "gather_facts": False, "tasks": tasks}
            )
        file.write_text(yaml.safe_dump(plays, sort_keys=False, width=200))
        return file


DONE = {
    "a/log": ["1", "2", "3", "4", "5"],
    "a/service": ["stopped"],
    "b/address": ["192.0.2.70/24"],
    "b/configuration": ["peer=a"],
    "b/log": ["6", "7", "8", "9", "10", "11", "12"],
    "b/service": ["started"],
}
"""What each contender must leave behind."""
