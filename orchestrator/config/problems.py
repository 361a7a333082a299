"""What is wrong with a file, and where: collected, so that a person reads all of it at once.

Used by every reader of files that people write: inventory, group definitions, playbooks.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Iterator

from orchestrator.errors import ConfigInvalid

Path = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""


@dataclasses.dataclass(frozen=True, slots=True)
class Position:
    """A place in a file, counted from 1 as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """`file:line:col: path: what, and what now`; line 0: the file as a whole."""

    file: str
    line: int
    column: int
    path: str = ""
    message: str
    hint: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        path = f" {self.path}:" if self.path else ""
        hint = f"; {self.hint}" if self.hint else ""
        return f"{place}:{path} {self.message}{hint}"


class Problems:
    """The problems found so far. Truthy once there is one."""

    def __init__(self) -> None:
        self._found: list[Problem] = []

    def add(self, position: Position, message: str, *, path: Path = (), hint: str = "") -> None:
        self._found.append(
            Problem(
                file=position.file,
                line=position.line,
                column=position.column,
                path=render_path(path),
                message=message,
                hint=hint,
            )
        )

    def add_to_file(self, file: str, message: str, *, hint: str = "") -> None:
        """For what has no line: a file that is missing or cannot be read."""
        self._found.append(Problem(file=file, line=0, column=0, message=message, hint=hint))

    def extend(self, problems: Iterable[Problem]) -> None:
        self._found.extend(problems)

    def __bool__(self) -> bool:
        return bool(self._found)

    def __iter__(self) -> Iterator[Problem]:
        """In the order in which a person reads the files; what two servers share counts once."""
        return iter(sorted(dict.fromkeys(self._found), key=lambda p: (p.file, p.line, p.column)))

    def raise_if_any(self) -> None:
        if self._found:
            raise ConfigInvalid(tuple(str(problem) for problem in self))


def render_path(path: Path) -> str:
    """`('servers', 0, 'name')` as `servers[0].name`."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{part}" if text else part
    return text


MOST_LISTED = 16


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown word: the nearest known one, and what is known."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.65)
    listed = ", ".join(words[:MOST_LISTED])
    if len(words) > MOST_LISTED:
        listed = "" if near else f"{listed}, and {len(words) - MOST_LISTED} more"
    guess = f"did you mean {near[0]}?" if near else ""
    return f"{guess} known: {listed}".strip() if listed else guess


def excerpt(text: str, line: int, column: int) -> str:
    """The line of the source with a caret under the column; empty where there is no such line."""
    lines = text.splitlines()
    if not 1 <= line <= len(lines):
        return ""
    shown = lines[line - 1]
    # Tabs are kept, so that the caret stands under the same column whatever a tab's width.
    indent = "".join("\t" if letter == "\t" else " " for letter in shown[: column - 1])
    return f"{shown}\n{indent}^"
