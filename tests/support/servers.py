"""Two servers in memory behind the `Transport` seam: they hold resources and keep epochs.

A stand-in for real servers where a test is about the order of things; what the real helper does is
proven in tests/transport and in the labs.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.model import Group, ServerName
from orchestrator.playbooks.module import POWER_OFF, POWER_READ
from orchestrator.transport import (
    Done,
    Failed,
    FailureKind,
    Reply,
    Request,
    Unreachable,
    UnreachableKind,
)

Hook = Callable[[ServerName, Request], Reply | None]


@dataclasses.dataclass
class InMemoryServer:
    states: dict[str, str]
    record: dict[str, Any] | None = None
    reachable: bool = True


class InMemoryServers:
    """`log` has every mutating step that was carried out; `hook` may answer in a server's place."""

    def __init__(self, group: Group, *, active: ServerName | None = None) -> None:
        self.servers = {
            name: InMemoryServer(
                states=dict.fromkeys(group.resources, "started" if name == active else "stopped")
            )
            for name in group.server_names
        }
        self.log: list[str] = []
        self.hook: Hook = lambda _server, _request: None
        self.closed = False

    async def call(self, server: ServerName, request: Request) -> Reply:
        await asyncio.sleep(0)
        if request.op in (POWER_OFF, POWER_READ):
            return self._power(request)
        host = self.servers[server]
        if not host.reachable:
            return Unreachable(kind=UnreachableKind.TIMED_OUT, message=f"{server}: no answer")
        answer = self.hook(server, request)
        if answer is not None:
            return answer
        refusal = self._stale(host, request)
        if refusal is not None:
            return refusal
        operation = {
            "poll": self._poll,
            "epoch.raise": self._raise,
            "resource.check": self._check,
            "resource.start": self._move,
            "resource.stop": self._move,
            "run": self._run,
            "check": self._foretell,
        }[request.op]
        return operation(server, host, request)

    async def close(self) -> None:
        self.closed = True

    def holders(self, resource: str) -> list[str]:
        return [name for name, host in self.servers.items() if host.states[resource] == "started"]

    def _stale(self, host: InMemoryServer, request: Request) -> Failed | None:
        if request.reign is None:
            return None
        if host.record is None:
            return Failed(kind=FailureKind.NOT_REGISTERED, message="no record of this group")
        if host.record["promised"] != request.reign.epoch:
            return Failed(kind=FailureKind.STALE_EPOCH, message="a higher epoch is promised")
        return None

    def _power(self, request: Request) -> Reply:
        """Both hang on switches that do what they are told."""
        name = ServerName(request.args["server"])
        was_on = self.servers[name].reachable
        changed = request.op == POWER_OFF and was_on
        if changed:
            self.servers[name].reachable = False
            self.log.append(f"switched off {name}")
        power = "on" if was_on and not changed else "off"
        return _done({"server": name, "power": power, "changed": changed, "attempts": []})

    def _poll(self, server: ServerName, host: InMemoryServer, request: Request) -> Reply:
        resources = {name: {"state": state, "detail": ""} for name, state in host.states.items()}
        return _done({"resources": resources, "epoch": host.record, "facts": {}})

    def _raise(self, server: ServerName, host: InMemoryServer, request: Request) -> Reply:
        args = request.args
        if host.record is not None and args["epoch"] < host.record["promised"]:
            return Failed(kind=FailureKind.STALE_EPOCH, message="a higher epoch is promised")
        counter = 1 if host.record is None else host.record["counter"] + 1
        host.record = {
            "promised": args["epoch"],
            "reigning": 0,
            "controller": args["controller"],
            "run": args["run"],
            "counter": counter,
        }
        return _done(host.record)

    def _check(self, server: ServerName, host: InMemoryServer, request: Request) -> Reply:
        return _done({"state": host.states[request.args["name"]], "detail": ""})

    def _move(self, server: ServerName, host: InMemoryServer, request: Request) -> Reply:
        name = request.args["name"]
        wanted = "started" if request.op == "resource.start" else "stopped"
        changed = host.states[name] != wanted
        host.states[name] = wanted
        if changed:
            self.log.append(f"{wanted} {name} on {server}")
        return _done({"state": wanted, "changed": changed, "detail": ""})

    def _foretell(self, server: ServerName, host: InMemoryServer, request: Request) -> Reply:
        op, args = request.args["op"], request.args["args"]
        if op == "run":
            return _done({"would": "unknown", "detail": "it runs"})
        wanted = "started" if op == "resource.start" else "stopped"
        now = args.get("as_if", {"state": host.states[args["name"]]})
        is_so = now["state"] == wanted
        result = {"state": wanted, "changed": False} if is_so else None
        return _done({"would": "nothing" if is_so else "change", "detail": "", "result": result})

    def _run(self, server: ServerName, host: InMemoryServer, request: Request) -> Reply:
        command = request.args.get("shell") or " ".join(request.args["argv"])
        self.log.append(f"ran {command} on {server}")
        return _done({"rc": 0, "stdout": "", "stderr": "", "truncated": False})


def _done(data: Mapping[str, Any]) -> Done:
    return Done(data=data, took_s=0.0)
