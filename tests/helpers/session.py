"""A helper as a child process of the test: what sshd would start, without SSH."""

from __future__ import annotations

import contextlib
import itertools
import json
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestrator.transport.launch import BOOT
from orchestrator.transport.pack import Pack, helper_pack

REIGN = {"group": "web", "epoch": 3, "controller": "c-1", "run": "r-1"}


class Session:
    """Requests by name, replies in the order in which they come."""

    def __init__(
        self,
        state: Path,
        python: str = sys.executable,
        enter: Sequence[str] = (),
        pack: Pack | None = None,
    ) -> None:
        """`enter`: argv prefix that runs it elsewhere; `pack`: another version of the helper."""
        self.process = subprocess.Popen(
            [*enter, python, "-I", "-c", BOOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
        )
        self._numbers = itertools.count(1)
        self._received = b""
        pack = pack or helper_pack()
        settings = {"digest": pack.digest, "state_directory": str(state)}
        self.send(b"%d\n%s%s" % (len(pack.payload), pack.payload, _line(settings)))
        self.hello = self.receive()["hello"]

    def send(self, data: bytes) -> None:
        assert self.process.stdin is not None
        while data:
            data = data[self.process.stdin.write(data) :]

    def ask(self, op: str, /, *, deadline_s: float = 10, reign: object = None, **args: Any) -> int:
        """Send it; the number is the reply's id."""
        number = next(self._numbers)
        request = {"id": number, "op": op, "args": args, "deadline_s": deadline_s}
        self.send(_line({**request, "reign": reign} if reign else request))
        return number

    def receive(self, seconds: float = 10) -> dict[str, Any]:
        """The next line; fails when none comes."""
        assert self.process.stdout is not None
        end = time.monotonic() + seconds
        while b"\n" not in self._received:
            ready, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
            assert ready, "no reply"
            data = self.process.stdout.read(65536)
            assert data, f"the helper ended: {self.process.communicate()}"
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return dict(json.loads(line))

    def call(self, op: str, /, **options: Any) -> dict[str, Any]:
        """Ask and wait for this one reply."""
        number = self.ask(op, **options)
        reply = self.receive(options.get("deadline_s", 10) + 5)
        assert reply["id"] == number
        return reply

    def raise_epoch(self, **changes: Any) -> dict[str, Any]:
        return self.call("epoch.raise", **{**REIGN, **changes})


def _line(message: object) -> bytes:
    return json.dumps(message).encode() + b"\n"


@contextlib.contextmanager
def session(state: Path, python: str = sys.executable, **options: Any) -> Iterator[Session]:
    one = Session(state, python, **options)
    with one.process:
        try:
            yield one
        finally:
            one.process.kill()
