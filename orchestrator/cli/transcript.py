"""A run's progress as the lines that people know from Ansible, each step with its time.

Fed by `running` while a run goes on, and by `run` with the log of an earlier one.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import assert_never

from orchestrator.cli.output import coloured, diff_lines
from orchestrator.executor.progress import (
    PlayStarted,
    Progress,
    Rescued,
    RunBegun,
    RunEnded,
    StepEnded,
    StepStarted,
    TaskEnded,
    TaskStarted,
)
from orchestrator.model import Outcome, ServerName, Status

WIDTH = 79
RESULTS, PLACES, BEGINNINGS = 1, 2, 3
"""What each `-v` adds: results of steps; where a task stands; when each step begins."""
COUNTED = ("ok", "changed", "unreachable", "failed", "skipped", "rescued", "ignored")
_HANDLER = re.compile(r"\d+h\d+")
_LOOK = re.compile(r"\d+:")
"""Before a play it is looked who is ACTIVE: a step of no task."""
_ATTEMPT = re.compile(r"#(\d+)$")


class Transcript:
    """Headings come with the first line below them: what had nothing to do is not shown."""

    def __init__(self, verbosity: int = 0) -> None:
        self._verbosity = verbosity
        self._play = ""
        self._task: TaskStarted | None = None
        self._is_headed = False
        self._shown: dict[ServerName, Status] = {}
        """How the last line of this task ended, by server."""

    def lines(self, progress: Progress) -> Iterator[str]:
        match progress:
            case PlayStarted():
                servers = ", ".join(progress.servers)
                self._play = _banner(f"PLAY [{progress.name}] {servers}")
            case TaskStarted():
                self._task, self._is_headed, self._shown = progress, False, {}
            case StepStarted():
                if self._verbosity >= BEGINNINGS:
                    yield from self._headings()
                    yield f"begun: [{progress.server}] {progress.title}"
            case StepEnded():
                if _LOOK.match(progress.step) is None:
                    yield from self._headings()
                    yield from self._step(progress)
                elif self._verbosity >= RESULTS:
                    yield from ("", _line(progress.server, progress.title, progress.outcome))
            case TaskEnded():
                yield from self._task_ended(progress)
            case RunBegun() | RunEnded() | Rescued():
                pass
            case _:
                assert_never(progress)

    def _headings(self) -> Iterator[str]:
        if self._task is None or self._is_headed:
            return
        if self._play:
            yield from ("", self._play)
            self._play = ""
        word = "RUNNING HANDLER" if _HANDLER.match(self._task.path) else "TASK"
        yield from ("", _banner(f"{word} [{self._task.name}]"))
        if self._verbosity >= PLACES:
            yield f"task path: {self._task.place}"
        self._is_headed = True

    def _step(self, ended: StepEnded) -> Iterator[str]:
        words = []
        if self._task is None or ended.title != self._task.name:
            words.append(ended.title)
        if ended.item:
            words.append(f"=> (item={ended.item})")
        if attempt := _ATTEMPT.search(ended.step):
            words.append(f"(attempt {attempt[1]})")
        if ended.replayed:
            words.append("(before the cut)")
        self._shown[ended.server] = ended.outcome.status
        yield _line(ended.server, " ".join(words), ended.outcome)
        if ended.outcome.diff is not None:
            yield from (f"    {line}" for line in diff_lines(ended.outcome.diff))
        if self._verbosity >= RESULTS and ended.outcome.result:
            yield f"    {json.dumps(ended.outcome.result, default=str)}"

    def _task_ended(self, ended: TaskEnded) -> Iterator[str]:
        """Its last step has told it already, but where no step was, or all of them are judged."""
        if self._shown.get(ended.server) is not ended.outcome.status:
            yield from self._headings()
            if ended.server not in self._shown or not ended.outcome.status.is_good:
                yield _line(ended.server, "", ended.outcome)
        if ended.is_ignored:
            yield f"...ignoring what is wrong on {ended.server}"


class Recap:
    """Counts tasks by server, as Ansible does: what changed is `ok`, too."""

    def __init__(self) -> None:
        self.counts: dict[ServerName, Counter[str]] = {}

    def note(self, progress: Progress) -> None:
        match progress:
            case TaskEnded():
                self._of(progress.server).update(_counted(progress))
            case Rescued():
                counter = self._of(progress.server)
                counter["rescued"] += 1
                counter["failed"] = max(counter["failed"] - 1, 0)
            case _:
                pass

    def lines(self) -> Iterator[str]:
        width = max((len(server) for server in self.counts), default=0)
        yield from ("", _banner("PLAY RECAP"))
        for server, counter in sorted(self.counts.items()):
            shown = "  ".join(f"{word}={counter[word]}" for word in COUNTED)
            yield f"{server:<{width}} : {shown}"

    def as_json(self) -> dict[str, dict[str, int]]:
        return {
            server: {word: counter[word] for word in COUNTED}
            for server, counter in sorted(self.counts.items())
        }

    def _of(self, server: ServerName) -> Counter[str]:
        return self.counts.setdefault(server, Counter())


def _counted(ended: TaskEnded) -> Sequence[str]:
    status = ended.outcome.status
    if status is Status.UNREACHABLE:
        return ("unreachable", "ignored") if ended.is_ignored else ("unreachable",)
    if ended.is_ignored:
        return ("ok", "ignored")
    return ("ok", "changed") if status is Status.CHANGED else (status.value,)


def _banner(text: str) -> str:
    return f"{text} {'*' * max(WIDTH - len(text) - 1, 3)}"


def _line(server: ServerName, words: str, outcome: Outcome) -> str:
    line = f"{coloured(outcome.status.value)}: [{server}]"
    line += f" {words}" if words else ""
    line += f"  {outcome.took_s:.3f} s"
    if outcome.message and outcome.status is not Status.SKIPPED:
        line += f"  {outcome.message}"
    return line
