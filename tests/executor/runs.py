"""Runs of playbooks on two servers in memory, cut where a test wants."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orchestrator import resources
from orchestrator.executor.authority import Authorise, Foresight
from orchestrator.executor.charter import Charter
from orchestrator.executor.plan import Plan, Recorder
from orchestrator.executor.progress import Progress, StepEnded
from orchestrator.executor.rehearsal import rehearse
from orchestrator.executor.run import Run, RunResult
from orchestrator.model import ControllerId, Epoch, Group, Refusal, RunId, ServerName
from orchestrator.playbooks.beside import Kept
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.directives import Selection
from orchestrator.playbooks.model import Program
from orchestrator.playbooks.parse import parse
from orchestrator.store.database import Database
from orchestrator.store.journal import Journal
from orchestrator.transport import Failed, FailureKind, Gate, Transport
from tests.support.builders import LINUX1, LINUX2
from tests.support.clock import JumpingClock
from tests.support.servers import InMemoryServers

RUN = RunId("r-1")
LIBRARY = {path.name: path.read_text() for path in resources.playbook_library().glob("*.yaml")}
"""The shipped playbooks, which import one another."""


class ControllerDied(BaseException):
    """Not an Exception: nothing in the program may catch a power cut."""


class CutJournal:
    """A journal whose process dies with the n-th record: what was queued still comes to disk."""

    def __init__(self, journal: Journal, cut_after: int | None) -> None:
        self._journal = journal
        self._left = cut_after
        self.records = 0

    async def intend(self, *args: Any) -> None:
        await self._journal.intend(*args)
        self._count()

    def finish(self, *args: Any) -> asyncio.Future[None]:
        queued = self._journal.finish(*args)
        self._count()
        return queued

    def flush(self) -> None:
        self._journal.flush()

    async def mark(self, *args: Any) -> None:
        await self._journal.mark(*args)
        self._count()

    def _count(self) -> None:
        self.records += 1
        if self._left is not None and self.records >= self._left:
            raise ControllerDied


@dataclasses.dataclass
class Stage:
    """A group, its servers and a journal; `play` runs a text on them."""

    group: Group
    servers: InMemoryServers
    directory: Path
    clock: JumpingClock = dataclasses.field(default_factory=JumpingClock)
    progress: list[Progress] = dataclasses.field(default_factory=list)
    records: int = 0
    files: dict[str, str] = dataclasses.field(default_factory=lambda: dict(LIBRARY))
    variables: dict[ServerName, dict[str, Any]] = dataclasses.field(default_factory=dict)
    around: Callable[[Transport], Transport] = lambda servers: servers
    """What stands between a run and the servers."""
    authorise: Authorise | None = None
    """Of a guarded group: who says where a run may start and stop."""

    def program(
        self,
        text: str,
        selection: Selection | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Program:
        """`files` is what stands beside the playbook."""
        playbook = parse(text, "test.yaml", Kept(self.files))
        return compile_program(
            playbook, self.group, variables=self.variables, extra=extra, selection=selection
        )

    def charter(self, text: str, **changes: Any) -> Charter:
        program = self.program(text, extra=changes.get("variables"))
        charter = Charter(
            run=RUN,
            group=self.group.name,
            playbook="test",
            file="test.yaml",
            text=text,
            digest=program.digest,
            source=LINUX1,
            target=LINUX2,
            epoch=Epoch(4),
            controller=ControllerId("c-1"),
            servers=self.group.server_names,
            only=(),
            variables={},
            by="kim",
        )
        return dataclasses.replace(charter, **changes)

    async def play(
        self,
        text: str,
        *,
        cut_after: int | None = None,
        on_run: Callable[[Run], None] = lambda _run: None,
        **changes: Any,
    ) -> RunResult:
        """Begins the run, or goes on with it when it was begun before."""
        charter = self.charter(text, **changes)
        database = await Database.open(self.directory / "hasys.db")
        try:
            journal = Journal(database)
            if await journal.run(charter.run) is None:
                await journal.begin(
                    charter.run, charter.group, "test", charter.as_json(), self.clock.utc()
                )
            cutting = CutJournal(journal, cut_after)
            run = Run(
                charter=charter,
                program=self.program(
                    text, Selection.from_json(charter.selection), charter.variables
                ),
                group=self.group,
                journal=cutting,  # type: ignore[arg-type]
                transport=self.around(self.servers),
                clock=self.clock,
                report=self.progress.append,
                past=await journal.steps(charter.run),
                authorise=self.authorise,
            )
            on_run(run)
            try:
                return await run.execute()
            finally:
                self.records = cutting.records
                # What a dead process had under way dies with it, but for what it had queued.
                stay = (asyncio.current_task(), database._writer)
                others = [one for one in asyncio.all_tasks() if one not in stay]
                for task in others:
                    task.cancel()
                await asyncio.gather(*others, return_exceptions=True)
        finally:
            await database.close()

    async def foresee(self, text: str, foresight: Foresight | None = None, **changes: Any) -> Plan:
        """What the run would do; the servers in memory would notice a change."""
        charter = self.charter(text, **changes)
        recorder = Recorder()
        failures = await rehearse(
            self.group,
            charter,
            self.program(text, Selection.from_json(charter.selection), charter.variables),
            self.around(self.servers),
            self.clock,
            recorder.report,
            foresight,
        )
        return recorder.plan(charter, failures)


@dataclasses.dataclass
class Loop:
    """Stands in for the loop of a guarded group; writes what it is asked between the steps."""

    log: list[str]
    refuses: dict[str, Refusal] = dataclasses.field(default_factory=dict)

    def __call__(self, *_about):
        return self

    async def may_start(self, server):
        return self._asked(f"may start on {server}")

    async def may_stop(self, server):
        return self._asked(f"may stop on {server}")

    async def has_stopped(self, server, _path):
        return self._asked(f"has stopped on {server}")

    def gate(self, server):
        return Gate(incarnation="c-1", plan=f"of {server}")

    def _asked(self, words):
        self.log.append(words)
        return self.refuses.get(words)


NAMES = ("database", "site", "address")


NEEDED = {
    "maintenance-in": {"server": LINUX1},
    "maintenance-out": {"server": LINUX2, "back": "yes"},
    "partition-resolution": {"keep": LINUX2},
    "restart": {"resource": "site"},
    "rolling-upgrade": {"upgrade": "upgrade", "back": "yes"},
    "start-in-stages": {"first": "database"},
}
"""Variables without which a shipped playbook does nothing."""


def shipped(name):
    return LIBRARY[f"{name}.yaml"]


START, STOP, SWITCHOVER = shipped("start"), shipped("stop"), shipped("switchover")


def failing(op, name, server, *, times=1):
    """A hook: this operation fails there, so many times."""
    left = [times]

    def hook(asked, request):
        if (request.op, request.args.get("name"), asked) == (op, name, server) and left[0]:
            left[0] -= 1
            return Failed(kind=FailureKind.FAILED, message=f"{name} will not")
        return None

    return hook


def where(stage):
    return {name: stage.servers.holders(name) for name in NAMES}


def all_on(server):
    return {name: [server] for name in NAMES}


def titles(stage, status):
    return [
        f"{one.title} on {one.server}"
        for one in stage.progress
        if isinstance(one, StepEnded) and one.outcome.status is status
    ]
