"""`set_role`: makes the server ACTIVE or STANDBY. A flow under another name, with all it asks."""

from collections.abc import Mapping
from typing import ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call
from orchestrator.playbooks.modules.flow import Flow

STATES: Mapping[str, str] = {"active": "started", "standby": "stopped"}


class SetRole(Flow):
    name = "set_role"
    summary = (
        "Makes the server ACTIVE or STANDBY: the group's whole flow is started or stopped there, "
        "with all that `flow` asks before it acts."
    )
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

    def ask(self, call: Call) -> Outcome:
        """Asked only where there is nothing to walk: a group without resources."""
        return Outcome(status=Status.OK, message=f"no resources that make it {call.args['role']}")
