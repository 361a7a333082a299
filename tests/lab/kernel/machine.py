"""One machine: a user-mode-linux process that is started, killed, stopped and continued.

All that is needed for this stands in a file of the machine's folder, so that its power switch,
another command or another test process can do it as well.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.lab.registry import ProcessMark

_SPECIFICATION, _PROCESS = "machine.json", "process.json"
_DEADLINE_S = 10.0


class MachineOff(RuntimeError):
    """There is nothing to freeze or to thaw."""


@dataclasses.dataclass(frozen=True)
class Machine:
    """A machine whose files live in `folder`; it may be on or off."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def log(self) -> Path:
        """What its kernel said, from all its lives."""
        return self.folder / "kernel.log"

    @property
    def control(self) -> Path:
        """Its kernel's control socket, while it is on."""
        return self.folder / "uml" / "mconsole"

    @property
    def pid_file(self) -> Path:
        """User-mode-linux's own note; stands beside the control socket."""
        return self.control.with_name("pid")

    def said(self, lines: int = 10) -> str:
        """The end of what its kernel said."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def specify(self, argv: Sequence[str], environment: Mapping[str, str]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"argv": list(argv), "environment": dict(environment)}, indent=2)
        (self.folder / _SPECIFICATION).write_text(text + "\n")

    def is_on(self) -> bool:
        """A frozen machine is on. One that panicked is off: its process has ended."""
        mark = self._recorded()
        return mark is not None and mark.alive() and _state(mark.pid) != "Z"

    def is_frozen(self) -> bool:
        mark = self._recorded()
        return mark is not None and mark.alive() and _state(mark.pid) == "T"

    def life(self) -> int | None:
        """Another number after each start of its kernel; None while there is none."""
        try:
            return self.control.stat().st_ctime_ns  # each makes its socket anew
        except FileNotFoundError:
            return None

    def power_on(self) -> None:
        """Does nothing where it is on already, as a power button."""
        with self._alone():
            if self.is_on():
                return
            self._end_remains()
            shutil.rmtree(self.control.parent, ignore_errors=True)
            wanted = json.loads((self.folder / _SPECIFICATION).read_text())
            with self.log.open("ab") as output:
                process = subprocess.Popen(
                    wanted["argv"],
                    env=wanted["environment"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    cwd=self.folder,
                    start_new_session=True,
                )
            mark = ProcessMark.of(process.pid)
            process.returncode = 0  # it outlives this process; do not warn about it
            (self.folder / _PROCESS).write_text(
                json.dumps(dataclasses.asdict(mark)) if mark else ""
            )

    def power_off(self) -> None:
        """Pulls the plug: what the machine has not written to its disks is lost."""
        with self._alone():
            self._end_remains()

    def freeze(self) -> None:
        """Returns when it stands still: on a busy host that is not at once."""
        self._signal(signal.SIGSTOP)
        until = time.monotonic() + _DEADLINE_S
        while not self.is_frozen():
            if time.monotonic() > until:
                raise TimeoutError(f"machine {self.name} does not stand still")
            time.sleep(0.001)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def wait_until_off(self, timeout_s: float = _DEADLINE_S) -> None:
        until = time.monotonic() + timeout_s
        while self.is_on():
            if time.monotonic() > until:
                raise TimeoutError(f"machine {self.name} is still on after {timeout_s} s")
            time.sleep(0.01)

    def _signal(self, number: signal.Signals) -> None:
        mark = self._recorded()
        if mark is None or not self.is_on():
            raise MachineOff(f"machine {self.name} is off")
        os.kill(mark.pid, number)

    def _recorded(self) -> ProcessMark | None:
        try:
            text = (self.folder / _PROCESS).read_text()
        except FileNotFoundError:
            return None
        return ProcessMark(**json.loads(text)) if text else None

    def _end_remains(self) -> None:
        """The process and those that ran its programs, which survive a panic."""
        mark = self._recorded()
        if mark is None:
            return
        until = time.monotonic() + _DEADLINE_S
        while session := _session(mark):
            for pid in session:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() > until:
                raise TimeoutError(f"processes {session} of machine {self.name} do not end")
            time.sleep(0.005)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The power switch and a test may press the button at the same time."""
        with (self.folder / "power.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            yield


def _session(leader: ProcessMark) -> list[int]:
    """Living processes of the session that this leader made, itself gone or not."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        state, session, started = fields[0], int(fields[3]), int(fields[19])
        if session == leader.pid and started >= leader.started and state != "Z":
            found.append(int(entry.name))
    return found


def _state(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"
