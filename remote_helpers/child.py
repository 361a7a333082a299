"""Children of the helper: own session, deadline, bounded output, never the helper's channel.

The whole process group dies at the deadline. A background process that keeps the output pipes
open does not delay the answer: once the child itself has ended, what it wrote is read and the
pipes are closed (so what stays must redirect its output, or SIGPIPE ends it when it writes).
"""

import contextlib
import errno
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from typing import Dict, List, Mapping, Optional, Sequence, Set, Union

from remote_helpers.pipes import Streams

OUTPUT_LIMIT = 256 * 1024
"""Bytes kept of each stream; the rest is read and thrown away, so that the child never blocks."""
TERM_GRACE_S = 0.5
"""Between TERM and KILL; at a deadline it is taken from the time before it."""
REAP_S = 1.0
"""How long after KILL a child may take to vanish before it counts as stuck in the kernel."""
SHORTEST_NAP_S = 0.0001
"""Once its pipes are closed a child is about to end: a millisecond would be most of the wait."""
LONGEST_NAP_S = 0.025
"""Python 3.6 cannot wait for pipes and an exit at once: look at least this often."""
EXHAUSTED = (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

# Runs in a fresh interpreter: changing user between fork and exec is not safe among threads.
AS_USER = """
import os, pwd, sys, warnings
entry = pwd.getpwnam(sys.argv[1])
os.initgroups(entry.pw_name, entry.pw_gid)
os.setgid(entry.pw_gid)
os.setuid(entry.pw_uid)
os.environ.update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)
os.execvp(sys.argv[2], sys.argv[2:])
"""


class CannotStart(Exception):
    """The program, the directory or the user does not exist, or may not be used."""


class Options:
    """How to start a child; `lock` is a descriptor it inherits on purpose."""

    def __init__(
        self,
        stdin: str = "",
        environment: Optional[Mapping[str, str]] = None,
        directory: Optional[str] = None,
        user: Optional[str] = None,
        output_limit: int = OUTPUT_LIMIT,
        lock: Optional[int] = None,
    ) -> None:
        self.stdin = stdin
        self.environment = environment
        self.directory = directory
        self.user = user
        self.output_limit = output_limit
        self.lock = lock


class Completed:
    """How a child ended. `rc` is negative for a signal, as in subprocess."""

    def __init__(self, rc: int, stdout: str, stderr: str) -> None:
        self.rc = rc
        self.stdout = stdout
        self.stderr = stderr
        self.truncated = False
        self.timed_out = False
        self.output_held = False
        """Something it left running still held its output."""
        self.left_behind = False
        """It did not vanish after KILL: stuck in the kernel."""


class Children:
    """All process groups in progress, so that the end of the session ends them."""

    def __init__(self) -> None:
        self._groups: Set[int] = set()
        # A signal may come while its own thread is in here, and its handler comes here, too.
        self._lock = threading.RLock()
        self._closed = False

    def add(self, group: int) -> None:
        with self._lock:
            self._groups.add(group)
            if self._closed:  # started while the session was ending
                kill_group(group, signal.SIGKILL)

    def discard(self, group: int) -> None:
        with self._lock:
            self._groups.discard(group)

    def kill_all(self) -> None:
        with self._lock:
            self._closed = True
            for group in self._groups:
                kill_group(group, signal.SIGKILL)


def kill_group(group: int, number: int) -> None:
    # gone, or a program that changed its user and is not ours any more
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def environment_for(extra: Optional[Mapping[str, str]]) -> Dict[str, str]:
    """The helper's own, with a PATH that has sbin: sshd's often lacks it."""
    result = dict(os.environ)
    result["PATH"] = DEFAULT_PATH
    result.pop("LC_ALL", None)
    result["LC_MESSAGES"] = "C"  # programs' words are parsed; character set and numbers stay
    result["LVM_SUPPRESS_FD_WARNINGS"] = "1"  # it would complain about the inherited lock
    result.update(extra or {})
    return result


def argv_of(command: Union[str, Sequence[str]], user: Optional[str]) -> List[str]:
    argv = ["/bin/sh", "-c", command] if isinstance(command, str) else list(command)
    if user is not None:
        return [sys.executable, "-I", "-S", "-c", AS_USER, user, *argv]
    return argv


def run(
    command: Union[str, Sequence[str]],
    options: Options,
    timeout: float,
    children: Children,
    cancelled: threading.Event,
) -> Completed:
    """Run to the end, the timeout or the cancellation; never longer than timeout + REAP_S."""
    deadline = time.monotonic() + timeout
    process = _start(command, options)
    children.add(process.pid)
    try:
        streams = Streams(process, options.stdin, options.output_limit)
        try:
            ended = _watch(process, streams, deadline, cancelled)
        finally:
            held = streams.finish()
        rc = _reap(process)
    finally:
        children.discard(process.pid)
    result = Completed(-signal.SIGKILL if rc is None else rc, streams.text(1), streams.text(2))
    result.truncated = streams.truncated
    result.timed_out = not ended and not cancelled.is_set()
    result.output_held = held and ended
    result.left_behind = rc is None
    return result


def _start(command: Union[str, Sequence[str]], options: Options) -> "subprocess.Popen[bytes]":
    shown = command if isinstance(command, str) else " ".join(command)
    try:
        if options.user is not None:
            pwd.getpwnam(options.user)
        return subprocess.Popen(
            argv_of(command, options.user),
            stdin=subprocess.PIPE if options.stdin else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment_for(options.environment),
            cwd=options.directory,
            start_new_session=True,
            pass_fds=() if options.lock is None else (options.lock,),
        )
    except (OSError, ValueError, KeyError) as problem:
        if isinstance(problem, OSError) and problem.errno in EXHAUSTED:
            raise  # says nothing of the program: the server has no process or memory to give
        raise CannotStart("cannot run {}: {}".format(shown, problem)) from problem


def _watch(
    process: "subprocess.Popen[bytes]",
    streams: Streams,
    deadline: float,
    cancelled: threading.Event,
) -> bool:
    """True when the child ended by itself; else its group was killed.

    The leader is not reaped before its group is killed: a group number cannot be given to
    strangers while its leader is still there, even as a zombie.
    """
    nap = 0.001
    closed = False
    term_at = deadline - min(TERM_GRACE_S, (deadline - time.monotonic()) / 4)
    terminated = False
    while True:
        now = time.monotonic()
        if cancelled.is_set() and not terminated:
            deadline = min(deadline, now + TERM_GRACE_S)
            term_at = now
        if now >= deadline:
            kill_group(process.pid, signal.SIGKILL)
            return False
        if now >= term_at and not terminated:
            kill_group(process.pid, signal.SIGTERM)
            terminated = True
        if _has_ended(process):
            if terminated:  # its group may have members that outlive the TERM
                kill_group(process.pid, signal.SIGKILL)
            return not terminated
        nap = min(nap * 1.5, LONGEST_NAP_S)
        if streams.is_closed and not closed:
            closed, nap = True, SHORTEST_NAP_S
        streams.wait(min(nap, deadline - now))


def _has_ended(process: "subprocess.Popen[bytes]") -> bool:
    return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _reap(process: "subprocess.Popen[bytes]") -> Optional[int]:
    try:
        return process.wait(REAP_S)
    except subprocess.TimeoutExpired:
        return None
