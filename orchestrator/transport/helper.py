"""The controller's end of a helper: requests out, replies matched by id, whatever arrives.

Knows nothing of SSH: it is fed bytes and told when the line is gone.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from orchestrator.transport.base import (
    Done,
    Failed,
    FailureKind,
    Reign,
    Reply,
    Request,
    Unreachable,
    UnreachableKind,
)
from orchestrator.transport.launch import NO_PYTHON

PROTOCOL = 1
PING = Request(op="ping", deadline_s=5.0)
"""Asks a helper that is in doubt whether it is there."""
GRACE_S = 3.0
"""After the deadline the helper kills, waits and answers; then the way back."""
LONGEST_LINE = 32 * 1024 * 1024
CLOSE_S = 1.0
HELLO = b'{"hello":'
STDERR_KEPT = 4096
NOISE_KEPT = 64 * 1024
"""Login scripts that print something do so before the hello line."""


Push = Callable[[Mapping[str, Any]], None]


class Line(Protocol):
    """The channel to the helper's stdin."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...

    async def wait_closed(self) -> None: ...


class Helper:
    """One helper process. Every way it can end leaves each caller with an `Unreachable`."""

    def __init__(
        self,
        where: str,
        on_gone: Callable[[], None] = lambda: None,
        on_push: Push = lambda _: None,
    ) -> None:
        """`on_push`: given what the helper sends without being asked, when it comes."""
        self.where = where
        self._on_push = on_push
        self.hello: asyncio.Future[Mapping[str, Any]] = asyncio.get_running_loop().create_future()
        """What it said of itself; empty when it was lost before: see `gone`."""
        self._line: Line | None = None
        self._received = bytearray()
        self._stderr = b""
        self._noise = 0
        self._next = 0
        self._open: dict[int, asyncio.Future[Reply]] = {}
        self._kept: set[int] = set()
        """Open calls that `let_go` does not end: changes, whose end must be known, and pings."""
        self._gone: Unreachable | None = None
        self._retired = False
        self._on_gone = on_gone

    @property
    def usable(self) -> bool:
        return self._gone is None and not self._retired

    @property
    def stderr(self) -> str:
        """The last of what it said there: sudo's refusal, a traceback."""
        return self._stderr.decode("utf-8", "replace").strip()

    def attach(self, line: Line) -> None:
        self._line = line

    async def call(self, request: Request) -> Reply:
        """Never raises but for cancellation, which it passes on to the server."""
        if self._gone is not None:
            return self._gone
        self._next += 1
        number = self._next
        try:
            data = encoded(number, request)
        except (TypeError, ValueError) as problem:
            return Failed(kind=FailureKind.BAD_REQUEST, message=f"cannot be sent: {problem}")
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._open[number] = future
        if request.reign is not None or request is PING:
            self._kept.add(number)
        try:
            self._write(data)
            async with asyncio.timeout(request.deadline_s + GRACE_S):
                return await future
        except TimeoutError:
            self.retire()
            return Unreachable(
                kind=UnreachableKind.TIMED_OUT,
                message=f"{self.where}: no answer to {request.op} within its deadline of "
                f"{request.deadline_s:g} s and {GRACE_S:g} s more; the connection stands, the "
                "helper is stuck or the server overloaded",
                sent=True,
            )
        except asyncio.CancelledError:
            self._next += 1
            cancel = {"id": self._next, "op": "cancel", "args": {"id": number}}
            self._write(json.dumps(cancel).encode() + b"\n")
            raise
        finally:
            self._open.pop(number, None)
            self._kept.discard(number)
            self._close_if_retired()

    def _write(self, data: bytes) -> None:
        if self._line is not None and self._gone is None:
            self._line.write(data)

    def retire(self) -> None:
        """Take no new calls; end when those in progress have. A stuck helper is not asked again."""
        self._retired = True
        self._close_if_retired()

    def let_go(self, what: str) -> None:
        """Ends the waiting of calls that change nothing: they are asked anew on another way."""
        message = f"{self.where}: {UnreachableKind.TIMED_OUT.value}: {what}"
        gone = Unreachable(kind=UnreachableKind.TIMED_OUT, message=message, sent=True)
        for number, future in self._open.items():
            if number not in self._kept and not future.done():
                future.set_result(gone)

    def _close_if_retired(self) -> None:
        if self._retired and not self._open and self._gone is None:
            self.lost(UnreachableKind.HELPER, "it was given up after an answer did not come")

    def feed(self, data: bytes) -> None:
        """Bytes from the helper's stdout, cut anywhere."""
        if self._gone is not None:
            return  # what is still on its way concerns nobody
        self._received += data
        if b"\n" in data:
            *lines, rest = bytes(self._received).split(b"\n")
            self._received = bytearray(rest)
            for line in lines:
                self._take(line)
        if len(self._received) > LONGEST_LINE:
            self.lost(UnreachableKind.HELPER, f"it sent a line of over {LONGEST_LINE} bytes")

    def feed_stderr(self, data: bytes) -> None:
        self._stderr = (self._stderr + data)[-STDERR_KEPT:]

    def _take(self, line: bytes) -> None:
        if not self.hello.done() and HELLO in line:
            line = line[line.index(HELLO) :]  # a login script's last words had no end of line
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if not self.hello.done():
            self._take_before_hello(line, message)
        elif isinstance(message, dict) and isinstance(message.get("ok"), bool):
            future = self._open.get(message.get("id") or 0)
            if future is not None and not future.done():
                future.set_result(decoded(message))
        elif isinstance(message, dict) and isinstance(message.get("push"), str):
            self._on_push(message)
        elif line:
            self.lost(UnreachableKind.HELPER, f"it sent what is no reply: {line[:200]!r}")

    def _take_before_hello(self, line: bytes, message: object) -> None:
        if isinstance(message, dict) and isinstance(message.get("hello"), dict):
            hello = message["hello"]
            if hello.get("protocol") == PROTOCOL:
                self.hello.set_result(hello)
            else:
                self.lost(UnreachableKind.HELPER, f"it speaks protocol {hello.get('protocol')!r}")
        elif line.startswith(NO_PYTHON.encode()):
            self.lost(
                UnreachableKind.NO_PYTHON,
                "none of the usual interpreters is there; install Python 3.6 or later, or set "
                "ansible_python_interpreter",
            )
        else:
            self._noise += len(line)
            if self._noise > NOISE_KEPT:
                self.lost(UnreachableKind.HELPER, f"instead of hello it said {line[:200]!r}")

    def lost(self, kind: UnreachableKind, what: str) -> None:
        """The helper or the way to it is gone; says so to every caller, once."""
        if self._gone is not None:
            return
        said = f"; it said: {self.stderr}" if self.stderr else ""
        message = f"{self.where}: {kind.value}: {what}{said}"
        self._gone = Unreachable(kind=kind, message=message)
        for future in self._open.values():
            if not future.done():
                future.set_result(Unreachable(kind=kind, message=message, sent=True))
        if not self.hello.done():
            self.hello.set_result({})
        if self._line is not None:
            self._line.close()
        self._on_gone()

    async def closed(self) -> None:
        """Wait, not for long, until the line has been taken down in order."""
        if self._line is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_S):
                    await self._line.wait_closed()

    @property
    def gone(self) -> Unreachable | None:
        """Why it cannot be asked any more."""
        return self._gone


def encoded(number: int, request: Request) -> bytes:
    message = {
        "id": number,
        "op": request.op,
        "args": dict(request.args),
        "deadline_s": request.deadline_s,
    }
    if request.reign is not None:
        message["reign"] = reign_to_json(request.reign)
    return json.dumps(message, allow_nan=False).encode() + b"\n"


def reign_to_json(reign: Reign) -> dict[str, Any]:
    data: dict[str, Any] = {
        "group": reign.group,
        "epoch": reign.epoch,
        "controller": reign.controller,
        "run": reign.run,
    }
    gate = reign.gate
    if gate is not None:
        data["gate"] = {
            "incarnation": gate.incarnation,
            "reign": None if gate.reign is None else list(gate.reign),
            "plan": gate.plan,
        }
    return data


def decoded(message: Mapping[str, Any]) -> Reply:
    if message["ok"]:
        data = message.get("data")
        took_s = float(message.get("took_ms") or 0) / 1000
        return Done(data=data if isinstance(data, dict) else {"value": data}, took_s=took_s)
    error = message.get("error") or {}
    try:
        kind = FailureKind(error.get("kind"))
    except ValueError:
        kind = FailureKind.FAILED
    return Failed(
        kind=kind, message=str(error.get("message", "")), detail=error.get("detail") or {}
    )
