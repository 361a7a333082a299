"""`fence`: a server switched off by its fencing devices, and read back as off."""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Prediction, ServerName, Status, Verdict
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import (
    POWER_OFF,
    POWER_READ,
    SERVER_STATE,
    Call,
    Module,
    failed,
)
from orchestrator.transport import Done, Request

OFF, SEEN = "off", "seen"


class Fence(Module):
    name = "fence"
    summary = (
        "Lets the fencing devices of a server switch it off; done when it is read back as off. "
        "It is the controller that asks them: the server itself need not answer. Bounded by the "
        "devices' own `timeout`, never cut by the task's."
    )
    mutates = True
    parameters: ClassVar[Parameters] = {
        "server": Parameter(
            kind=Kind.TEXT, summary="which server of the pair, like `{{ source }}`", required=True
        ),
        "state": Parameter(
            kind=Kind.TEXT,
            summary="`off` switches it off, if it is not read as off already; `seen` only asks its "
            "devices, and fails where they cannot tell",
            default=OFF,
            choices=(OFF, SEEN),
        ),
    }
    returns: ClassVar[dict[str, str]] = {
        "power": "`off` or `on`",
        "attempts": "each order and question to a device, with what was seen",
        "server_state": "where it is off: `server`, `state` (`fenced`) and `evidence`, which "
        "`lost_servers` has from then on",
    }
    foretold = "whether it is on now, and with that whether it would be switched off"
    undone = "none; switch it on by hand: `hasys fence GROUP SERVER --action on`"

    def names_servers(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        return (str(args["server"]),) if "server" in args else ()

    def ask(self, call: Call) -> Request:
        op = POWER_OFF if call.args["state"] == OFF else POWER_READ
        return self._about(op, call)

    def check(self, call: Call) -> Request:
        return self._about(POWER_READ, call)

    def conclude(self, call: Call, done: Done) -> Outcome:
        del call
        data = done.data
        words = f"{data['server']} is {data['power']}: {'; '.join(data['attempts'])}"
        result = {"power": data["power"], "attempts": list(data["attempts"])}
        if data["power"] not in ("on", "off"):
            return failed(f"its devices cannot tell whether {words}", result)
        if data["power"] == "off":
            result[SERVER_STATE] = _fenced(data["server"], words)
        status = Status.CHANGED if data["changed"] else Status.OK
        return Outcome(status=status, message=words, result=result)

    def predict(self, call: Call, done: Done) -> Prediction:
        seen = self.conclude(call, done)
        found = super().predict(call, done)
        if call.args["state"] == SEEN or seen.result["power"] == "off":
            return found
        server = done.data["server"]
        if seen.status is Status.FAILED:
            message = f"{seen.message}; it would be told to switch off"
            return Prediction(verdict=Verdict.UNKNOWN, message=message)
        result = {"power": "off", SERVER_STATE: _fenced(server, "switched off by then")}
        message = f"{server} is on; its devices answer"
        return dataclasses.replace(found, verdict=Verdict.CHANGE, message=message, result=result)

    def touches(self, call: Call) -> frozenset[str]:
        return frozenset({f"power:{call.args['server']}"})

    def ends(self, call: Call) -> ServerName | None:
        return ServerName(call.args["server"]) if call.args["state"] == OFF else None

    def _about(self, op: str, call: Call) -> Request:
        return Request(op=op, args={"server": call.args["server"]}, deadline_s=call.deadline_s)


def _fenced(server: str, evidence: str) -> dict[str, Any]:
    return {"server": server, "state": "fenced", "evidence": evidence}
