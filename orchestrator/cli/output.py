"""Documents for programs and tables for people; colour only where a terminal is."""

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import click

from orchestrator.model import Diff

COLOURS = {
    "ACTIVE": "green",
    "STANDBY": "cyan",
    "UNKNOWN": "yellow",
    "FAULTED": "red",
    "ok": "green",
    "changed": "yellow",
    "failed": "red",
    "unreachable": "magenta",
    "skipped": "cyan",
    "would change": "yellow",
    "would change nothing": "green",
    "would be skipped": "cyan",
    "would fail": "red",
    "decided when it runs": "magenta",
    "server is unreachable": "magenta",
    "warning": "yellow",
    "error": "red",
    "critical": "red",
}


def document(name: str, content: Mapping[str, Any], version: int = 1) -> None:
    """One JSON document on stdout, with its schema named first."""
    click.echo(json.dumps({"schema": f"hasys/{name}/v{version}", **content}, indent=2))


def coloured(word: str) -> str:
    """Click drops the colour by itself where no terminal is."""
    return click.style(word, fg=COLOURS[word]) if word in COLOURS else word


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], *, indent: str = "") -> None:
    """As `kubectl` prints them: no frames, nothing folded, so that people can cut and grep."""
    from tabulate import tabulate

    cells = [[coloured(cell) for cell in row] for row in rows]
    text = tabulate(cells, headers=headings, tablefmt="plain", disable_numparse=True)
    for line in text.splitlines():
        click.echo(f"{indent}{line}".rstrip())


def duration(seconds: float) -> str:
    """2.31 s, 4 min 10 s, 3 h 12 min, 12 d 4 h."""
    if seconds < 60:
        return f"{seconds:.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def diff_lines(diff: Diff) -> Iterator[str]:
    """As `diff -u` writes it."""
    before, after = diff.before.splitlines(), diff.after.splitlines()
    names = (f"before: {diff.what}", f"after: {diff.what}")
    yield from difflib.unified_diff(before, after, *names, lineterm="")
