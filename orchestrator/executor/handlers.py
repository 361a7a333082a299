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
    _waiting: set[tuple[str, ServerName]] = dataclasses.field(default_factory=set)
    """Handlers that are still to run, by path, with the server that notified them."""
    _runs: dict[str, int] = dataclasses.field(default_factory=dict)

    def notify(self, server: ServerName, words: Sequence[str]) -> None:
        """Every handler of this name, and every one that listens to it."""
        for node in self.play.handlers:
            if {node.task.name, *node.task.listen} & set(words):
                self._waiting.add((node.path, server))

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
