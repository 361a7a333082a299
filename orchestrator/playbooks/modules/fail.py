"""`fail`: ends the task as failed, with a message of the playbook's author."""

from typing import ClassVar

from orchestrator.model import Outcome
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call, Module, failed


class Fail(Module):
    name = "fail"
    summary = "Fails with a message; usually behind `when` or in `rescue`."
    free_form = "msg"
    parameters: ClassVar[Parameters] = {
        "msg": Parameter(
            kind=Kind.TEXT, summary="why", default="failed as requested from the playbook"
        ),
    }

    def ask(self, call: Call) -> Outcome:
        return failed(call.args["msg"])
