"""`pause`: lets time pass."""

from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.module import Call, Module, Wait


class Pause(Module):
    name = "pause"
    summary = "Waits. It never asks: a run goes on without a person at the terminal."
    parameters: ClassVar[Parameters] = {
        "seconds": Parameter(kind=Kind.SECONDS, summary="how long"),
        "minutes": Parameter(kind=Kind.WHOLE_NUMBER, summary="how long"),
    }

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        if "prompt" in args:
            message = "'prompt' is not supported: a run may be resumed with nobody at the terminal"
            return (WrongArgument("prompt", message),)
        found = super().find_problems(args)
        if ("seconds" in args) is ("minutes" in args):
            return (*found, WrongArgument("", "give either 'seconds' or 'minutes'"))
        return found

    def ask(self, call: Call) -> Wait:
        minutes = call.args["minutes"]
        waited = call.args["seconds"] if minutes is None else 60.0 * minutes
        message = f"waited {waited:g} s"
        return Wait(seconds=waited, outcome=Outcome(status=Status.OK, message=message))
