"""The daemon's door for command lines on the same machine: a Unix socket, one request a connection.

A command line that goes away does not end the run that it asked for; one that says so does.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from orchestrator.daemon import wire
from orchestrator.errors import ConfigInvalid, HasysError
from orchestrator.executor.progress import Progress
from orchestrator.runtime.order import Caller, Stoppable

Say = Callable[[Mapping[str, Any]], None]
Answer = Callable[[Mapping[str, Any], Caller], Awaitable[Mapping[str, Any]]]


@asynccontextmanager
async def listening(path: Path, answer: Answer) -> AsyncIterator[None]:
    """Serves until the block ends."""
    _remove(path)  # of a daemon that was killed: the lock says that none lives
    before = os.umask(0o177)
    try:
        server = await asyncio.start_unix_server(
            lambda reader, writer: _serve(reader, writer, answer), path, limit=wire.LONGEST_LINE
        )
    finally:
        os.umask(before)
    try:
        yield
    finally:
        server.close()
        _remove(path)


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _serve(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: Answer
) -> None:
    def say(message: Mapping[str, Any]) -> None:
        if not writer.is_closing():
            writer.write(json.dumps(message).encode() + b"\n")

    try:
        request = json.loads(await reader.readline())
        say(await _answered(request, reader, say, answer))
        await writer.drain()
    except (ConnectionError, ValueError):
        pass  # it went away, or is no command line of ours
    finally:
        writer.close()


class _Stops:
    """Hears the command line's wish to end its run."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._run: Stoppable | None = None
        self._is_asked = False

    def keep(self, run: Stoppable) -> None:
        self._run = run
        if self._is_asked:
            run.stop()

    async def listen(self) -> None:
        while line := await self._reader.readline():
            if json.loads(line).get("op") == "stop":
                self._is_asked = True
                if self._run is not None:
                    self._run.stop()


async def _answered(
    request: Mapping[str, Any], reader: asyncio.StreamReader, say: Say, answer: Answer
) -> Mapping[str, Any]:
    stops = _Stops(reader)
    listens = asyncio.create_task(stops.listen())

    def report(progress: Progress) -> None:
        say({"progress": wire.progress_to_json(progress)})

    def may_stop(run: Stoppable) -> None:
        say({"begun": True})
        stops.keep(run)

    try:
        return await answer(request, Caller(report=report, may_stop=may_stop))
    except ConfigInvalid as invalid:
        message = "\n".join((*invalid.problems, invalid.message))
        return {"error": {"message": message, "hint": "the one before stays in force", "code": 65}}
    except HasysError as error:
        return {"error": {"message": error.message, "hint": error.hint, "code": error.exit_code}}
    finally:
        listens.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError, ValueError):
            await listens
