"""`assert`: fails where a condition does not hold, and says which."""

from collections.abc import Mapping
from typing import ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call, Module, failed
from orchestrator.playbooks.template import TemplateError, holds


class Assert(Module):
    name = "assert"
    summary = "Fails where one of the conditions does not hold."
    parameters: ClassVar[Parameters] = {
        "that": Parameter(kind=Kind.CONDITIONS, summary="what must hold", required=True),
        "fail_msg": Parameter(kind=Kind.TEXT, summary="what to say where it does not"),
        "success_msg": Parameter(
            kind=Kind.TEXT, summary="what to say where all hold", default="all assertions passed"
        ),
    }
    returns: ClassVar[Mapping[str, str]] = {"assertion": "the first condition that does not hold"}

    def ask(self, call: Call) -> Outcome:
        for condition in call.args["that"]:
            try:
                is_met = holds((condition,), call.variables)
            except TemplateError as error:
                return failed(str(error), {"assertion": condition})
            if not is_met:
                message = call.args["fail_msg"] or f"this does not hold: {condition}"
                return failed(message, {"assertion": condition})
        return Outcome(status=Status.OK, message=call.args["success_msg"])
