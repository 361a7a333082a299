"""From a page to what a reader would do with it: files to write, commands to type, what they saw.

Comments that readers do not see steer it:

    <!-- file: PATH -->      the next fenced block is written to PATH
    <!-- run: COMMAND -->    is run although the page does not show it
    <!-- not run: REASON --> the next fenced block is not run
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COMMENT = re.compile(r"^<!-- (file|run|not run): (.*?) -->$", re.MULTILINE)
PROMPT = "$ "
ANYTHING = "…"
"""A line of it stands for output that is not shown."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class File:
    path: str
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Command:
    line: str
    output: tuple[str, ...]
    expects_zero: bool = True
    """False: the next command shows with which exit code it ended."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Console:
    commands: tuple[Command, ...]
    text: str


@dataclasses.dataclass(frozen=True, kw_only=True)
class Skipped:
    reason: str
    text: str


Part = File | Console | Skipped


def parts(page: Path) -> Iterator[Part]:
    """In the order of the page. Fenced blocks that are neither are for reading only."""
    text = page.read_text()
    found = [*FENCE.finditer(text), *COMMENT.finditer(text)]
    steering: tuple[str, str] | None = None
    for match in sorted(found, key=lambda one: one.start()):
        if match.re is COMMENT:
            word, value = match.groups()
            if word == "run":
                yield Console(commands=(Command(line=value, output=()),), text="")
            else:
                steering = (word, value)
            continue
        language, body = match.groups()
        part = _fenced(language, body, steering)
        steering = None
        if part is not None:
            yield part


def _fenced(language: str, body: str, steering: tuple[str, str] | None) -> Part | None:
    if steering is not None:
        word, value = steering
        if word == "file":
            return File(path=value, text=body)
        return Skipped(reason=value, text=body)
    if language != "console":
        return None
    return Console(commands=tuple(_commands(body)), text=body)


def _commands(body: str) -> Iterator[Command]:
    typed: list[tuple[str, list[str]]] = []
    goes_on = False
    for line in body.splitlines():
        if goes_on:
            typed[-1] = (f"{typed[-1][0]}\n{line}", [])
            goes_on = line.endswith("\\")
        elif line.startswith(PROMPT):
            typed.append((line.removeprefix(PROMPT), []))
            goes_on = line.endswith("\\")
        elif typed:
            typed[-1][1].append(line)
    for number, (line, output) in enumerate(typed):
        following = typed[number + 1][0] if number + 1 < len(typed) else ""
        yield Command(
            line=line, output=tuple(output), expects_zero=not following.startswith("echo $?")
        )
