"""A run as people follow it: each step with its time, the recap, how long clients waited.

The first Ctrl-C lets the steps under way come to their end and leaves the run resumable; the
second cuts them off.
"""

import asyncio
import dataclasses
import functools
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TextIO, TypeVar

import click

from orchestrator.cli.output import coloured, document
from orchestrator.cli.refused import REFUSED, UNREACHABLE, refused
from orchestrator.cli.settings import Settings
from orchestrator.cli.transcript import Recap, Transcript
from orchestrator.clock import SystemClock
from orchestrator.executor.progress import Progress, Rescued, StepEnded, TaskEnded
from orchestrator.executor.run import RunResult
from orchestrator.model import Refusal, Status
from orchestrator.runtime.application import Application
from orchestrator.runtime.interruption import Interruption
from orchestrator.runtime.order import Caller, Stoppable
from orchestrator.runtime.run_log import RunLog
from orchestrator.store.journal import RunState
from orchestrator.transport import FailureKind

Operation = Callable[[Application, Caller], Awaitable[RunResult | tuple[Refusal, ...]]]


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How much a person wants to see of a run, and where else it is written down."""

    verbosity: int = 0
    log: TextIO | None = None


Command = TypeVar("Command", bound=Callable[..., int])


def with_following(command: Command) -> Command:
    """A command that runs a playbook: it gets `-v` and `--log` as `following`."""

    @click.option(
        "-v", "--verbose", "verbosity", count=True, help="Results; -vv: places; -vvv: beginnings."
    )
    @click.option(
        "--log",
        type=click.File("a", encoding="utf-8", lazy=False),
        metavar="FILE",
        help="Write each event of the run as a line of JSON to this file, too.",
    )
    @functools.wraps(command)
    def following_command(*args: Any, verbosity: int, log: TextIO | None, **options: Any) -> int:
        return command(*args, following=Following(verbosity=verbosity, log=log), **options)

    return following_command  # type: ignore[return-value]


class Follower:
    """Prints a run's progress and gathers what its end is told from."""

    def __init__(self, settings: Settings, following: Following) -> None:
        self._quiet = settings.output == "json"
        self._transcript = Transcript(following.verbosity)
        self._log = RunLog(following.log, SystemClock())
        self.recap = Recap()
        self.silences: list[TaskEnded] = []
        """Tasks whose server gave no answer, and no `rescue` of the playbook was there for it."""
        self.steps: list[dict[str, Any]] = []
        self.is_overruled = False
        """A server refused a step because a newer run, perhaps of another controller, reigns."""
        self.interruption = Interruption(SystemClock())
        self._run: Stoppable | None = None
        self._interrupts = 0

    def caller(self) -> Caller:
        return Caller(report=self.report, may_stop=self._keep)

    @property
    def has_begun(self) -> bool:
        return self._run is not None

    def report(self, progress: Progress) -> None:
        self.interruption.note(progress)
        self.recap.note(progress)
        self._log.note(progress)
        match progress:
            case StepEnded():
                self._keep_step(progress)
            case TaskEnded() if progress.outcome.status is Status.UNREACHABLE:
                self.silences.append(progress)
            case Rescued():
                self.silences = [one for one in self.silences if not _is_made_good(one, progress)]
            case _:
                pass
        for line in self._transcript.lines(progress):
            self._say(line)

    def on_interrupt(self) -> None:
        """The signal handler for Ctrl-C and SIGTERM."""
        self._interrupts += 1
        if self._run is None or self._interrupts > 1:
            for task in asyncio.all_tasks():
                task.cancel()
            return
        click.echo("stopping when the steps under way have ended; again to cut them off", err=True)
        self._run.stop()

    def _keep(self, run: Stoppable) -> None:
        self._run = run
        if self._interrupts:
            run.stop()

    def _keep_step(self, ended: StepEnded) -> None:
        if ended.outcome.result.get("kind") == FailureKind.STALE_EPOCH.value:
            self.is_overruled = True
        self.steps.append(
            {
                "step": ended.step,
                "title": ended.title,
                "server": ended.server,
                "status": ended.outcome.status.value,
                "message": ended.outcome.message,
                "took_s": round(ended.outcome.took_s, 4),
                "replayed": ended.replayed,
            }
        )

    def _say(self, line: str) -> None:
        if self._quiet:
            return
        try:
            click.echo(line)
        except OSError:
            self.on_hangup()

    def on_hangup(self) -> None:
        """Nobody reads any more (`| head`, a closed terminal): the service is moved all the same.

        A run that ended here would leave the service on neither server.
        """
        self._quiet = True
        with Path(os.devnull).open("w") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())


def follow(operation: Operation, settings: Settings, following: Following) -> int:
    """Runs an operation to its end and returns the exit code."""
    follower = Follower(settings, following)
    try:
        result = asyncio.run(_with_application(operation, follower, settings))
    except asyncio.CancelledError:
        if follower.has_begun:
            click.echo("cut off; `hasys history` shows the run, `hasys resume` goes on", err=True)
        else:
            click.echo("interrupted before anything was done", err=True)
        return 130
    if isinstance(result, tuple):
        return refused(result, settings)
    if result.refusals:
        return refused(result.refusals, settings)
    code = _exit_code(result, follower)
    if settings.output == "json":
        document("run", _as_json(result, follower, code))
    else:
        _recap(result, follower)
    return code


async def _with_application(
    operation: Operation, follower: Follower, settings: Settings
) -> RunResult | tuple[Refusal, ...]:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, follower.on_interrupt)
    loop.add_signal_handler(signal.SIGHUP, follower.on_hangup)
    async with settings.application() as application:
        return await operation(application, follower.caller())


def _exit_code(result: RunResult, follower: Follower) -> int:
    if result.state is RunState.INTERRUPTED:
        return 130
    if follower.is_overruled and result.state is RunState.FAILED:
        return REFUSED
    unreachable = any(one.status is Status.UNREACHABLE for one in result.failures.values())
    if unreachable or follower.silences:
        return UNREACHABLE
    if result.state is RunState.DONE:
        return 0
    refused_all = all("refused" in one.result for one in result.failures.values())
    return 3 if refused_all else 1


def _is_made_good(silence: TaskEnded, rescued: Rescued) -> bool:
    """What was only ignored stays what it is, whatever else is rescued around it."""
    is_inside = silence.path.startswith(f"{rescued.path}.")
    return silence.server == rescued.server and is_inside and not silence.is_ignored


def _recap(result: RunResult, follower: Follower) -> None:
    for line in follower.recap.lines():
        click.echo(line)
    click.echo()
    for server, outcome in result.failures.items():
        click.echo(f"{coloured('failed')}: {server}: {outcome.message}", err=True)
    for server, silence in result.unreachable.items():
        click.echo(f"{coloured('unreachable')}: {server}: {silence.message}", err=True)
    for server, lost in result.lost.items():
        click.echo(f"lost: {server}: {lost.state.value}: {lost.evidence}", err=True)
    charter = result.charter
    if result.state is RunState.INTERRUPTED:
        click.echo(f"interrupted; go on with: hasys resume {charter.run}", err=True)
        return
    seconds = follower.interruption.seconds
    interruption = "" if seconds is None else f"; the service was interrupted for {seconds:.2f} s"
    click.echo(f"{charter.playbook} {result.state.value}: run {charter.run}{interruption}")


def _as_json(result: RunResult, follower: Follower, code: int) -> dict[str, Any]:
    charter = result.charter
    seconds = follower.interruption.seconds
    return {
        "run": charter.run,
        "group": charter.group,
        "playbook": charter.playbook,
        "state": result.state.value,
        "source": charter.source,
        "target": charter.target,
        "epoch": charter.epoch,
        "interruption_s": None if seconds is None else round(seconds, 3),
        "exit_code": code,
        "steps": follower.steps,
        "recap": follower.recap.as_json(),
        "failures": {server: one.message for server, one in result.failures.items()},
        "unreachable": {server: one.message for server, one in result.unreachable.items()},
        "lost": {
            server: {"state": one.state.value, "evidence": one.evidence}
            for server, one in result.lost.items()
        },
    }
