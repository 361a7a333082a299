"""`service` and `systemd`: a systemd unit that runs or not, starts at boot or not."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import NoUndo, Undo
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.changing import Changing
from orchestrator.playbooks.module import Call
from orchestrator.transport import Done, Request

_UNIT: Parameters = {
    "state": Parameter(
        kind=Kind.TEXT,
        summary="`restarted` and `reloaded` always do it",
        choices=("started", "stopped", "restarted", "reloaded"),
    ),
    "enabled": Parameter(kind=Kind.YES_NO, summary="whether it starts at boot"),
}
_STARTS = ("started", "restarted", "reloaded")


class Service(Changing):
    name = "service"
    summary = (
        "Starts, stops, restarts a service by systemd. One that belongs to the group is started "
        "only where a flow could start it."
    )
    parameters: ClassVar[Parameters] = {
        "name": Parameter(kind=Kind.TEXT, summary="of the unit", required=True),
        **_UNIT,
    }
    returns: ClassVar[Mapping[str, str]] = {
        "name": "of the unit",
        "state": "as it was asked for",
        "enabled": "as it was asked for",
        "status": "what systemd showed of it before",
    }
    foretold = "what would be done to the unit"
    undone = "the unit is started, stopped, enabled, disabled as it was; a restart stays done"

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if not args.keys() - {"name"}:
            return (*found, WrongArgument("", "give 'state' or 'enabled'"))
        return found

    def touches(self, call: Call) -> frozenset[str]:
        return frozenset({f"unit:{unit_of(call)}"})

    def takes(self, call: Call) -> frozenset[str]:
        starts = call.args["state"] in _STARTS
        return frozenset({f"unit:{unit_of(call)}"}) if starts else frozenset()

    def taking(self, request: Request) -> Request:
        return dataclasses.replace(request, op="unit.take")

    def ask(self, call: Call) -> Request:
        args = {name: value for name, value in call.args.items() if value is not None}
        return Request(op="unit", args=args, deadline_s=call.deadline_s)

    def undo(self, call: Call, done: Done) -> Undo | NoUndo:
        before = done.data["before"]
        args: dict[str, Any] = {}
        is_running = call.args["state"] in _STARTS
        if call.args["state"] is not None and before["running"] is not is_running:
            args["state"] = "started" if before["running"] else "stopped"
        if call.args["enabled"] is not None and before["enabled"] in ("enabled", "disabled"):
            args["enabled"] = before["enabled"] == "enabled"
        if call.args.get("masked") is not None:
            args["masked"] = before["masked"]
        if not args:
            return NoUndo(reason="none; what a restart or a reload did cannot be taken back")
        return Undo(module="systemd", args={"name": call.args["name"], **args})


class Systemd(Service):
    name = "systemd"
    summary = "As `service`, with what only systemd has."
    parameters: ClassVar[Parameters] = {
        "name": Parameter(kind=Kind.TEXT, summary="of the unit"),
        **_UNIT,
        "masked": Parameter(kind=Kind.YES_NO, summary="whether it cannot be started at all"),
        "daemon_reload": Parameter(
            kind=Kind.YES_NO, summary="systemd reads its files again first", default=False
        ),
    }

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super(Service, self).find_problems(args)
        of_unit = args.keys() & {"state", "enabled", "masked"}
        if of_unit and "name" not in args:
            found = (*found, WrongArgument("", "argument 'name' is missing: of the unit"))
        if not of_unit and "daemon_reload" not in args:
            message = "give 'state', 'enabled', 'masked' or 'daemon_reload'"
            found = (*found, WrongArgument("", message))
        return found

    def touches(self, call: Call) -> frozenset[str] | None:  # type: ignore[override]
        return (
            super().touches(call) if call.args["name"] and not call.args["daemon_reload"] else None
        )


def unit_of(call: Call) -> str:
    name = str(call.args["name"])
    return name if "." in name else f"{name}.service"
