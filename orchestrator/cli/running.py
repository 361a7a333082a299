"""A run as people follow it: each step with its time, the recap, how long clients waited.

The first Ctrl-C lets the steps under way come to their end and leaves the run resumable; the
second cuts them off.
"""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click

from orchestrator.cli.output import coloured, document
from orchestrator.cli.refused import REFUSED, UNREACHABLE, refused
from orchestrator.cli.settings import Settings
from orchestrator.clock import SystemClock
from orchestrator.executor.progress import PlayStarted, Progress, StepEnded, StepStarted
from orchestrator.executor.run import Run, RunResult
from orchestrator.model import Refusal, ServerName, Status
from orchestrator.runtime.application import Application, opened
from orchestrator.runtime.interruption import Interruption
from orchestrator.runtime.operate import Caller
from orchestrator.store.journal import RunState
from orchestrator.transport import FailureKind

Operation = Callable[[Application, Caller], Awaitable[RunResult | tuple[Refusal, ...]]]


class Follower:
    """Prints a run's progress and counts what the recap needs."""

    def __init__(self, settings: Settings) -> None:
        self._quiet = settings.output == "json"
        self.counts: dict[ServerName, Counter[str]] = {}
        self.steps: list[dict[str, Any]] = []
        self.is_overruled = False
        """A server refused a step because a newer run, perhaps of another controller, reigns."""
        self.interruption = Interruption(SystemClock())
        self._run: Run | None = None
        self._interrupts = 0
        self._heading = ""

    def caller(self) -> Caller:
        return Caller(report=self.report, may_stop=self._keep)

    @property
    def has_begun(self) -> bool:
        return self._run is not None

    def report(self, progress: Progress) -> None:
        self.interruption.note(progress)
        match progress:
            case PlayStarted():
                self._heading = f"PLAY {progress.name}  [{', '.join(progress.servers)}]"
            case StepEnded():
                self._count(progress)
                self._say_heading()
                self._say(_line(progress))
            case StepStarted() | _:
                pass

    def on_interrupt(self) -> None:
        """The signal handler for Ctrl-C and SIGTERM."""
        self._interrupts += 1
        if self._run is None or self._interrupts > 1:
            for task in asyncio.all_tasks():
                task.cancel()
            return
        click.echo("stopping when the steps under way have ended; again to cut them off", err=True)
        self._run.stop()

    def _keep(self, run: Run) -> None:
        self._run = run
        if self._interrupts:
            run.stop()

    def _count(self, ended: StepEnded) -> None:
        counter = self.counts.setdefault(ended.server, Counter())
        counter[ended.outcome.status.value] += 1
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

    def _say_heading(self) -> None:
        """A play that has nothing to do, like going back after a good start, is not shown."""
        if self._heading:
            self._say(self._heading)
            self._heading = ""

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


def follow(operation: Operation, settings: Settings) -> int:
    """Runs an operation to its end and returns the exit code."""
    follower = Follower(settings)
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
    async with opened(
        settings.inventory_directory(),
        settings.state_directory(),
        accept_new_host_keys=settings.accept_new_host_keys,
    ) as application:
        return await operation(application, follower.caller())


def _line(ended: StepEnded) -> str:
    outcome = ended.outcome
    status = coloured(f"{outcome.status.value}")
    again = " (before the cut)" if ended.replayed else ""
    item = f" (item={ended.item})" if ended.item else ""
    text = f"  {status}: [{ended.server}] {ended.title}{item}  {outcome.took_s:.3f} s{again}"
    if outcome.message and outcome.status is not Status.SKIPPED:
        text += f"  {outcome.message}"
    return text


def _exit_code(result: RunResult, follower: Follower) -> int:
    if result.state is RunState.INTERRUPTED:
        return 130
    if follower.is_overruled and result.state is RunState.FAILED:
        return REFUSED
    unreachable = any(one.status is Status.UNREACHABLE for one in result.failures.values())
    if unreachable or any(counter["unreachable"] for counter in follower.counts.values()):
        return UNREACHABLE
    if result.state is RunState.DONE:
        return 0
    refused_all = all("refused" in one.result for one in result.failures.values())
    return 3 if refused_all else 1


def _recap(result: RunResult, follower: Follower) -> None:
    click.echo()
    for server, counter in sorted(follower.counts.items()):
        shown = "  ".join(
            f"{status.value}={counter[status.value]}"
            for status in Status
            if counter[status.value] or status in (Status.OK, Status.CHANGED, Status.FAILED)
        )
        click.echo(f"{server:<16} {shown}")
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
        "failures": {server: one.message for server, one in result.failures.items()},
        "unreachable": {server: one.message for server, one in result.unreachable.items()},
        "lost": {
            server: {"state": one.state.value, "evidence": one.evidence}
            for server, one in result.lost.items()
        },
    }
