"""`hasys run`: groups, door, signals, watchdog; from its start to an orderly stop."""

import asyncio
import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestrator.daemon import fences, wire
from orchestrator.daemon.force import force, forcing
from orchestrator.daemon.groups import Groups
from orchestrator.daemon.notify import tell_systemd, watchdog_interval_s
from orchestrator.daemon.server import listening
from orchestrator.daemon.steward import Steward
from orchestrator.errors import Busy, UsageError
from orchestrator.executor.run import RunResult
from orchestrator.model import GroupName, Refusal
from orchestrator.playbooks.beside import Kept
from orchestrator.playbooks.parse import parse
from orchestrator.runtime.application import Application
from orchestrator.runtime.operate import unfinished_run
from orchestrator.runtime.order import Caller, Order

Say = Callable[[str], None]


class Daemon:
    def __init__(self, application: Application, say: Say) -> None:
        self._application = application
        self._groups = Groups(application)
        self._say = say

    async def run(self, stopped: asyncio.Event) -> None:
        """Looks after all groups until `stopped` is set; changes no role by its end."""
        path = self._application.state_directory / wire.SOCKET
        with _alone(self._application.state_directory):
            async with asyncio.TaskGroup() as tasks, listening(path, self.answer):
                looking = [
                    tasks.create_task(self._groups.look_after(group), name=f"group {group.name}")
                    for group in self._application.configuration.groups.values()
                ]
                feeding = tasks.create_task(_feed_systemd())
                tell_systemd("READY=1")
                self._say(f"looking after {', '.join(self._application.configuration.groups)}")
                await stopped.wait()
                tell_systemd("STOPPING=1")
                await self._leave()
                for task in (*looking, feeding):
                    task.cancel()

    async def _leave(self) -> None:
        left = await self._groups.leave()
        for group in left:
            self._say(
                f"{group}: the active could not be told to go on alone; if its standby goes "
                "before a controller is back, the service stops"
            )

    # --- the door ---

    async def answer(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """One request of a command line. Raises HasysError."""
        match request.get("op"):
            case "carry-out":
                return wire.result_to_json(await self._carry_out(request["order"], caller))
            case "resume":
                return wire.result_to_json(await self._resume(str(request["run"]), caller))
            case "force-preview":
                return forcing(self._steward(str(request["group"])), str(request["to"]))
            case "force":
                return wire.result_to_json(await self._force(request, caller))
            case "fence":
                return await fences.by_hand(self._steward(str(request["group"])), request)
            case "standing":
                steward = self._steward(str(request["group"]))
                return steward.standing.as_json(steward.runs.acting)
            case odd:
                raise UsageError(f"the daemon does not know {odd!r}", hint="is it older?")

    async def _carry_out(self, document: Any, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        try:
            asked = wire.asked_from_json(document)
        except ValueError as odd:
            raise UsageError(str(odd), hint="is the daemon older than hasys?") from odd
        steward = self._steward(asked.group)
        order = Order(
            group=steward.group,
            playbook=parse(asked.text, asked.file, Kept(asked.files)),
            wish=asked.wish,
            only=frozenset(asked.only),
            limit=asked.limit,
            selection=asked.chosen(),
            variables=asked.variables,
            by=asked.by,
            plan=asked.plan,
            diff=asked.diff,
        )
        return await steward.runs.carry_out(order, caller)

    async def _force(
        self, request: Mapping[str, Any], caller: Caller
    ) -> RunResult | tuple[Refusal, ...]:
        steward = self._steward(str(request["group"]))
        return await force(steward, str(request["to"]), str(request["token"]), caller)

    async def _resume(self, run: str, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        record = await unfinished_run(self._application, run)
        return await self._steward(record.group).runs.resume(run, caller)

    def _steward(self, group: str) -> Steward:
        steward = self._groups.stewards.get(GroupName(group))
        if steward is None:
            raise Busy(
                f"the daemon does not look after {group} now",
                hint="hasys events says why; hasys check looks at its files",
            )
        return steward


async def _feed_systemd() -> None:
    interval = watchdog_interval_s()
    if interval is None:
        return
    while True:
        tell_systemd("WATCHDOG=1")
        await asyncio.sleep(interval)


@contextmanager
def _alone(state_directory: Path) -> Iterator[None]:
    """One daemon a state directory: two would be the same controller twice."""
    path = state_directory / "daemon.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(
                f"another daemon uses {state_directory}",
                hint="stop that one first, or choose another state directory with --state",
            ) from None
        yield
    finally:
        os.close(descriptor)
