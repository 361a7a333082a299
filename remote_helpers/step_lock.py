"""The lock that tells whether a step that changes the server is still in progress.

Steps hold it shared while they act; raising the epoch takes it alone. Three things make it tell
the truth:

* Children inherit the descriptor, so the lock outlives a helper that was killed while they act.
  At the end of a step it is released explicitly, which releases the copies held by whatever the
  step left running on purpose, too.
* A child that could not be killed keeps it: then the step is not over.
* A turnstile: who waits to be alone closes it, so that a stream of new steps cannot starve it.
"""

import contextlib
import fcntl
import os
import signal
import time
from typing import Iterator, List, NamedTuple, Optional, Tuple

from remote_helpers.operation import Context, OperationError

PAUSE_S = 0.005
ORPHANS_AFTER_S = 0.5
"""The end of a session kills its children at once; what holds the lock after this escaped."""
GIVEN_UP_S = 1.0
"""After SIGKILL a process is gone at once, or stuck in the kernel."""
ANSWER_S = 0.1
"""Kept of the deadline, so that `busy` can say who holds the lock."""


class Holder(NamedTuple):
    """A process in which a step is in progress; `owner` took the lock and may be dead."""

    pid: int
    owner: int
    command: str


@contextlib.contextmanager
def shared(context: Context, directory: str) -> Iterator[int]:
    """Yields the descriptor that children of the step are to inherit."""
    turnstile = _take(context, directory, "turn", fcntl.LOCK_SH)
    try:
        lock = _take(context, directory, "lock", fcntl.LOCK_SH)
    finally:
        os.close(turnstile)
    try:
        yield lock
    finally:
        if not context.stuck:
            fcntl.flock(lock, fcntl.LOCK_UN)
        os.close(lock)


@contextlib.contextmanager
def alone(context: Context, directory: str) -> Iterator[None]:
    """Waits for the steps in progress; `busy`, naming them, when the deadline comes first."""
    turnstile = _take(context, directory, "turn", fcntl.LOCK_EX)
    try:
        lock = _take(context, directory, "lock", fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(lock)
    finally:
        os.close(turnstile)


def is_free(directory: str) -> bool:
    """Whether no step is in progress at this moment; it does not keep one from beginning."""
    path = os.path.join(directory, "lock")
    descriptor = _open(path)
    try:
        return _locked(descriptor, fcntl.LOCK_EX)
    finally:
        os.close(descriptor)


def end_steps(directory: str, grace_s: float) -> bool:
    """Ends the steps in progress, by killing what holds the lock after the grace.

    For a guard whose gate is closed: a step that begins from now on finds it closed, one that
    began before must not go on. No step is waited for longer than GIVEN_UP_S, because a process
    that is stuck in the kernel cannot be killed; False then.
    """
    began = time.monotonic()
    turnstile = _open(os.path.join(directory, "turn"))
    lock = _open(os.path.join(directory, "lock"))
    try:
        while True:
            _locked(turnstile, fcntl.LOCK_EX)  # no new ones, as far as nobody else holds it
            if _locked(lock, fcntl.LOCK_EX):
                return True
            waited = time.monotonic() - began
            if waited > grace_s + GIVEN_UP_S:
                return False
            if waited > grace_s:
                _kill_holders(os.path.join(directory, "lock"))
            time.sleep(PAUSE_S)
    finally:
        os.close(lock)
        os.close(turnstile)


def _kill_holders(path: str) -> None:
    """The helper that acts, too: its controller loses a session, not its service."""
    for holder in holders(path):
        if holder.pid != os.getpid():
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)


def _take(context: Context, directory: str, name: str, mode: int) -> int:
    path = os.path.join(directory, name)
    began = time.monotonic()
    while True:
        descriptor = _open(path)
        if _locked(descriptor, mode):
            if os.fstat(descriptor).st_nlink:
                return descriptor
            os.close(descriptor)  # the group was released while we waited; look again
            continue
        os.close(descriptor)
        waited = time.monotonic() - began
        if context.remaining() <= ANSWER_S:
            _refuse(path, waited)
        pause = PAUSE_S
        if mode == fcntl.LOCK_EX and waited > ORPHANS_AFTER_S:
            _kill_orphans(path)
            pause = 10 * PAUSE_S  # looking through /proc is not free
        if context.cancelled.wait(pause):
            context.proceed()


def _open(path: str) -> int:
    try:
        return os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        group = os.path.basename(os.path.dirname(path))
        message = "this server has no record of group {}: nothing was done".format(group)
        raise OperationError("not-registered", message) from None


def _locked(descriptor: int, mode: int) -> bool:
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _refuse(path: str, waited: float) -> None:
    found = holders(path)
    shown = "; ".join("process {}: {}".format(each.pid, each.command) for each in found)
    message = "waited {:.1f} s for a step in progress ({})".format(
        waited, shown or "holder unknown"
    )
    detail = {"holders": [dict(each._asdict()) for each in found]}
    raise OperationError("busy", message, detail)


def holders(path: str) -> List[Holder]:
    """Every process that has the lock, by what the kernel says of its descriptors."""
    result = []
    path = os.path.realpath(path)  # what /proc shows
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            owner = _owner_of_lock(entry, path)
            if owner is not None:
                result.append(Holder(int(entry), owner, _command(entry)))
    return result


def _owner_of_lock(pid: str, path: str) -> Optional[int]:
    for descriptor, target in _descriptors(pid):
        if target != path:
            continue
        with contextlib.suppress(OSError):
            for line in _lines("/proc/{}/fdinfo/{}".format(pid, descriptor)):
                if line.startswith("lock:"):
                    # lock: 1: FLOCK  ADVISORY  READ 4711 08:01:393 0 EOF
                    return int(line.split()[5])
    return None


def _lines(path: str) -> List[str]:
    with open(path) as file:
        return file.readlines()


def _descriptors(pid: str) -> List[Tuple[str, str]]:
    """readlink, not stat: a descriptor on a dead network mount must not hang the search."""
    folder = "/proc/{}/fd".format(pid)
    result = []
    with contextlib.suppress(OSError):
        for name in os.listdir(folder):
            with contextlib.suppress(OSError):
                result.append((name, os.readlink(os.path.join(folder, name))))
    return result


def _command(pid: str) -> str:
    try:
        with open("/proc/{}/cmdline".format(pid), "rb") as file:
            return file.read(200).replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return "?"


def _kill_orphans(path: str) -> None:
    """End what a dead helper left of its step: its outcome is unknown, and it must not go on."""
    for holder in holders(path):
        if holder.pid != holder.owner and not _is_alive(holder.owner):
            with contextlib.suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)


def _is_alive(pid: int) -> bool:
    return os.path.exists("/proc/{}/stat".format(pid))
