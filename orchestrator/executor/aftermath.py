"""What a task's outcomes mean for the rest of a play: failures, handlers, what is known of servers.

Called by `executor.engine` after each task.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.executor.handlers import PlayState
from orchestrator.executor.scope import Scope
from orchestrator.executor.task import TaskRunner
from orchestrator.model import Outcome, ServerName, Status
from orchestrator.playbooks.arguments import shown_arguments
from orchestrator.playbooks.model import CompiledTask, FlowAction, Include, Task
from orchestrator.playbooks.modules import MODULES

Servers = Sequence[ServerName]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Aftermath:
    tasks: TaskRunner
    scope: Scope

    def share(self, task: Task, servers: Servers, outcomes: dict[ServerName, Outcome]) -> None:
        """`run_once`: what the first one learnt or suffered, all have."""
        first = next(iter(outcomes))
        variables = self.scope.facts_of(first)
        facts = outcomes[first].result.get("ansible_facts")
        shared = [task.register] if task.register is not None else []
        shared += list(facts) if isinstance(facts, Mapping) else []
        for server in servers:
            self.scope.set_facts(server, {name: variables[name] for name in shared})
            outcomes.setdefault(server, outcomes[first])

    def is_ignored(self, task: Task, server: ServerName, outcome: Outcome) -> bool:
        directives = task.directives
        if outcome.status is Status.FAILED:
            return self.tasks.is_said(directives.ignore_errors, task, server)
        if outcome.status is Status.UNREACHABLE:
            return self.tasks.is_said(directives.ignore_unreachable, task, server)
        return False

    def note(
        self, node: CompiledTask, server: ServerName, outcome: Outcome, state: PlayState
    ) -> None:
        assumes = outcome.prediction is not None and outcome.prediction.assumes
        if outcome.status is Status.UNDECIDED or assumes:
            state.may_notify(server, node.task.notify, node.task.name)
        elif outcome.status is Status.CHANGED:
            state.notify(server, node.task.notify)
        is_only_said = self.tasks.is_said(node.task.directives.check_mode, node.task, server)
        if node.flow and outcome.status is not Status.SKIPPED and not is_only_said:
            actions = {step.action for step in node.flow}
            if FlowAction.START in actions:
                self.scope.lost.note_started(server)
            elif outcome.status.is_good and self._stops_all(node):
                message = f"all of the service had been stopped on it and checked ({node.path})"
                self.scope.lost.note_stopped(server, message)
        if node.task.directives.delegate_to is None:
            self.scope.lost.note(server, outcome)
        else:
            self.scope.lost.note_proof(outcome)

    def _stops_all(self, node: CompiledTask) -> bool:
        stopped = {step.resource for step in node.flow if step.action is FlowAction.STOP}
        return stopped == set(self.tasks.hands.flows.group.resources)


def fatal(servers: Servers, failures: Mapping[ServerName, Outcome]) -> Mapping[ServerName, Outcome]:
    names = ", ".join(failures)
    message = f"ended because of {names} (any_errors_fatal)"
    fatal = Outcome(status=Status.FAILED, message=message, result={"kind": "ended-with-other"})
    return dict.fromkeys(servers, fatal)


def described(task: Task) -> dict[str, Any]:
    """Ansible's `ansible_failed_task`, as far as it says something here."""
    parameters = MODULES[task.module].parameters
    args = {} if task.directives.no_log else shown_arguments(parameters, task.args)
    return {
        "name": task.name,
        "action": task.module,
        "args": args,
        "tags": list(task.directives.tags),
        "path": place_of(task),
    }


def place_of(node: Task | Include) -> str:
    return f"{node.position.file}:{node.position.line}"
