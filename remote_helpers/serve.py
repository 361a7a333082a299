"""The helper's main loop: requests in, replies out, until the session ends.

The main thread only reads, so that nothing that takes time holds up a poll or a cancellation.
A request that does not end by its deadline is answered here, whatever its thread hangs in.
"""

import importlib.util
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from typing import Any, Dict, Mapping, Optional

from remote_helpers import epoch, operations
from remote_helpers.channel import Channel, TooLong, take_over
from remote_helpers.child import Children
from remote_helpers.guarding.places import RUN_DIRECTORY
from remote_helpers.operation import Context, OperationError
from remote_helpers.workers import Workers

PROTOCOL = 1
OVERDUE_S = 1.5
"""After the deadline, for the operation to kill its children and say what it saw."""
LONGEST_REPLY = 16 * 1024 * 1024
THREADS = 24
"""For changes and for questions each: a poll never waits behind starts."""


class Task:
    """A request in progress."""

    def __init__(self, number: Any, context: Context) -> None:
        self.number = number
        self.context = context
        self.began = time.monotonic()


class Server:
    """One session: its open requests, its threads, its children."""

    def __init__(self, channel: Channel, state_directory: str, run_directory: str) -> None:
        self._channel = channel
        self._state_directory = state_directory
        self._run_directory = run_directory
        self._children = Children()
        self._changes = Workers("change", THREADS)
        self._questions = Workers("question", THREADS)
        self._open: Dict[Any, Task] = {}
        self._lock = threading.Lock()

    def run(self) -> None:
        while True:
            try:
                lines = self._channel.lines(self._until_overdue())
            except TooLong:
                self._refuse(None, "a request is longer than the helper takes")
                continue
            if lines is None:
                break
            for line in lines:
                self.accept(line)
            self._answer_overdue()
        self._children.kill_all()

    def end(self) -> None:
        """Whatever threads still do ends here; locks of their steps are released by that."""
        self._children.kill_all()
        os._exit(0)

    def accept(self, line: bytes) -> None:
        number = None
        try:
            request = json.loads(line.decode())
            number = request["id"]
            if isinstance(number, int) and number not in self._open:
                self._begin(number, request)
            else:
                self._refuse(None, "not an id, or one in progress: {!r}".format(number))
        except OperationError as problem:
            self._reply(number, time.monotonic(), error=problem)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as problem:
            self._refuse(number, "not a request: {!r}".format(problem))

    def _begin(self, number: int, request: Mapping[str, Any]) -> None:
        args = request.get("args", {})
        if request["op"] == "cancel":
            self._reply(number, time.monotonic(), data={"cancelled": self._cancel(args["id"])})
            return
        operation = operations.find(request["op"])
        seconds = request["deadline_s"]
        if isinstance(seconds, bool) or not 0 < seconds < 86400:
            raise TypeError("deadline_s is {!r}".format(seconds))
        reign = epoch.reign_of(request["reign"]) if operation.mutates else None
        group = reign.group if reign is not None else args.get("group", "")
        deadline = time.monotonic() + seconds
        where = (self._state_directory, self._run_directory)
        context = Context(group, deadline, self._children, None, *where)
        context.push = self._push
        task = Task(number, context)
        if operation.quick:
            self._reply(number, task.began, data=operation.function(context, args))
            return
        with self._lock:
            self._open[number] = task
        workers = self._changes if operation.mutates else self._questions
        try:
            workers.submit(lambda: self._do(task, operation, args, reign))
        except RuntimeError as problem:
            self._finish(task, None, OperationError("failed", "overloaded: {}".format(problem)))

    def _do(
        self,
        task: Task,
        operation: operations.Operation,
        args: Mapping[str, Any],
        reign: Optional[epoch.Reign],
    ) -> None:
        data, error = None, None
        try:
            task.context.proceed()  # it may have waited for a thread
            data = operations.perform(operation, task.context, args, reign)
        except OperationError as problem:
            error = problem
        except (KeyError, TypeError) as problem:
            error = OperationError("bad-request", "arguments: {!r}".format(problem), _trace())
        except OSError as problem:
            error = OperationError("failed", str(problem), _trace())
        except BaseException as problem:
            error = OperationError("failed", "internal error: {!r}".format(problem), _trace())
        self._finish(task, data, error)

    def _finish(self, task: Task, data: Any, error: Optional[OperationError]) -> None:
        with self._lock:
            if self._open.pop(task.number, None) is None:
                return  # it was overdue and has been answered
        self._reply(task.number, task.began, data, error)

    def _cancel(self, number: Any) -> bool:
        with self._lock:
            task = self._open.get(number)
        if task is None:
            return False
        task.context.cancelled.set()
        return True

    def _until_overdue(self) -> Optional[float]:
        with self._lock:
            if not self._open:
                return None
            first = min(task.context.deadline for task in self._open.values())
        return first + OVERDUE_S - time.monotonic()

    def _answer_overdue(self) -> None:
        latest = time.monotonic() - OVERDUE_S
        with self._lock:
            late = [task for task in self._open.values() if task.context.deadline <= latest]
        for task in late:
            message = "the deadline passed and the operation has not come back; it may still act"
            self._finish(task, None, OperationError("timed-out", message))

    def _refuse(self, number: Any, message: str) -> None:
        self._reply(number, time.monotonic(), error=OperationError("bad-request", message))

    def _reply(
        self, number: Any, began: float, data: Any = None, error: Optional[OperationError] = None
    ) -> None:
        reply: Dict[str, Any] = {"id": number, "ok": error is None}
        if error is None:
            reply["data"] = data
        else:
            shown = {"kind": error.kind, "message": error.message, "detail": error.detail}
            reply["error"] = shown
        reply["took_ms"] = round((time.monotonic() - began) * 1000, 3)
        self._push(reply)

    def _push(self, message: Mapping[str, Any]) -> None:
        """A reply, or what the controller is told unasked."""
        try:
            self._channel.send(_line(message))
        except OSError:  # nobody listens: the session is over
            self.end()


def _line(reply: Mapping[str, Any]) -> bytes:
    """In UTF-8; the bytes of a file name that are not, as question marks: no store takes them."""
    try:
        line = json.dumps(reply, ensure_ascii=False).encode("utf-8", "replace")
        if len(line) <= LONGEST_REPLY:
            return line
        message = "the answer has {} bytes: too long".format(len(line))
    except (TypeError, ValueError) as problem:
        message = "the answer is not JSON: {}".format(problem)
    error = {"kind": "failed", "message": message, "detail": {}}
    return json.dumps({"id": reply["id"], "ok": False, "error": error}).encode()


def _trace() -> Dict[str, str]:
    return {"traceback": traceback.format_exc()[-4000:]}


def _boot_id() -> str:
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def hello(digest: str) -> Dict[str, Any]:
    return {
        "protocol": PROTOCOL,
        "digest": digest,
        "python": ".".join(map(str, sys.version_info[:3])),
        "pid": os.getpid(),
        "uid": os.getuid(),
        "hostname": socket.gethostname(),
        "boot_id": _boot_id(),
        "psutil": importlib.util.find_spec("psutil") is not None,
    }


def main() -> None:
    """The first line is the session's settings: digest, state_directory, maybe run_directory."""
    channel = take_over()
    lines = channel.lines(None)
    while lines == []:
        lines = channel.lines(None)
    if lines is None:
        os._exit(0)
    settings = json.loads(lines[0].decode())
    run_directory = settings.get("run_directory", RUN_DIRECTORY)
    server = Server(channel, settings["state_directory"], run_directory)
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: server.end())  # else children would go on without us
    try:
        channel.send(json.dumps({"hello": hello(settings["digest"])}).encode())
        for line in lines[1:]:
            server.accept(line)
        server.run()
    except OSError:
        pass  # nobody listens
    finally:
        server.end()
