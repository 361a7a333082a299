"""A transient unit whose watchdog resets the server: one for each time that something is held.

Its one process sleeps. The guard speaks for it to systemd, as sd_pid_notify(3) does: so nothing
that could be slow stands between guard and watchdog, and a guard that is gone or frozen feeds
nothing. `reboot-immediate`, because `reboot-force` first asks every process to end, for minutes,
with the address still in place, and runs a program from disk. Without a time-out of its start,
because a unit that fails to start would reset the server, too.
"""

import contextlib
import os
import signal
import socket
import struct
import subprocess
import time
from typing import Any, Callable, Dict, Optional, Tuple

from remote_helpers.guarding import places, units
from remote_helpers.guarding.background import Background
from remote_helpers.guarding.places import Places

UNIT = "hasys-cover-"
_NOTIFY = "/run/systemd/notify"
_LATE_S = 0.3
"""systemd's timers are accurate to 250 ms, and the process that sleeps takes a moment to die."""
_SHORTEST_S = 0.1
_STARTS_WITHIN_S = 5.0
_AGAIN_S = 1.0
_PROPERTIES = (
    "Type=notify",
    "NotifyAccess=main",
    "FailureAction=reboot-immediate",
    "DefaultDependencies=no",
    "OOMScoreAdjust=-1000",
    "TimeoutStopSec=1",
    "TimeoutStartSec=infinity",
    "SendSIGHUP=no",
)


def shortest() -> float:
    return _LATE_S + _SHORTEST_S


class SystemdCover:
    kind = "systemd"

    def __init__(self, group: str, where: Places, seconds: float, background: Background) -> None:
        self._group, self._places, self._background = group, where, background
        self.seconds = seconds
        self._pid = 0
        self.starting = False
        self._wanted = False
        self._try_at = 0.0
        self.problem = ""

    @property
    def armed(self) -> bool:
        return self._pid > 0

    def arm(self) -> None:
        """In the background: it takes some 20 ms; armed when the first feeding has gone out."""
        self._wanted = True
        if self._pid or self.starting or time.monotonic() < self._try_at:
            return
        self._begin(self.seconds, self._started)

    def _begin(self, seconds: float, started: Callable[[Any], None]) -> None:
        self.starting = True
        self._try_at = time.monotonic() + _AGAIN_S
        self._background.submit(lambda: self._start(seconds), started)

    def _start(self, seconds: float) -> int:
        unit = UNIT + "{}-{}".format(self._group, os.urandom(3).hex())
        argv = ["systemd-run", "--quiet", "--no-block", "--collect", "--unit=" + unit]
        argv += ["--slice=system.slice"]
        argv += ["--property=" + one for one in _PROPERTIES]
        argv += ["--property=WatchdogSec={:d}ms".format(int((seconds - _LATE_S) * 1000))]
        argv += ["--", "sleep", "2147483647"]
        done = subprocess.run(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_STARTS_WITHIN_S,
            check=False,
        )
        if done.returncode != 0:
            raise OSError("systemd-run: " + done.stdout.decode("utf-8", "replace").strip())
        pid = _pid_within(unit + ".service", _STARTS_WITHIN_S)
        places.write_whole(self._places.cover, b"%d\n" % pid)
        return pid

    def _started(self, result: Any) -> None:
        self.starting = False
        if isinstance(result, Exception):
            self.problem = str(result)
            return
        self._pid = result
        self.problem = ""
        self._tell("READY=1")
        if not self._wanted:
            self.disarm()

    def rearm(self, seconds: float, may: Callable[[], bool]) -> None:
        """Another time-out: by a unit of its own, for not every systemd changes one that runs.

        The one before is fed until the new one is there. It ends before the new one counts: of
        two that count, a guard killed in between would leave its successor one that nobody feeds.
        """
        if not self._pid or self.starting or seconds < shortest():
            return
        if time.monotonic() >= self._try_at:
            self._begin(seconds, lambda result: self._replace(seconds, may, result))

    def _replace(self, seconds: float, may: Callable[[], bool], result: Any) -> None:
        if isinstance(result, Exception) or not may():
            self.starting = False  # the one before goes on; it is tried again
            if not isinstance(result, Exception):
                _end(result)
            return
        wanted = self._wanted
        self.disarm()
        self._wanted, self.seconds = wanted, seconds
        self._started(result)

    def feed(self) -> None:
        if self._pid:
            self._tell("WATCHDOG=1")

    def _tell(self, word: str) -> None:
        who = struct.pack("3i", self._pid, os.getuid(), os.getgid())
        credentials = (socket.SOL_SOCKET, socket.SCM_CREDENTIALS, who)
        kind = socket.SOCK_DGRAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC
        with socket.socket(socket.AF_UNIX, kind) as manager:
            try:
                manager.sendmsg([word.encode("ascii")], [credentials], 0, _NOTIFY)
            except ProcessLookupError:
                self._pid = 0  # somebody ended it in order; it is started again
                self.problem = "the unit of the reset was ended by somebody"
            except OSError as problem:
                self.problem = "systemd takes no word: {}".format(problem.strerror)

    def disarm(self) -> None:
        """An orderly end of its process is no failure."""
        self._wanted = False
        if self._pid and _is_ours(self._pid):
            _end(self._pid)
        self._pid = 0

    def hand_over(self) -> Tuple[Dict[str, Any], Optional[int]]:
        return {"pid": self._pid}, None

    def resume(self, left: Dict[str, Any], _descriptor: Optional[int]) -> None:
        """The file is there before the unit counts: nothing that was armed is ever forgotten."""
        pid = left.get("pid") or 0
        if not (pid and _is_ours(pid)):
            with contextlib.suppress(OSError, ValueError), open(self._places.cover) as file:
                pid = int(file.read())
        if pid and _is_ours(pid):
            self._pid = pid
            self._wanted = True
            self._tell("READY=1")


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def _pid_within(unit: str, seconds: float) -> int:
    """From its cgroup, where it is before systemd has executed it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for folder in units.folders(unit, "system.slice"):
            for pid in units.members(folder):
                return pid
        time.sleep(0.005)
    raise OSError("the unit of the reset did not start within {:g} s".format(seconds))


def _is_ours(pid: int) -> bool:
    """Its number may have gone to a stranger."""
    try:
        with open("/proc/{}/cgroup".format(pid)) as file:
            return "/{}".format(UNIT) in file.read()
    except OSError:
        return False
