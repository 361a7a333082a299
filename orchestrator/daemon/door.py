"""What command lines may ask of the daemon, request by request."""

import dataclasses
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from orchestrator.daemon import fences, maintenance, wire
from orchestrator.daemon.force import force, forcing
from orchestrator.daemon.groups import Groups
from orchestrator.daemon.rekey import rekey
from orchestrator.daemon.steward import Steward
from orchestrator.decision.foresight import foreseen
from orchestrator.errors import UsageError
from orchestrator.executor.run import RunResult
from orchestrator.model import GroupName, Mode, Refusal, ServerName
from orchestrator.playbooks.beside import Kept
from orchestrator.playbooks.parse import parse
from orchestrator.runtime.application import Application
from orchestrator.runtime.operate import unfinished_run
from orchestrator.runtime.order import Caller, Order

Request = Mapping[str, Any]
Answer = Callable[[Request, Caller], Awaitable[Mapping[str, Any]]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reloaded:
    changed: tuple[GroupName, ...]
    gone: tuple[GroupName, ...]
    """No longer in the files; they go on by their last good definition."""
    refused: Mapping[GroupName, str]
    """Another server is named, and the pair has not agreed to it: why. They go on, too."""


class Door:
    def __init__(
        self,
        application: Application,
        groups: Groups,
        *,
        reload: Callable[[], Awaitable[Reloaded]],
        dismiss: Callable[[GroupName], Awaitable[None]],
    ) -> None:
        self._application = application
        self._groups = groups
        self._reload = reload
        self._dismiss = dismiss
        self._answers: dict[str, Answer] = {
            "carry-out": self._carried_out,
            "dismiss": self._dismissed,
            "fence": self._fenced,
            "foresee": self._foreseen,
            "force": self._forced,
            "force-preview": self._preview,
            "looks": self._looks,
            "mode": self._mode,
            "rekey": self._rekeyed,
            "reload": self._reloaded,
            "resume": self._resumed,
            "standing": self._standing,
        }

    async def answer(self, request: Mapping[str, Any], caller: Caller) -> Mapping[str, Any]:
        """One request of a command line. Raises HasysError."""
        answer = self._answers.get(str(request.get("op")))
        if answer is None:
            raise UsageError(f"the daemon does not know {request.get('op')!r}", hint="is it older?")
        return await answer(request, caller)

    async def _standing(self, request: Request, _: Caller) -> Mapping[str, Any]:
        steward = self._steward(request)
        return steward.standing.as_json(steward.runs.acting)

    async def _looks(self, request: Request, _: Caller) -> Mapping[str, Any]:
        """Of servers that were asked already, by the definition of this digest."""
        steward = self._steward(request)
        looks = {name: wire.look_to_json(look) for name, look in steward.sight.looks.items()}
        digests = self._groups.application.configuration.digests
        return {"digest": digests.get(steward.group.name), "looks": looks}

    async def _foreseen(self, request: Request, _: Caller) -> Mapping[str, Any]:
        steward, server = self._steward(request), ServerName(str(request["server"]))
        found = foreseen(steward.standing.facts(), steward.state, server)
        return {} if found is None else {"refused": wire.refusal_to_json(found)}

    async def _carried_out(self, request: Request, caller: Caller) -> Mapping[str, Any]:
        return wire.result_to_json(await self._carry_out(request["order"], caller))

    async def _resumed(self, request: Request, caller: Caller) -> Mapping[str, Any]:
        run = str(request["run"])
        record = await unfinished_run(self._application, run)
        runs = self._steward({"group": record.group}).runs
        return wire.result_to_json(await runs.resume(run, caller, str(request["accept"])))

    async def _preview(self, request: Request, _: Caller) -> Mapping[str, Any]:
        return forcing(self._steward(request), str(request["to"]))

    async def _forced(self, request: Request, caller: Caller) -> Mapping[str, Any]:
        steward, to = self._steward(request), str(request["to"])
        return wire.result_to_json(await force(steward, to, str(request["token"]), caller))

    async def _fenced(self, request: Request, _: Caller) -> Mapping[str, Any]:
        return await fences.by_hand(self._steward(request), request)

    async def _mode(self, request: Request, _: Caller) -> Mapping[str, Any]:
        return await maintenance.change(self._steward(request), Mode(request["mode"]))

    async def _dismissed(self, request: Request, _: Caller) -> Mapping[str, Any]:
        await self._dismiss(self._steward(request).group.name)
        return {}

    async def _rekeyed(self, request: Request, _: Caller) -> Mapping[str, Any]:
        return await rekey(self._steward(request))

    async def _reloaded(self, _request: Request, _: Caller) -> Mapping[str, Any]:
        return dataclasses.asdict(await self._reload())

    async def _carry_out(self, document: Any, caller: Caller) -> RunResult | tuple[Refusal, ...]:
        try:
            asked = wire.asked_from_json(document)
        except ValueError as odd:
            raise UsageError(str(odd), hint="is the daemon older than hasys?") from odd
        steward = self._steward({"group": asked.group})
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

    def _steward(self, request: Request) -> Steward:
        return self._groups.steward(GroupName(str(request["group"])))
