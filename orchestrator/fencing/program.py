"""Runs one program to its end or to its deadline; nothing of it is left behind.

Called by `device` and `agents`. What a program is told comes on its standard input: arguments and
environment can be read by every user of the machine.
"""

import asyncio
import contextlib
import dataclasses
import os
import signal
from collections.abc import Mapping

KEPT_BYTES = 256 * 1024
"""The end of each stream: enough for the longest metadata."""
LAST_WORDS_S = 0.2
"""For a killed program to be gone, with what is still in its pipes."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    code: int | None
    """None: killed at the deadline."""
    stdout: str
    stderr: str


class NotStarted(Exception):
    """The program could not be run at all."""


async def run(*argv: str, told: str, deadline_s: float, environment: Mapping[str, str]) -> Ended:
    """Raises NotStarted. Cancelled, it kills the program as the deadline does."""
    loop = asyncio.get_running_loop()
    try:
        transport, program = await loop.subprocess_exec(
            _Program, *argv, start_new_session=True, cwd="/", env=environment
        )
    except OSError as problem:
        raise NotStarted(f"{argv[0]}: {problem.strerror}") from None
    code: int | None = None
    try:
        program.tell(transport, told)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(deadline_s):
                await program.exited.wait()
                code = transport.get_returncode()
    finally:
        # Also after an orderly end: what it left running holds the device, and our pipes.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(transport.get_pid(), signal.SIGKILL)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await program.finished.wait()
        transport.close()
    return Ended(code=code, stdout=program.text(1), stderr=program.text(2))


class _Program(asyncio.SubprocessProtocol):
    """Notices the end of the program itself: asyncio's `wait` also waits for what it left."""

    def __init__(self) -> None:
        self.exited = asyncio.Event()
        self.finished = asyncio.Event()
        """Ended, and its pipes are closed."""
        self._kept = {1: b"", 2: b""}

    def tell(self, transport: asyncio.SubprocessTransport, text: str) -> None:
        pipe = transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport):
            pipe.write(text.encode())
            pipe.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._kept[fd] = (self._kept[fd] + data)[-KEPT_BYTES:]

    def process_exited(self) -> None:
        self.exited.set()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.finished.set()

    def text(self, fd: int) -> str:
        return self._kept[fd].decode(errors="replace")
