"""Runs `hasys demo` as a person would and tells what it left behind."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil
import pytest

PROJECT = Path(__file__).parents[2]
PATIENCE_S = 90.0
GONE_IN_S = 8.0
_OWN_NAMES = ("public", "heartbeat", "pub-", "hea-")


def cannot_run(why: str) -> None:
    """Skips so that it is seen; in continuous integration nothing may be skipped."""
    text = f"DEMO TESTS NOT RUN: {why}"
    if os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def python(module: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def as_ordinary_user(argv: Sequence[str]) -> list[str]:
    """For root only; an ordinary user is one already."""
    if os.geteuid() != 0:
        return list(argv)
    own_mounts = python("orchestrator.demo.isolate", "mount", "--")
    return [*own_mounts, *python("tests.demo.as_ordinary_user", *argv)]


class RunningDemo:
    """A demo under way, with all its processes and where it may put files."""

    def __init__(self, argv: Sequence[str], folder: Path, **environment: str) -> None:
        folder.chmod(0o755)
        self.temporary = folder / "tmp"
        self.temporary.mkdir()
        self.temporary.chmod(0o1777)
        self.before = traces()
        self.lines: list[str] = []
        self.seen: set[psutil.Process] = set()
        self.process = subprocess.Popen(
            argv,
            cwd=PROJECT,
            env=_environment(environment | {"TMPDIR": str(self.temporary)}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._queue: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    def until(self, word: str) -> None:
        """Reads on until a line holds the word; notes every process there is then."""
        while (line := self._next()) is not None:
            if word in line:
                self.note_processes()
                return
        pytest.fail(f"the demo ended without saying {word!r}:\n{self.text}")

    def end(self) -> int:
        while self._next() is not None:
            pass
        return self.process.wait(PATIENCE_S)

    def note_processes(self) -> None:
        with contextlib.suppress(psutil.NoSuchProcess):
            demo = psutil.Process(self.process.pid)
            self.seen.update({demo, *demo.children(recursive=True)})

    def process_of(self, *words: str) -> psutil.Process:
        """The one of the demo that has all these words as arguments."""
        found = [one for one in self.seen if _is_there(one) and set(words) <= set(one.cmdline())]
        assert len(found) == 1, found
        return found[0]

    def left_behind(self) -> list[str]:
        """Processes, cards, mounts and files; empty as soon as it is, and told after a while."""
        assert len(self.seen) > 5, "it was looked at before anything was up"
        until = time.monotonic() + GONE_IN_S
        while (left := self._left()) and time.monotonic() < until:
            time.sleep(0.05)
        return left

    def _left(self) -> list[str]:
        running = [f"process {one.pid} {one.cmdline()}" for one in self.seen if _is_there(one)]
        files = [f"file {path}" for path in self.temporary.iterdir()]
        return [*running, *files, *(traces() - self.before)]

    def _next(self) -> str | None:
        try:
            line = self._queue.get(timeout=PATIENCE_S)
        except queue.Empty:
            self.process.kill()
            pytest.fail(f"the demo said nothing for {PATIENCE_S:g} s:\n{self.text}")
        if line is not None:
            self.lines.append(line)
        return line

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout:
            for line in self.process.stdout:
                self._queue.put(line.rstrip("\n"))
        self._queue.put(None)


def traces() -> set[str]:
    """What a demo could leave in the machine's own namespaces."""
    cards = {f"card {name}" for name in psutil.net_if_addrs() if name.startswith(_OWN_NAMES)}
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    ours = ("/tmp", "/run", "/var/lib", "/etc/shadow")
    points = [line.split()[4] for line in mounts]
    counted = {f"mount {point} {points.count(point)}" for point in ours}
    return cards | counted | {f"file {one}" for one in Path("/tmp").glob("hasys-demo*")}


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """Not those of the machine that runs the tests: a newcomer has set nothing."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("HASYS_")}
    return ours | {"PYTHONPATH": str(PROJECT), "HASYS_INVENTORY": "/nowhere"} | extra


def _is_there(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False
