"""What a playbook module is: arguments in, a request to the helper, an outcome out.

A module does no I/O. `executor.task` renders the arguments, sends the request, hands the reply
back. Modules are listed in `playbooks.modules.MODULES`, by name, without import magic.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import (
    Parameters,
    WrongArgument,
    find_problems,
    read,
)
from orchestrator.transport import Done, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to ask: let this much time pass, then it is done."""

    seconds: float
    outcome: Outcome


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of a module on one server: every parameter is there and in its type."""

    args: Mapping[str, Any]
    variables: Mapping[str, Any]
    deadline_s: float


class Module:
    """Base of all modules: arguments are read by the table of parameters, then `ask` decides."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for the reference."""
    mutates: ClassVar[bool] = False
    """Whether its request may change a server and so carries the reign."""
    parameters: ClassVar[Parameters]
    free_form: ClassVar[str | None] = None
    """The parameter that is meant where the module is given a text and no mapping."""
    returns: ClassVar[Mapping[str, str]] = {}
    """What a registered result holds beside the usual words; for the reference."""

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        """As `problems`, each with the argument that it is about, for its place in the file."""
        return find_problems(self.parameters, args)

    def problems(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        """What is wrong with these arguments before anything is rendered; empty: nothing."""
        return tuple(str(problem) for problem in self.find_problems(args))

    def prepare(
        self, args: Mapping[str, Any], variables: Mapping[str, Any], deadline_s: float
    ) -> Request | Wait | Outcome:
        """From rendered arguments to what must be asked; an Outcome ends the task at once."""
        if wrong := self.problems(args):
            return failed("; ".join(wrong))
        try:
            # a rendered text with braces in it passed for a template, and may not fit after all
            call = Call(args=self.read(args), variables=variables, deadline_s=deadline_s)
            return self.ask(call)
        except ValueError as error:
            return failed(str(error))

    def read(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Rendered arguments in their types, with defaults; `problems` found none in them."""
        return read(self.parameters, args)

    def ask(self, call: Call) -> Request | Wait | Outcome:
        """What `prepare` answers, from arguments that were read."""
        raise NotImplementedError

    def conclude(self, args: Mapping[str, Any], done: Done) -> Outcome:
        """From the helper's answer to the task's outcome; only for modules that ask a request."""
        raise NotImplementedError


def failed(message: str, result: Mapping[str, Any] | None = None) -> Outcome:
    return Outcome(status=Status.FAILED, message=message, result=result or {})
