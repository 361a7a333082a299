"""A playbook and a group to a program: what can be checked before a server is touched is checked.

Called by `runtime` before each run and for plans. The order of a flow comes from `graph`.
"""

import dataclasses
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, assert_never

from orchestrator.config.problems import Position, Problems, did_you_mean
from orchestrator.graph import FlowAction, FlowGraph, build, needed_by, standing_on, steps
from orchestrator.model import Group, ResourceName, ServerName
from orchestrator.playbooks.arguments import WrongArgument, is_template
from orchestrator.playbooks.basis import basis_of, digest_of
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.model import (
    Block,
    CompiledBlock,
    CompiledInclude,
    CompiledMeta,
    CompiledNode,
    CompiledPlay,
    CompiledTask,
    FlowStep,
    HostSelector,
    Include,
    Meta,
    Node,
    Play,
    Playbook,
    Program,
    Task,
)
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.modules.flow import ACTIONS, WALKED
from orchestrator.playbooks.modules.set_role import STATES
from orchestrator.playbooks.parse import raise_problems
from orchestrator.playbooks.select import select
from orchestrator.playbooks.template import TemplateError, render

_SELECTORS: Mapping[str, HostSelector] = {
    "source": HostSelector.SOURCE,
    "target": HostSelector.TARGET,
    "active": HostSelector.ACTIVE,
    "standby": HostSelector.STANDBY,
    "group": HostSelector.GROUP,
    "all": HostSelector.GROUP,
}


Variables = Mapping[ServerName, Mapping[str, Any]]
_ROLES = re.compile(r"\b(active|standby|role)\b")
LOCAL = ("localhost", "127.0.0.1")
DELEGATES = ("source", "target")
"""Words for servers that are fixed when a run begins."""


def compile_program(
    playbook: Playbook,
    group: Group,
    *,
    only: Collection[ResourceName] = frozenset(),
    variables: Variables | None = None,
    extra: Mapping[str, Any] | None = None,
    selection: Selection | None = None,
) -> Program:
    """Raises ConfigInvalid with every problem of the playbook on this group.

    `only`: flows act on these resources, and on those that must go along; empty: on all.
    `variables`: what the inventory says of each server, `extra`: those of `-e`. `selection`:
    without the tasks that it leaves out; raises UsageError where it names what is not there.
    """
    problems = Problems()
    compiler = _Compiler(
        group=group,
        graph=build(group),
        only=frozenset(only),
        extra=extra or {},
        problems=problems,
    )
    plays = tuple(
        compiler.play(play, str(number)) for number, play in enumerate(playbook.plays, start=1)
    )
    raise_problems(problems, {**playbook.files, playbook.file: playbook.text})
    if selection is not None:
        plays = select(plays, selection)
    of_servers = _of_servers(group, variables or {})
    return Program(
        playbook=playbook,
        plays=plays,
        variables=of_servers,
        digest=digest_of(playbook, group, only, of_servers),
        basis=basis_of(group, of_servers),
    )


def _of_servers(group: Group, variables: Variables) -> Variables:
    """How a server is reached is no business of a playbook, and may change between two runs."""
    return {
        name: {
            key: value
            for key, value in {**group.variables, **variables.get(name, {})}.items()
            if not key.startswith("ansible_")
        }
        for name in group.server_names
    }


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Compiler:
    group: Group
    graph: FlowGraph
    only: frozenset[ResourceName]
    extra: Mapping[str, Any]
    problems: Problems

    def play(self, play: Play, path: str) -> CompiledPlay:
        selector, server = self._hosts(play)
        handlers = tuple(
            self._task(task, f"{path}h{number}", _names(play.handlers))
            for number, task in enumerate(play.handlers, start=1)
        )
        tasks = self._nodes(play.tasks, f"{path}.", _names(play.handlers))
        return CompiledPlay(
            play=play,
            selector=selector,
            server=server,
            tasks=tasks,
            handlers=handlers,
            asks_roles=_asks_roles(play),
        )

    def _hosts(self, play: Play) -> tuple[HostSelector, str | None]:
        if play.hosts in _SELECTORS or play.hosts == self.group.name:
            return _SELECTORS.get(play.hosts, HostSelector.GROUP), None
        if play.hosts not in self.group.server_names:
            words = [*_SELECTORS, self.group.name, *self.group.server_names]
            message = f"'{play.hosts}' is neither a server of group {self.group.name} nor a role"
            hint = did_you_mean(play.hosts, words)
            if play.hosts in LOCAL:
                hint = "the controller runs no tasks"
            self.problems.add(play.hosts_position or play.position, message, hint=hint)
        return HostSelector.SERVER, play.hosts

    def _nodes(
        self, nodes: Sequence[Node], prefix: str, handlers: frozenset[str]
    ) -> tuple[CompiledNode, ...]:
        return tuple(
            self._node(node, f"{prefix}{number}", handlers)
            for number, node in enumerate(nodes, start=1)
        )

    def _node(self, node: Node, path: str, handlers: frozenset[str]) -> CompiledNode:
        match node:
            case Task():
                return self._task(node, path, handlers)
            case Block():
                return CompiledBlock(
                    path=path,
                    block=node,
                    tasks=self._nodes(node.tasks, f"{path}.", handlers),
                    rescue=self._nodes(node.rescue, f"{path}r", handlers),
                    always=self._nodes(node.always, f"{path}a", handlers),
                )
            case Include():
                files = {
                    file: self._nodes(inside, f"{path}.", handlers)
                    for file, inside in node.files.items()
                }
                return CompiledInclude(path=path, include=node, files=files)
            case Meta():
                return CompiledMeta(path=path, meta=node)
            case _:
                assert_never(node)

    def _task(self, task: Task, path: str, handlers: frozenset[str]) -> CompiledTask:
        wrong = MODULES[task.module].find_problems(task.args)
        for problem in wrong:  # `parse` has found these; a task may also be made by a program
            self._add(task, problem.name, f"{task.module}: {problem}")
        for word in task.notify:
            if word not in handlers:
                hint = did_you_mean(word, handlers) if handlers else "the play has no handlers"
                self._add(task, "", f"no handler is named '{word}' or listens to it", hint)
        self._check_delegate(task)
        self._check_servers(task)
        flow = self._flow(task) if task.module in WALKED and not wrong else ()
        return CompiledTask(path=path, task=task, flow=flow)

    def _check_delegate(self, task: Task) -> None:
        name = task.directives.delegate_to
        if name is None or is_template(name) or name in (*DELEGATES, *self.group.server_names):
            return
        message = f"'delegate_to': '{name}' is no server of group {self.group.name}"
        hint = did_you_mean(name, (*DELEGATES, *self.group.server_names))
        if name in LOCAL:
            hint = "the controller runs no tasks"
        self._add(task, "", message, hint)

    def _check_servers(self, task: Task) -> None:
        for name in MODULES[task.module].names_servers(task.args):
            if not is_template(name) and name not in self.group.server_names:
                message = f"{task.module}: '{name}' is no server of group {self.group.name}"
                hint = did_you_mean(name, self.group.server_names)
                self._add(task, "server", message, hint)

    def _flow(self, task: Task) -> tuple[FlowStep, ...]:
        if task.module == "set_role":
            action, named = ACTIONS[STATES[task.args["role"]]], None
        else:
            action, named = ACTIONS[task.args["state"]], self._named(task)
        for name in named or ():
            if name not in self.group.resources:
                message = f"flow: group {self.group.name} has no resource '{name}'"
                self._add(task, "resources", message, did_you_mean(name, self.group.resources))
        chosen = frozenset(self.graph.resources if named is None else map(ResourceName, named))
        chosen = self._with_others(chosen & frozenset(self.graph.resources), action)
        if self.only:
            chosen &= self._with_others(self.only & frozenset(self.graph.resources), action)
        return steps(self.graph, chosen, action)

    def _named(self, task: Task) -> Sequence[str] | None:
        """The resources that a flow names; None: all."""
        args = dict(task.args)
        try:
            if "resources" in args:
                args["resources"] = render(args["resources"], self.extra)
            named: Sequence[str] | None = MODULES["flow"].read(args)["resources"]
        except (TemplateError, WrongArgument) as error:
            hint = "only variables of -e are known before the run begins"
            self._add(task, "resources", f"flow: {error}", hint)
            return ()
        return named

    def _with_others(
        self, chosen: frozenset[ResourceName], action: FlowAction
    ) -> frozenset[ResourceName]:
        """A start takes along what is needed, a stop what could not go on without."""
        match action:
            case FlowAction.START:
                return chosen | needed_by(self.graph, chosen)
            case FlowAction.STOP:
                return chosen | standing_on(self.graph, chosen)
            case FlowAction.CHECK:
                return chosen

    def _add(self, task: Task, argument: str, message: str, hint: str = "") -> None:
        position: Position = task.places.get(argument, task.position)
        self.problems.add(position, message, hint=hint)


def _asks_roles(play: Play) -> bool:
    """Whether a template or a condition may mean `active` or `standby`; to ask costs a poll."""
    parts = repr((play.variables, play.tasks, play.handlers))
    return _ROLES.search(parts) is not None


def _names(handlers: Sequence[Task]) -> frozenset[str]:
    return frozenset(word for task in handlers for word in (task.name, *task.listen))
