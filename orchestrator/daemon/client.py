"""The command line's end of the daemon's door."""

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from orchestrator.daemon import wire
from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal, ServerName
from orchestrator.runtime.order import UNFOLLOWED, Caller, Order
from orchestrator.runtime.wishes import Wished


class DaemonGone(wire.DaemonSaysNo):
    """It ended, or was restarted, in the middle."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """A daemon that listens."""

    path: Path

    async def carry_out(self, order: Order, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        """Raises DaemonSaysNo."""
        if not isinstance(order.wish, Wished):
            raise TypeError("a wish that cannot be sent")
        asked = wire.Asked(
            group=order.group.name,
            playbook=order.playbook.name,
            file=order.playbook.file,
            text=order.playbook.text,
            files=dict(order.playbook.files),
            wish=order.wish,
            only=tuple(sorted(order.only)),
            limit=order.limit,
            selection=dict(order.selection.as_json()),
            variables=dict(order.variables),
            by=order.by,
            plan=order.plan,
            diff=order.diff,
        )
        request = {"op": "carry-out", "order": wire.asked_to_json(asked)}
        return wire.result_from_json(await self._followed(request, caller))

    async def resume(
        self, run: str, caller: Caller, accepted: str = ""
    ) -> RunResult | tuple[Refusal, ...]:
        """Raises DaemonSaysNo."""
        request = {"op": "resume", "run": run, "accept": accepted}
        return wire.result_from_json(await self._followed(request, caller))

    async def force(
        self, group: str, server: str, token: str, caller: Caller
    ) -> RunResult | tuple[Refusal, ...]:
        """Raises DaemonSaysNo."""
        request = {"op": "force", "group": group, "to": server, "token": token}
        return wire.result_from_json(await self._followed(request, caller))

    async def foresee(self, group: str, server: ServerName) -> Refusal | None:
        """What its loop would say to a start there. Raises DaemonSaysNo."""
        found = await self.ask({"op": "foresee", "group": group, "server": server})
        return wire.refusal_from_json(found["refused"]) if found else None

    async def ask(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """A question with one answer. Raises DaemonSaysNo."""
        return await self._followed(request, UNFOLLOWED)

    async def _followed(self, request: Mapping[str, Any], caller: Caller) -> dict[str, Any]:
        async with self._connected() as (reader, writer):
            writer.write(json.dumps(request).encode() + b"\n")
            while line := await _line(reader):
                message = json.loads(line)
                if "progress" in message:
                    caller.report(wire.progress_from_json(message["progress"]))
                elif "begun" in message:
                    caller.may_stop(_Distant(writer))
                elif "error" in message:
                    error = message["error"]
                    raise wire.DaemonSaysNo(
                        error["message"], hint=error["hint"], exit_code=error["code"]
                    )
                else:
                    return dict(message)
        raise _gone()

    @asynccontextmanager
    async def _connected(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        try:
            reader, writer = await asyncio.open_unix_connection(self.path, limit=wire.LONGEST_LINE)
        except OSError as error:  # it listened a moment ago
            raise _gone() from error
        try:
            yield reader, writer
        finally:
            writer.close()


async def found(state_directory: Path) -> Daemon | None:
    """The daemon that uses this state directory, if one lives."""
    path = state_directory / wire.SOCKET
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except PermissionError:
        return None
    writer.close()
    return Daemon(path=path)


class _Distant:
    """A run in the daemon."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer

    def stop(self) -> None:
        self._writer.write(b'{"op": "stop"}\n')


async def _line(reader: asyncio.StreamReader) -> bytes:
    """None is left where the daemon was killed: the kernel resets what it had not read."""
    try:
        return await reader.readline()
    except ConnectionError:
        return b""


def _gone() -> DaemonGone:
    return DaemonGone(
        "the daemon ended before it answered",
        hint="hasys history shows what became of the run; a daemon that starts goes on with it",
    )
