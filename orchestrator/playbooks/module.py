"""What a playbook module is: arguments in, a request to the helper, an outcome out.

A module does no I/O. `executor.task` renders the arguments, sends the request, hands the reply
back. Modules are listed in `playbooks.modules.MODULES`, by name, without import magic.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from orchestrator.model import Outcome
from orchestrator.transport import Done, Request


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to ask: let this much time pass, then it is done."""

    seconds: float
    outcome: Outcome


class Module(Protocol):
    name: str
    summary: str
    """One line for the reference."""
    mutates: bool
    """Whether its request changes a server and so carries the reign."""

    def problems(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        """What is wrong with these arguments before anything is rendered; empty: nothing."""
        ...

    def prepare(
        self, args: Mapping[str, Any], variables: Mapping[str, Any], deadline_s: float
    ) -> Request | Wait | Outcome:
        """From rendered arguments to what must be asked; an Outcome ends the task at once."""
        ...

    def conclude(self, args: Mapping[str, Any], done: Done) -> Outcome:
        """From the helper's answer to the task's outcome."""
        ...
