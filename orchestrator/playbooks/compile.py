"""A playbook and a group to a program: what can be checked before a server is touched is checked.

Called by `runtime` before each run and for plans. The order of a flow comes from `graph`.
"""

import dataclasses
import enum
import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from orchestrator.config.problems import Position, Problems, did_you_mean
from orchestrator.graph import FlowAction, FlowGraph, build, needed_by, standing_on, steps
from orchestrator.model import Group, ResourceName
from orchestrator.playbooks.model import (
    Block,
    CompiledBlock,
    CompiledPlay,
    CompiledTask,
    FlowStep,
    HostSelector,
    Play,
    Playbook,
    Program,
    Task,
)
from orchestrator.playbooks.modules import MODULES
from orchestrator.playbooks.modules.flow import ACTIONS
from orchestrator.playbooks.parse import raise_problems

_SELECTORS: Mapping[str, HostSelector] = {
    "source": HostSelector.SOURCE,
    "target": HostSelector.TARGET,
    "active": HostSelector.ACTIVE,
    "standby": HostSelector.STANDBY,
    "group": HostSelector.GROUP,
    "all": HostSelector.GROUP,
}


def compile_program(
    playbook: Playbook, group: Group, *, only: Collection[ResourceName] = frozenset()
) -> Program:
    """Raises ConfigInvalid with every problem of the playbook on this group.

    `only`: flows act on these resources, and on those that must go along; empty: on all.
    """
    problems = Problems()
    compiler = _Compiler(group=group, graph=build(group), only=frozenset(only), problems=problems)
    plays = tuple(
        compiler.play(play, str(number)) for number, play in enumerate(playbook.plays, start=1)
    )
    raise_problems(problems, playbook.text)
    return Program(playbook=playbook, plays=plays, digest=_digest(playbook, group, only))


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class _Compiler:
    group: Group
    graph: FlowGraph
    only: frozenset[ResourceName]
    problems: Problems

    def play(self, play: Play, path: str) -> CompiledPlay:
        selector, server = self._hosts(play)
        tasks = self._nodes(play.tasks, f"{path}.")
        return CompiledPlay(play=play, selector=selector, server=server, tasks=tasks)

    def _hosts(self, play: Play) -> tuple[HostSelector, str | None]:
        if play.hosts in _SELECTORS or play.hosts == self.group.name:
            return _SELECTORS.get(play.hosts, HostSelector.GROUP), None
        if play.hosts not in self.group.server_names:
            words = [*_SELECTORS, self.group.name, *self.group.server_names]
            message = f"'{play.hosts}' is neither a server of group {self.group.name} nor a role"
            hint = did_you_mean(play.hosts, words)
            self.problems.add(play.hosts_position or play.position, message, hint=hint)
        return HostSelector.SERVER, play.hosts

    def _nodes(
        self, nodes: Sequence[Task | Block], prefix: str
    ) -> tuple[CompiledTask | CompiledBlock, ...]:
        return tuple(
            self._task(node, f"{prefix}{number}")
            if isinstance(node, Task)
            else self._block(node, f"{prefix}{number}")
            for number, node in enumerate(nodes, start=1)
        )

    def _block(self, block: Block, path: str) -> CompiledBlock:
        return CompiledBlock(
            path=path,
            block=block,
            tasks=self._nodes(block.tasks, f"{path}."),
            rescue=self._nodes(block.rescue, f"{path}r"),
            always=self._nodes(block.always, f"{path}a"),
        )

    def _task(self, task: Task, path: str) -> CompiledTask:
        wrong = MODULES[task.module].find_problems(task.args)
        for problem in wrong:  # `parse` has found these; a task may also be made by a program
            self._add(task, problem.name, f"{task.module}: {problem}")
        flow = self._flow(task) if task.module == "flow" and not wrong else ()
        return CompiledTask(path=path, task=task, flow=flow)

    def _flow(self, task: Task) -> tuple[FlowStep, ...]:
        action = ACTIONS[task.args["state"]]
        args = MODULES["flow"].read(task.args)
        named: Sequence[str] | None = args["resources"]
        for name in named or ():
            if name not in self.group.resources:
                message = f"flow: group {self.group.name} has no resource '{name}'"
                self._add(task, "resources", message, did_you_mean(name, self.group.resources))
        chosen = frozenset(self.graph.resources if named is None else map(ResourceName, named))
        chosen = self._with_others(chosen & frozenset(self.graph.resources), action)
        if self.only:
            chosen &= self._with_others(self.only & frozenset(self.graph.resources), action)
        return steps(self.graph, chosen, action)

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


def _digest(playbook: Playbook, group: Group, only: Collection[ResourceName]) -> str:
    """Servers by name: a new port or key file of one does not make another program."""
    contributed = {
        "playbook": playbook.text,
        "group": group.name,
        "servers": group.server_names,
        "resources": group.resources,
        "variables": group.variables,
        "only": sorted(only),
    }
    text = json.dumps(_plain(contributed), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """The same text for equal values, whatever order a mapping was written in."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
        return [type(value).__name__, _plain(fields)]
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, enum.Enum):
        return value.value
    return value if value is None or isinstance(value, str | int | float) else str(value)
