"""Start what outlives helper, SSH session and controller.

On a server run by systemd, it goes into a scope of its own, because logind may kill everything
in a session's scope when the session ends. Elsewhere a double fork and setsid must do. It keeps
nothing of ours: no descriptor, not sshd's protection from the out-of-memory killer, no priority.
"""

import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import List, Mapping, Optional, Sequence, Union

from remote_helpers import child

# Runs in a fresh interpreter, after systemd-run where there is one. Its standard error is the
# channel to the helper: "pid N" when the program is about to be executed, then closed by the
# execution, or "error TEXT". The wish comes on stdin, where no process list shows it. All imports
# come first: os.execvpe imports `warnings`, which another user may not be able to read.
STAGE = """
import fcntl, json, os, pwd, signal, socket, sys, warnings
wish = json.loads(sys.stdin.buffer.read().decode())
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
try:
    status = fcntl.fcntl(2, fcntl.F_DUPFD_CLOEXEC, 3)
    for number in map(int, os.listdir("/proc/self/fd")):
        if number > 2 and number != status and number != wish["lock"]:
            try:
                os.close(number)
            except OSError:
                pass
    if wish["lock"] is not None:
        fcntl.fcntl(wish["lock"], fcntl.F_SETFD, fcntl.FD_CLOEXEC)
    for path in ("/proc/self/oom_score_adj",):
        try:
            with open(path, "w") as file:
                file.write("0")
        except OSError:
            pass
    try:
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    except OSError:
        pass
    os.umask(0o022)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    for number in range(1, signal.NSIG):
        try:
            signal.signal(number, signal.SIG_DFL)
        except (OSError, ValueError):
            pass
    null = os.open("/dev/null", os.O_RDWR)
    try:
        journal = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        journal.connect("/run/systemd/journal/stdout")
        journal.sendall((wish["name"] + "\\n\\n6\\n1\\n0\\n0\\n0\\n").encode())
        output = journal.fileno()
    except OSError:
        output = null
    if wish["user"] is not None:
        entry = pwd.getpwnam(wish["user"])
        os.initgroups(entry.pw_name, entry.pw_gid)
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        wish["environment"].update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)
    wish["environment"].update(wish["extra"])
    os.chdir(wish["directory"] or "/")
    os.dup2(null, 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.write(status, ("pid %d\\n" % os.getpid()).encode())
    os.execvpe(wish["argv"][0], wish["argv"], wish["environment"])
except BaseException as problem:
    os.write(status, ("error %s\\n" % problem).encode())
os._exit(127)
"""

SYSTEMD_RUN = "/usr/bin/systemd-run"
SYSTEMD_IS_INIT = "/run/systemd/system"
"""The directory that sd_booted(3) looks for."""


class Wish:
    """What to start, and as what."""

    def __init__(
        self,
        command: Union[str, Sequence[str]],
        name: str,
        environment: Optional[Mapping[str, str]] = None,
        directory: Optional[str] = None,
        user: Optional[str] = None,
    ) -> None:
        self.command = command
        self.name = name
        self.environment = environment
        self.directory = directory
        self.user = user

    def as_json(self, lock: Optional[int]) -> bytes:
        base = {"PATH": child.DEFAULT_PATH, "HOME": "/root", "USER": "root", "LOGNAME": "root"}
        if "LANG" in os.environ:
            base["LANG"] = os.environ["LANG"]
        return json.dumps(
            {
                "argv": child.argv_of(self.command, None),
                "name": " ".join(self.name.split()),
                "environment": base,
                "extra": dict(self.environment or {}),
                "directory": self.directory,
                "user": self.user,
                "lock": lock,
            }
        ).encode()


def spawn(wish: Wish, timeout: float, lock: Optional[int] = None) -> int:
    """The process id of the executed program; `lock` is held until that moment."""
    deadline = time.monotonic() + timeout
    stage = [sys.executable, "-I", "-S", "-c", STAGE]
    try:
        process = subprocess.Popen(
            _scope_for(wish.name) + stage,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            cwd="/",
            start_new_session=True,
            pass_fds=() if lock is None else (lock,),
        )
    except OSError as problem:
        raise child.CannotStart("cannot start {}: {}".format(wish.name, problem)) from problem
    assert process.stdin is not None  # noqa: S101 - for the type checker
    assert process.stderr is not None  # noqa: S101 - for the type checker
    try:
        with process.stdin:
            process.stdin.write(wish.as_json(lock))
    except BrokenPipeError:
        pass  # it ended early: its words on stderr say why
    with process.stderr:
        told = _read_until_closed(process.stderr.fileno(), deadline)
    if told is None:
        child.kill_group(process.pid, signal.SIGKILL)
        process.wait()
        raise child.CannotStart("starting {} took longer than its deadline".format(wish.name))
    process.wait()
    return _process_id_in(told, wish.name)


def _scope_for(name: str) -> List[str]:
    if not (os.path.isdir(SYSTEMD_IS_INIT) and os.path.exists(SYSTEMD_RUN)):
        return []
    options = ["--scope", "--quiet", "--slice=system.slice", "--description=hasys: " + name]
    return [SYSTEMD_RUN, *options, "--"]


def _read_until_closed(descriptor: int, deadline: float) -> Optional[str]:
    """All that is said before the program is executed; None when the deadline passes first."""
    told = b""
    while True:
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        left = deadline - time.monotonic()
        if left <= 0 or not poller.poll(left * 1000):
            return None
        data = os.read(descriptor, 4096)
        if not data:
            return told.decode("utf-8", "replace")
        told += data


def _process_id_in(told: str, name: str) -> int:
    number = None
    for line in told.splitlines():
        word, _, rest = line.partition(" ")
        if word == "pid" and rest.isdigit():
            number = int(rest)
        elif word == "error":
            raise child.CannotStart("cannot start {}: {}".format(name, rest))
    if number is None:
        raise child.CannotStart("cannot start {}: {}".format(name, told.strip() or "no word why"))
    return number
