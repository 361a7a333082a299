"""Two servers behind the `Transport` seam, in virtual time: steps take a while, and words get lost.

What a lost connection had asked for goes on there, and nobody is told how it ended; a step of the
same run that raises the epoch again waits for it, as the helper does.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.model import Group, ServerName
from orchestrator.simulation.world import World
from orchestrator.transport import (
    Done,
    Failed,
    FailureKind,
    Reply,
    Request,
    Unreachable,
    UnreachableKind,
)

STEP_S = 0.5
LOST_AFTER_S = 1.0


@dataclasses.dataclass(slots=True)
class RunServer:
    states: dict[str, str]
    record: dict[str, Any] | None = None
    busy_until: float = 0.0


class RunServers:
    """`done` has every step that was carried out; `effect` is called before and after each call."""

    def __init__(
        self, world: World, group: Group, active: ServerName | None, effect: Callable[[], None]
    ) -> None:
        self.world, self._effect = world, effect
        self.hosts = {
            name: RunServer(
                dict.fromkeys(group.resources, "started" if name == active else "stopped")
            )
            for name in group.server_names
        }
        self.done: list[str] = []
        self.loses = 0.0
        """The share of mutating calls whose answer is lost."""

    async def call(self, server: ServerName, request: Request) -> Reply:
        self._effect()
        reply = await self._carried_out(server, request)
        self._effect()
        return reply

    async def close(self) -> None:
        """There is nothing to close."""

    async def _carried_out(self, server: ServerName, request: Request) -> Reply:
        host, chance = self.hosts[server], self.world.chance
        if request.op == "epoch.raise":
            await asyncio.sleep(max(host.busy_until - self.world.now, 0.0))
        takes = chance.uniform(0.01, STEP_S)
        lost = request.reign is not None and chance.random() < self.loses
        ended: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if request.reign is not None:
            host.busy_until = max(host.busy_until, self.world.now + takes)

        def carry_out() -> None:
            reply = self._refused(host, request) or self._answer(server, host, request)
            if not ended.done() and not lost:
                ended.set_result(reply)

        if not (lost and chance.random() < 0.5):  # else it never got there
            self.world.at(takes, carry_out)
        try:
            async with asyncio.timeout(LOST_AFTER_S if lost else request.deadline_s):
                return await ended
        except TimeoutError:
            kind = UnreachableKind.CONNECTION_LOST
            return Unreachable(kind=kind, message=f"{server}: connection lost", sent=True)

    def _refused(self, host: RunServer, request: Request) -> Failed | None:
        if request.reign is None:
            return None
        if host.record is None or host.record["promised"] != request.reign.epoch:
            return Failed(kind=FailureKind.STALE_EPOCH, message="another epoch is promised")
        return None

    def _answer(self, server: ServerName, host: RunServer, request: Request) -> Reply:
        args = request.args
        match request.op:
            case "poll":
                states = {name: {"state": one, "detail": ""} for name, one in host.states.items()}
                return _done({"resources": states, "epoch": host.record, "facts": {}})
            case "epoch.raise":
                counter = 1 if host.record is None else host.record["counter"] + 1
                host.record = {
                    "promised": args["epoch"],
                    "reigning": 0,
                    "controller": args["controller"],
                    "run": args["run"],
                    "counter": counter,
                }
                return _done(host.record)
            case "resource.check":
                return _done({"state": host.states[args["name"]], "detail": ""})
            case "resource.start" | "resource.stop":
                return self._move(server, host, request)
            case "run":
                command = args.get("shell") or " ".join(args["argv"])
                self.done.append(f"ran {command} on {server}")
                return _done({"rc": 0, "stdout": "", "stderr": "", "truncated": False})
            case odd:
                return Failed(kind=FailureKind.UNSUPPORTED, message=f"no {odd} here")

    def _move(self, server: ServerName, host: RunServer, request: Request) -> Done:
        name = request.args["name"]
        wanted = "started" if request.op == "resource.start" else "stopped"
        changed = host.states[name] != wanted
        host.states[name] = wanted
        if changed:
            self.done.append(f"{wanted} {name} on {server}")
        return _done({"state": wanted, "changed": changed, "detail": ""})


def _done(data: Mapping[str, Any]) -> Done:
    return Done(data=data, took_s=0.0)
