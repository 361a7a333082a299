"""A helper's connection to the guard of a group: asked many times, told what the guard asks.

One for each group and helper, kept. When the guard goes (an upgrade, a crash) the line of a
listener is made anew, so that no question of the guard's successor is missed for long.
"""

import contextlib
import itertools
import json
import os
import socket
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Optional

from remote_helpers.guarding.places import Places
from remote_helpers.operation import OperationError

AGAIN_S = 0.1
CONNECT_S = 1.0
"""It is at once; only a guard that hangs, with many who wait before it, lets one wait."""
Push = Callable[[Dict[str, Any]], None]


class _Waiting:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.reply: Optional[Dict[str, Any]] = None


class Line:
    """Requests from any thread; a reader thread of its own hands out what comes."""

    def __init__(self, places: Places, group: str) -> None:
        self._places, self._group = places, group
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._socket: Optional[socket.socket] = None
        self._open: Dict[int, _Waiting] = {}
        self._push: Optional[Push] = None

    def ask(self, request: Mapping[str, Any], timeout: float) -> Dict[str, Any]:
        """Raises OperationError: `no-guard`, what the guard says, or `timed-out`."""
        number, waiting = next(self._numbers), _Waiting()
        self._open[number] = waiting
        try:
            self._send(dict(request, id=number))
            if not waiting.done.wait(timeout):
                raise OperationError("timed-out", "the guard does not answer; it may hang")
        finally:
            self._open.pop(number, None)
        reply = waiting.reply
        if reply is None:
            raise OperationError("no-guard", "the guard of {} has ended".format(self._group))
        return _data_of(reply)

    def tell(self, request: Mapping[str, Any]) -> None:
        """Without an answer, and without waiting."""
        self._send(dict(request, id=0))

    def listen(self, push: Push, timeout: float) -> None:
        """From now on `push` gets the guard's questions, of this guard and its successors."""
        self._push = push
        self.ask({"do": "listen"}, timeout)

    def forget(self) -> None:
        """The guard is about to be ended: nobody waits for its successor."""
        self._push = None

    def _send(self, request: Mapping[str, Any]) -> None:
        data = json.dumps(request).encode("ascii") + b"\n"
        with self._lock:
            if self._socket is None:
                self._connect()
            assert self._socket is not None  # noqa: S101 - for the type checker
            try:
                self._socket.sendall(data)
            except OSError as problem:
                raise OperationError("no-guard", "the guard is gone: {}".format(problem)) from None

    def _connect(self) -> None:
        self._socket = connected(self._places)
        threading.Thread(
            target=self._read, args=(self._socket,), name="guard " + self._group, daemon=True
        ).start()

    def _read(self, mine: socket.socket) -> None:
        received = b""
        while True:
            try:
                data = mine.recv(65536)
            except OSError:
                data = b""
            if not data:
                break
            *whole, received = (received + data).split(b"\n")
            for one in whole:
                self._take(json.loads(one.decode("utf-8")))
        with self._lock:
            self._socket = None
        mine.close()
        for waiting in list(self._open.values()):
            waiting.done.set()
        if self._push is not None:
            self._listen_again()

    def _listen_again(self) -> None:
        """In the reader's own thread, which ends when the next line has a reader."""
        while True:
            time.sleep(AGAIN_S)
            with contextlib.suppress(OperationError):
                self._send({"id": 0, "do": "listen"})
                return

    def _take(self, message: Dict[str, Any]) -> None:
        if "question" in message and self._push is not None:
            self._push({"push": "guard", "group": self._group, "message": message["question"]})
        elif "event" in message and self._push is not None:
            self._push({"push": "event", "group": self._group, "text": message["event"]})
        else:
            waiting = self._open.get(message.get("id") or 0)
            if waiting is not None:
                waiting.reply = message
                waiting.done.set()


def _data_of(reply: Mapping[str, Any]) -> Dict[str, Any]:
    error = reply.get("error")
    if error is not None:
        raise OperationError(str(error["kind"]), str(error["message"]))
    data: Dict[str, Any] = reply["data"]
    return data


def connected(places: Places) -> socket.socket:
    """Raises OperationError, `no-guard`."""
    group = os.path.basename(places.run)
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    made.settimeout(CONNECT_S)
    try:
        made.connect(places.socket)
    except OSError as problem:
        made.close()
        message = "no guard of group {} runs on this server ({})".format(group, problem.strerror)
        raise OperationError("no-guard", message) from None
    made.settimeout(None)
    return made


def ask(places: Places, request: Mapping[str, Any], timeout: float) -> Dict[str, Any]:
    """One question on a line of its own."""
    with connected(places) as one:
        one.settimeout(max(timeout, 0.1))
        received: List[bytes] = []
        try:
            one.sendall(json.dumps(dict(request, id=1)).encode("ascii") + b"\n")
            while not received or not received[-1].endswith(b"\n"):
                data = one.recv(65536)
                if not data:
                    raise OperationError("no-guard", "the guard ended while it was asked")
                received.append(data)
        except socket.timeout:
            message = "the guard does not answer within {:g} s; it may hang".format(timeout)
            raise OperationError("timed-out", message) from None
        except OSError as problem:
            raise OperationError("no-guard", "the guard is gone: {}".format(problem)) from None
    return _data_of(json.loads(b"".join(received).decode("utf-8")))
