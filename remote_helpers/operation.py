"""What an operation is handed and what it may answer: errors, deadline, children.

Resource types and facts are written against this file alone:

    def start(context, name, spec):
        done = context.run(["/usr/bin/systemctl", "start", spec["unit"]])
        if done.rc != 0:
            raise OperationError("failed", "systemctl start: " + done.stderr)
        return state("started", True, "mariadb.service active")
"""

import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Union

from remote_helpers import child, detached

Command = Union[str, Sequence[str]]


class OperationError(Exception):
    """Becomes the error of the reply; `kind` is one of README.md's words."""

    def __init__(self, kind: str, message: str, detail: Optional[Mapping[str, Any]] = None) -> None:
        super(OperationError, self).__init__(message)
        self.kind = kind
        self.message = message
        self.detail = dict(detail or {})


def state(word: str, changed: bool, detail: str = "") -> Dict[str, Any]:  # noqa: FBT001
    """What check, start and stop return: started, stopped, failed or unknown, and why."""
    return {"state": word, "changed": changed, "detail": detail}


def prediction(
    would: str,
    detail: str = "",
    result: Optional[Mapping[str, Any]] = None,
    diff: Optional[Mapping[str, str]] = None,
) -> Dict[str, Any]:
    """What an operation's `check` returns: it would `change` something, `nothing`, or `fail`, as
    the server is now; `unknown`: only doing it tells. `diff`: before, after and what they are of.
    """
    return {"would": would, "detail": detail, "result": result, "diff": diff}


class Context:
    """One operation in progress: whose group, until when, and how to start children.

    `lock` is the descriptor of the group's shared lock while a mutating step acts: children
    inherit it, so that the lock outlives a helper that is killed while they still act.
    """

    def __init__(
        self,
        group: str,
        deadline: float,
        children: child.Children,
        cancelled: Optional[threading.Event] = None,
        state_directory: str = "/var/lib/hasys",
        run_directory: str = "/run/hasys",
    ) -> None:
        self.group = group
        self.deadline = deadline
        self.cancelled = cancelled or threading.Event()
        self.children = children
        self.state_directory = state_directory
        self.run_directory = run_directory
        self.push: Callable[[Mapping[str, Any]], None] = lambda _message: None
        """Tells the controller something that it did not ask for."""
        self.lock: Optional[int] = None
        self.stuck: List[str] = []
        """Children that could not be killed (stuck in the kernel): the step is not over."""

    def remaining(self) -> float:
        """Seconds to the deadline, never below 0."""
        return max(0.0, self.deadline - time.monotonic())

    def until(self, seconds: float) -> "Context":
        """The same operation with a nearer deadline, e.g. for one check of a poll."""
        nearer = min(self.deadline, time.monotonic() + seconds)
        where = (self.state_directory, self.run_directory)
        other = Context(self.group, nearer, self.children, self.cancelled, *where)
        other.lock = self.lock
        other.stuck = self.stuck
        return other

    def proceed(self) -> None:
        """Call between the steps of a long operation: raises when it is cancelled or late."""
        if self.cancelled.is_set():
            raise OperationError("cancelled", "cancelled on request")
        if self.remaining() <= 0.0:
            raise OperationError("timed-out", "the deadline passed")

    def sleep(self, seconds: float) -> None:
        """Wakes early, by raising, when the operation is cancelled or its deadline passes."""
        self.cancelled.wait(min(seconds, self.remaining()))
        self.proceed()

    def run(
        self,
        command: Command,
        stdin: str = "",
        environment: Optional[Mapping[str, str]] = None,
        directory: Optional[str] = None,
        user: Optional[str] = None,
        timeout: Optional[float] = None,
        output_limit: int = child.OUTPUT_LIMIT,
    ) -> child.Completed:
        """Run argv (a sequence) or a shell command (a string) to its end.

        A `timeout` nearer than the operation's deadline ends in `timed_out` on the result;
        the deadline itself and a cancellation raise. Either way the process group is killed.
        A program that does not exist raises `unsupported`, naming it.
        """
        self.proceed()
        limit = self.remaining() if timeout is None else min(timeout, self.remaining())
        options = child.Options(stdin, environment, directory, user, output_limit, self.lock)
        try:
            done = child.run(command, options, limit, self.children, self.cancelled)
        except child.CannotStart as problem:
            raise OperationError("unsupported", str(problem)) from problem
        shown = command if isinstance(command, str) else " ".join(command)
        if done.left_behind:
            self.stuck.append(shown)
        seen = {"command": shown, "stdout": done.stdout, "stderr": done.stderr}
        if self.cancelled.is_set():
            raise OperationError("cancelled", "cancelled, killed: " + shown, seen)
        if done.timed_out and (timeout is None or limit < timeout):
            raise OperationError("timed-out", "killed at the deadline: " + shown, seen)
        return done

    def spawn_detached(
        self,
        command: Command,
        name: str,
        environment: Optional[Mapping[str, str]] = None,
        directory: Optional[str] = None,
        user: Optional[str] = None,
    ) -> int:
        """Start what outlives helper, session and controller; returns its process id.

        `name` is how the journal calls it. Returns once the program is executed; whether it
        serves is for `check` to find out.
        """
        self.proceed()
        wish = detached.Wish(command, name, environment, directory, user)
        try:
            return detached.spawn(wish, self.remaining(), self.lock)
        except child.CannotStart as problem:
            raise OperationError("failed", str(problem)) from problem
