"""`hasys` as a person calls it: the real program, on a copy of a lab's inventory."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.lab.kernel.lab import KernelLab
from tests.lab.namespaces.lab import NamespacesLab

PROJECT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), "HASYS_INVENTORY": "", "HASYS_STATE": ""}


@dataclasses.dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


class Controller:
    """An inventory directory, a state directory, and `hasys` called with both."""

    def __init__(self, directory: Path, group: str) -> None:
        self.inventory = directory / "inventory"
        self.state = directory / "state"
        self.group = group

    @property
    def group_file(self) -> Path:
        return self.inventory / "groups" / f"{self.group}.yaml"

    def change_group(self, change: Callable[[dict[str, Any]], None]) -> None:
        document = yaml.safe_load(self.group_file.read_text())
        change(document)
        self.group_file.write_text(yaml.safe_dump(document, sort_keys=False))

    def resources(self, resources: Mapping[str, Mapping[str, Any]]) -> None:
        self.change_group(lambda document: document.update(resources=dict(resources)))

    def command(self, *arguments: str) -> list[str]:
        where = ["-i", str(self.inventory), "--state", str(self.state)]
        return [sys.executable, "-m", "orchestrator", *where, *arguments]

    def hasys(self, *arguments: str, timeout_s: float = 90, typed: str = "") -> Answer:
        done = subprocess.run(
            self.command(*arguments),
            input=typed,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            env=ENVIRONMENT,
            cwd=self.inventory.parent,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def done(self, *arguments: str) -> Answer:
        answer = self.hasys(*arguments)
        assert answer.code == 0, f"hasys {arguments}: {answer.code}\n{answer.out}\n{answer.err}"
        return answer

    @contextlib.contextmanager
    def begun(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        """A command that goes on while the block runs; killed at its end."""
        with subprocess.Popen(
            self.command(*arguments),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def end_of(self, process: subprocess.Popen[str], within_s: float = 60) -> Answer:
        """How a command ended that `begun` began."""
        out, err = process.communicate(timeout=within_s)
        assert "Traceback" not in err, err
        return Answer(process.returncode, out, err)

    def runs(self) -> list[dict[str, Any]]:
        """The history of the group, newest first."""
        found = self.done("history", self.group, "-o", "json").document["runs"]
        assert isinstance(found, list)
        return found


class Site(Controller):
    """A controller with a lab's two servers."""

    def __init__(self, lab: NamespacesLab | KernelLab, directory: Path) -> None:
        super().__init__(directory, lab.description.group)
        self.lab = lab
        shutil.copytree(lab.description.inventory, self.inventory)

    def status(self) -> dict[str, Any]:
        answer = self.hasys("status", "-o", "json")
        found = answer.document["groups"][0]
        assert isinstance(found, dict)
        return found

    def states(self, server: str) -> dict[str, str]:
        servers = {one["name"]: one for one in self.status()["servers"]}
        return {name: one["state"] for name, one in servers[server]["resources"].items()}

    def on(self, server: str, *argv: str) -> str:
        return self.lab.run(server, argv)

    def fetch(self) -> str:
        """What a client reads at the service address."""
        url = self.lab.description.service.url
        enter = self.lab.description.client.enter
        curl = [*enter, "curl", "-sS", "--max-time", "3", url]
        return subprocess.run(curl, capture_output=True, text=True, check=True).stdout


def until(condition: Callable[[], bool], what: str, within_s: float = 10) -> None:
    """Waits for something that must come; fails, naming it, when it does not."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, f"{what}: not within {within_s} s"
        time.sleep(0.05)
