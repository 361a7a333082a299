"""What a play remembers while it goes on: who notified which handler, for whom it is over."""

import dataclasses
from collections.abc import Sequence

from orchestrator.model import ServerName
from orchestrator.playbooks.model import CompiledPlay, CompiledTask


@dataclasses.dataclass(slots=True, kw_only=True)
class PlayState:
    play: CompiledPlay
    servers: Sequence[ServerName]
    ended: set[ServerName] = dataclasses.field(default_factory=set)
    """Servers for which the play is over, without a failure."""
    doubts: dict[ServerName, str] = dataclasses.field(default_factory=dict)
    """In a plan: servers for which the play may be over, and why nobody can tell."""
    _waiting: set[tuple[str, ServerName]] = dataclasses.field(default_factory=set)
    """Handlers that are still to run, by path, with the server that notified them."""
    _perhaps: dict[tuple[str, ServerName], str] = dataclasses.field(default_factory=dict)
    """In a plan: those that are notified only if a task changes something, by that task."""
    _runs: dict[str, int] = dataclasses.field(default_factory=dict)

    def notify(self, server: ServerName, words: Sequence[str]) -> None:
        """Every handler of this name, and every one that listens to it."""
        for node in self.play.handlers:
            if {node.task.name, *node.task.listen} & set(words):
                self._waiting.add((node.path, server))
                self._perhaps.pop((node.path, server), None)

    def may_notify(self, server: ServerName, words: Sequence[str], title: str) -> None:
        """In a plan: whether the task changes something shows when it runs."""
        for node in self.play.handlers:
            key = (node.path, server)
            if {node.task.name, *node.task.listen} & set(words) and key not in self._waiting:
                self._waiting.add(key)
                self._perhaps[key] = f"only if `{title}` changes something"

    def doubtful(self, node: CompiledTask, servers: Sequence[ServerName]) -> dict[ServerName, str]:
        """Of those that `take` gave: the ones that may not have been notified."""
        found = {server: self._perhaps.pop((node.path, server), "") for server in servers}
        return {server: why for server, why in found.items() if why}

    def take(self, node: CompiledTask, servers: Sequence[ServerName]) -> list[ServerName]:
        """Those of the servers on which this handler is to run now."""
        told = [server for server in servers if (node.path, server) in self._waiting]
        self._waiting -= {(node.path, server) for server in told}
        return told

    def is_waiting(self, servers: Sequence[ServerName]) -> bool:
        return any(server in servers for _, server in self._waiting)

    def next_turn(self, node: CompiledTask) -> str:
        """A handler may run at every flush: each of its runs has steps of its own."""
        self._runs[node.path] = self._runs.get(node.path, 0) + 1
        count = self._runs[node.path]
        return "" if count == 1 else f"~{count}"
