"""`flow`: the group's resources, each as soon as what it needs is there. Walked by the executor.

The module itself asks nothing: `compile` puts the steps on the task, `executor.flow` walks them.
"""

from collections.abc import Mapping
from typing import ClassVar

from orchestrator.graph import FlowAction
from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call, Module

ACTIONS: Mapping[str, FlowAction] = {
    "started": FlowAction.START,
    "stopped": FlowAction.STOP,
    "checked": FlowAction.CHECK,
}
WALKED = ("flow", "set_role")
"""The modules that are walked, not asked."""


class Flow(Module):
    name = "flow"
    summary = "Starts, stops or checks the group's resources in the order of their graph."
    mutates = True
    free_form = "state"
    parameters: ClassVar[Parameters] = {
        "state": Parameter(
            kind=Kind.TEXT,
            summary="what is wanted of the resources; `checked` fails where one is not started",
            required=True,
            choices=tuple(ACTIONS),
            literal=True,
        ),
        "resources": Parameter(
            kind=Kind.TEXTS,
            summary="only these; a start takes along what they need, a stop what stands on them "
            "(without it: all)",
            early=True,
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
        return Outcome(status=Status.OK, message="no resources to be " + call.args["state"])
