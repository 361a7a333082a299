"""`set_role`: makes the server ACTIVE or STANDBY. A flow under another name, with all it asks."""

from collections.abc import Mapping
from typing import ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call, Module

STATES: Mapping[str, str] = {"active": "started", "standby": "stopped"}


class SetRole(Module):
    name = "set_role"
    summary = (
        "Makes the server ACTIVE or STANDBY: the group's whole flow is started or stopped there, "
        "with all that `flow` asks before it acts."
    )
    mutates = True
    free_form = "role"
    parameters: ClassVar[Parameters] = {
        "role": Parameter(
            kind=Kind.TEXT,
            summary="what the server shall be",
            required=True,
            choices=tuple(STATES),
            literal=True,
        ),
    }
    returns: ClassVar[Mapping[str, str]] = {
        "resources": "how each resource's step ended, by name",
        "not_reached": "resources whose turn did not come",
    }
    foretold = "of each resource whether it would be started or stopped, and what stands in the way"
    undone = "what it started is stopped, what it stopped is started, in reverse order"

    def may_repeat(self, call: Call) -> bool:
        """A start and a stop look at the state before they act."""
        del call
        return True

    def ask(self, call: Call) -> Outcome:
        """Asked only where there is nothing to walk: a group without resources."""
        return Outcome(status=Status.OK, message=f"no resources that make it {call.args['role']}")
