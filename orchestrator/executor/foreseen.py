"""The servers as they would be after the steps that were foretold so far, as a transport.

What was foretold to be started answers as started: so a flow, the look at the peer before a start
and the roles of a later play are walked in a plan by the code that a run uses. What nobody can tell
raises DecidedLater.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from orchestrator.model import ServerName
from orchestrator.playbooks.later import DecidedLater
from orchestrator.playbooks.module import POWER_READ
from orchestrator.transport import Done, Reign, Reply, Request, Unreachable, UnreachableKind
from orchestrator.transport.read_only import ReadOnlyTransport

WANTED = {"resource.start": "started", "resource.stop": "stopped"}
"""What a move leaves behind."""


class Foreseen:
    """Implements `Transport` for a plan's questions."""

    def __init__(self, transport: ReadOnlyTransport, reign: Reign) -> None:
        self._transport = transport
        self._reign = reign
        self._states: dict[tuple[ServerName, str], str] = {}
        self._off: set[ServerName] = set()
        self._open: dict[tuple[ServerName, str], str] = {}

    def note(self, server: ServerName, resource: str, state: str) -> None:
        self._open.pop((server, resource), None)
        self._states[server, resource] = state

    def leave_open(self, server: ServerName, resource: str, why: str) -> None:
        """From here on nobody can tell how it is there."""
        self._open[server, resource] = why

    def note_off(self, server: ServerName) -> None:
        self._off.add(server)

    async def call(self, server: ServerName, request: Request) -> Reply:
        if request.op == POWER_READ:
            return await self._read_power(server, request)
        if server in self._off:
            message = f"{server} is switched off by then"
            return Unreachable(kind=UnreachableKind.NO_ROUTE, message=message)
        match request.op:
            case "check" if request.args["op"] in WANTED:
                return await self._foretell_move(server, request)
            case "resource.check":
                state = self._state(server, request.args["name"])
                if state is not None:
                    return _done(state=state, detail=f"{state} by then")
            case "poll":
                return self._as_then(server, await self._transport.call(server, request))
            case _:
                pass
        return await self._transport.call(server, request)

    async def _read_power(self, server: ServerName, request: Request) -> Reply:
        meant = ServerName(request.args["server"])
        if meant not in self._off:
            return await self._transport.call(server, request)
        return _done(server=meant, power="off", changed=False, attempts=["switched off by then"])

    async def close(self) -> None:
        await self._transport.close()

    def _state(self, server: ServerName, resource: str) -> str | None:
        """None: nothing of it was foretold, it is as it is."""
        if why := self._open.get((server, resource)):
            raise DecidedLater(why)
        return self._states.get((server, resource))

    async def _foretell_move(self, server: ServerName, request: Request) -> Reply:
        move = request.args["args"]
        state = self._state(server, move["name"])
        if state is None:
            return await self._transport.call(server, request)
        if state == WANTED[request.args["op"]]:
            result = {"state": state, "changed": False, "detail": f"{state} by then"}
            return _done(would="nothing", detail=f"{state} by then", result=result)
        seen = {"state": state, "detail": f"{state} by then"}
        args = {**request.args, "args": {**move, "as_if": seen}}
        return await self._transport.call(server, dataclasses.replace(request, args=args))

    def _as_then(self, server: ServerName, reply: Reply) -> Reply:
        if not isinstance(reply, Done):
            return reply
        resources = dict(reply.data.get("resources", {}))
        for name, seen in resources.items():
            state = self._state(server, name)
            if state is not None:  # what else is seen of it, as of a copy of data, stays
                resources[name] = {**seen, "state": state, "detail": f"{state} by then"}
        return _done(**{**reply.data, "resources": resources, "epoch": self._record(reply.data)})

    def _record(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        """A run begins by raising its epoch on both servers; the number is drawn then."""
        found = data.get("epoch") or {"reigning": 0, "counter": 0}
        reign = self._reign
        return {
            **found,
            "promised": reign.epoch,
            "controller": reign.controller,
            "run": reign.run,
        }


def _done(**data: Any) -> Done:
    return Done(data=data, took_s=0.0)
