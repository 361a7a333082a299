"""`set_fact`: variables for the tasks that follow, on this server."""

from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Parameters, WrongArgument
from orchestrator.playbooks.module import Call, Module
from orchestrator.playbooks.variables import name_problem


class SetFact(Module):
    name = "set_fact"
    summary = "Sets variables of this server for the rest of the run; any name, any value."
    parameters: ClassVar[Parameters] = {}
    returns: ClassVar[Mapping[str, str]] = {"ansible_facts": "the variables"}

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        if not args:
            return (WrongArgument("", "give at least one variable"),)
        named = ((name, name_problem(name)) for name in args)
        return tuple(WrongArgument(name, problem) for name, problem in named if problem)

    def read(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return dict(args)

    def ask(self, call: Call) -> Outcome:
        return Outcome(status=Status.OK, result={"ansible_facts": call.args})
