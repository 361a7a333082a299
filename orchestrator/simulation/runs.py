"""Runs of playbooks: production's executor in virtual time, killed at any await and resumed.

The same end as without the cut, no resource on both servers, nothing done twice that may be done
only once.
"""

import asyncio
import functools

from orchestrator.executor.charter import Charter
from orchestrator.executor.run import Run, RunResult
from orchestrator.model import ControllerId, Epoch, Group, RunId, ServerName
from orchestrator.playbooks.beside import Kept
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.model import Program
from orchestrator.playbooks.parse import parse
from orchestrator.resources import playbook_library
from orchestrator.simulation import virtual_time
from orchestrator.simulation.invariants import Violation
from orchestrator.simulation.pair import NAMES, group_of
from orchestrator.simulation.run_journal import SimJournal
from orchestrator.simulation.run_servers import RunServers
from orchestrator.simulation.virtual_time import WorldClock
from orchestrator.simulation.world import World
from orchestrator.store.journal import RunState

PAYS = "/usr/bin/pay-salaries"
ONCE = f"""
- hosts: source
  tasks:
    - flow: {{state: stopped}}
    - command: {PAYS}
- hosts: target
  tasks:
    - flow: {{state: started}}
    - command: {PAYS}
"""
"""What must not be done again because nobody knows whether it was done."""

PLAYBOOKS = ("start", "stop", "switchover", "once", "once")
EFFECTS = 120
DEATHS = 3
LONGEST_S = 600.0


class ControllerDied(BaseException):
    """Not an Exception: nothing in the program may catch a power cut."""


def play(seed: int) -> list[Violation]:
    """One run from its beginning to its end, whatever happens to the controller."""
    return Trial(seed).play()


@functools.cache
def _program(name: str) -> tuple[str, Program]:
    text = ONCE if name == "once" else (playbook_library() / f"{name}.yaml").read_text()
    playbook = parse(text, f"{name}.yaml", Kept({}))
    return text, compile_program(playbook, _group(), variables={})


@functools.cache
def _group() -> Group:
    return group_of(3.0)


class Trial:
    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.world = World(seed)
        chance = self.world.chance
        self.name = chance.choice(PLAYBOOKS)
        active = None if self.name == "start" else ServerName(NAMES[0])
        self.servers = RunServers(self.world, _group(), active, self.effect)
        self.servers.loses = chance.choice((0.0, 0.0, 0.1, 0.3))
        self.journal = SimJournal(self.world)
        self.left: int | None = None
        """Effects until the controller dies."""
        self.found: dict[str, Violation] = {}

    def effect(self) -> None:
        self._look()
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise ControllerDied

    def play(self) -> list[Violation]:
        ended = False
        for _ in range(self.world.chance.randint(0, DEATHS)):
            self.left = self.world.chance.randrange(EFFECTS)
            ended = self._attempt()
            if ended:
                break
        if not ended:
            self.left = None
            ended = self._attempt()
        self._look()
        if not ended:
            self._violated("run-without-end", self.name)
        if self.journal.state is RunState.DONE:
            self._look_at_the_end()
        return list(self.found.values())

    def _attempt(self) -> bool:
        """Whether it came to an end, and was not cut."""
        try:
            virtual_time.run(self.world, self._execute())
        except ControllerDied:
            self.journal.die()
            return False
        return True

    async def _execute(self) -> RunResult:
        text, program = _program(self.name)
        run = Run(
            charter=self._charter(text, program),
            program=program,
            group=_group(),
            journal=self.journal,
            transport=self.servers,
            clock=WorldClock(self.world),
            report=lambda _: None,
            past=self.journal.on_disk(),
        )
        async with asyncio.timeout(LONGEST_S):
            return await run.execute()

    def _charter(self, text: str, program: Program) -> Charter:
        source, target = _group().server_names
        return Charter(
            run=RunId("r-1"),
            group=_group().name,
            playbook=self.name,
            file=f"{self.name}.yaml",
            text=text,
            digest=program.digest,
            source=source,
            target=target,
            epoch=Epoch(4),
            controller=ControllerId("c1"),
            servers=_group().server_names,
            only=(),
            variables={},
            by="simulate",
        )

    def _look(self) -> None:
        first, second = self.servers.hosts.values()
        for name in _group().resources:
            if first.states[name] == second.states[name] == "started":
                self._violated("two-active", f"{name} runs on both servers")
        for server in NAMES:
            if self.servers.done.count(f"ran {PAYS} on {server}") > 1:
                self._violated("done-twice", f"{PAYS} on {server}")

    def _look_at_the_end(self) -> None:
        """Of a run that says that it is done."""
        first, second = self.servers.hosts.values()
        serving = {"start": second, "switchover": second, "once": second}.get(self.name)
        for host in (first, second):
            wanted = {"started"} if host is serving else {"stopped"}
            if self.name != "stop" and set(host.states.values()) != wanted:
                self._violated("other-end", f"{self.name}: {host.states}")

    def _violated(self, invariant: str, what: str) -> None:
        at = round(self.world.now, 3)
        self.found.setdefault(invariant, Violation(self.seed, invariant, at, what))
