"""`debug`: shows a message or a value."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.module import Call, Module, failed
from orchestrator.playbooks.template import TemplateError, evaluate


class Debug(Module):
    name = "debug"
    summary = "Shows a message, or the value of an expression."
    free_form = "msg"
    parameters: ClassVar[Parameters] = {
        "msg": Parameter(kind=Kind.ANY, summary="what to show"),
        "var": Parameter(kind=Kind.TEXT, summary="an expression, without braces"),
    }

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if "msg" in args and "var" in args:
            return (*found, WrongArgument("var", "give either 'msg' or 'var'"))
        return found

    def ask(self, call: Call) -> Outcome:
        expression = call.args["var"]
        if expression is None:
            message = "Hello world!" if call.args["msg"] is None else call.args["msg"]
            shown = message if isinstance(message, str) else json.dumps(message)
            return Outcome(status=Status.OK, message=shown)
        try:
            value = evaluate(expression, call.variables)
        except TemplateError as error:
            return failed(str(error))
        return Outcome(
            status=Status.OK,
            message=f"{expression}: {json.dumps(value)}",
            result={expression: value},
        )
