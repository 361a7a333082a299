"""One server of a namespaces lab as its files, its cgroup and what runs it."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from tests.lab import credentials, programs, teardown
from tests.lab.credentials import Credentials
from tests.lab.network import LabNetwork
from tests.lab.registry import LabRecord

DROPPED_CAPABILITIES = "-sys_time,-sys_module,-sys_rawio,-mknod,-syslog,-wake_alarm"
"""The machine's clock, kernel, memory, disks and log are no server's own."""
_PROJECT = Path(__file__).parents[3]
_BOOT = Path(__file__).with_name("boot.sh")


@dataclasses.dataclass(frozen=True)
class Server:
    """Its disk is `up`: it survives a power cut, as /run and /tmp do not."""

    record: LabRecord
    name: str

    @property
    def folder(self) -> Path:
        return self.record.folder / self.name

    @property
    def cgroup(self) -> Path:
        return teardown.cgroup(self.record.lab, self.name)

    @property
    def sysrq(self) -> Path:
        return self.folder / "sysrq"

    @property
    def network(self) -> LabNetwork:
        return LabNetwork(self.record.lab, self.record.index)

    def install(self, keys: Credentials) -> None:
        """An empty disk with only this server's own files on it."""
        for part in ("up", "work", "root"):
            (self.folder / part).mkdir(parents=True)
        os.mkfifo(self.sysrq, 0o600)
        plan = self.network.addresses
        credentials.write_host_files(self.folder / "up", keys.host_files(self.name, plan))

    # -- seen from any process ----------------------------------------------------------------

    def powered(self) -> bool:
        """A keeper holds its lock for as long as the server is on."""
        with (self.folder / "keeper.lock").open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def boot_id(self) -> str | None:
        with contextlib.suppress(FileNotFoundError):
            return (self.folder / "boot_id").read_text().strip()
        return None

    def pid(self) -> int | None:
        """The machine's number of the server's systemd; None while it is off."""
        with contextlib.suppress(FileNotFoundError):
            return int((self.folder / "pid").read_text())
        return None

    def start_keeper(self) -> None:
        """Switches the server on and returns; the keeper stays, as a process of the switch."""
        keeper = ["-m", "tests.lab.namespaces.keeper", self.record.lab, self.name]
        with (self.folder / "console.log").open("a") as console:
            subprocess.run(
                [*self.network.enter("sw"), "setsid", "--fork", sys.executable, *keeper],
                cwd=_PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
                check=True,
            )

    def kill(self) -> None:
        """Everything that runs on it, in one step, frozen or not."""
        with contextlib.suppress(OSError):
            (self.cgroup / "cgroup.kill").write_text("1")

    def press_sysrq(self, key: str) -> None:
        with self.sysrq.open("w") as pipe:
            pipe.write(key)

    def set_frozen(self, *, frozen: bool) -> None:
        if not self.powered():
            raise RuntimeError(f"{self.name} is off")
        (self.cgroup / "cgroup.freeze").write_text("1" if frozen else "0")
        wanted = f"frozen {int(frozen)}"
        wait_until(
            lambda: wanted in (self.cgroup / "cgroup.events").read_text(),
            f"{self.name} to be {'frozen' if frozen else 'running'}",
            timeout_s=5,
        )

    # -- the keeper's part ----------------------------------------------------------------------

    def boot(self) -> subprocess.Popen[bytes]:
        """Fresh namespaces, cgroup and boot id on the old disk; ends when its systemd ends."""
        self._clear()
        self.network.silence(self.name, silent=False)
        self.network.add_server_namespace(self.name)
        (self.cgroup / "entered").mkdir(parents=True)
        (self.folder / "boot_id").write_text(f"{uuid.uuid4()}\n")
        since_boot = int(time.clock_gettime(time.CLOCK_BOOTTIME)) - 1
        since_start = int(time.monotonic()) - 1
        own_cgroup = f'echo $$ > "{self.cgroup}/cgroup.procs"; exec "$@"'
        running = subprocess.Popen(
            [
                *("sh", "-c", own_cgroup, "sh", *self.network.enter(self.name)),
                *("unshare", "--mount", "--pid", "--uts", "--ipc", "--cgroup"),
                *("--time", f"--boottime=-{since_boot}", f"--monotonic=-{since_start}"),
                *("--fork", "--kill-child", "--propagation=private"),
                *(
                    "sh",
                    str(_BOOT),
                    str(self.folder),
                    str((self.record.folder / "tree").resolve()),
                    self.name,
                ),
            ],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LAB_CAPABILITIES": DROPPED_CAPABILITIES},
        )
        self._leave_cgroup_to_systemd(running)
        return running

    def switched_off(self) -> None:
        """It has vanished from the network and runs nothing; its disk stays."""
        self._clear()
        self.network.silence(self.name, silent=False)

    def _clear(self) -> None:
        (self.folder / "pid").unlink(missing_ok=True)
        teardown.remove_cgroup(self.cgroup)
        self.network.remove_server_namespace(self.name)

    def _leave_cgroup_to_systemd(self, running: subprocess.Popen[bytes]) -> None:
        """A cgroup that holds processes itself cannot hand controllers on."""
        wait_until(
            lambda: self.pid() is not None or running.poll() is not None,
            f"{self.name} to begin its boot",
            timeout_s=20,
        )
        with contextlib.suppress(OSError):  # it ended at once; the keeper says how
            (self.cgroup / "entered" / "cgroup.procs").write_text(str(running.pid))


def wait_until(condition: Callable[[], bool], what: str, *, timeout_s: float) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"waited {timeout_s:g} s for {what}")
        time.sleep(0.003)


def enter_script(record: LabRecord) -> str:
    """A short program, as the prefix must hold over reboots."""
    template = Path(__file__).with_name("enter.sh").read_text()
    cgroup = teardown.cgroup(record.lab, "")
    return (
        template.replace("@FOLDER@", str(record.folder))
        .replace("@CGROUP@-", str(cgroup))
        .replace("@CAPABILITIES@", DROPPED_CAPABILITIES)
    )


def require_tools() -> None:
    programs.require_programs(
        {"unshare": "util-linux", "setpriv": "util-linux", "pivot_root": "util-linux"}
    )
