"""Decisions written down: commands that build what is seen, `----`, and the exact decision.

A file is blocks with blank lines between them. In a block: comments that say why, commands, a
line `----`, and what `decide` answered. State and time carry over from block to block. The same
file is a test (`pytest --rewrite` writes the answers) and runs in `hasys simulate FILE`.
"""

from pathlib import Path

from orchestrator.errors import UsageError
from orchestrator.simulation.stage import Stage

RULE = "----"


def blocks_of(text: str) -> list[list[str]]:
    """Lines of each block; comments belong to the block that they stand before."""
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            blocks[-1].append(line)
        elif blocks[-1] and not all(one.startswith("#") for one in blocks[-1]):
            blocks.append([])
        elif blocks[-1]:
            blocks[-1].append("")
    return [block for block in blocks if block]


def play_text(text: str, *, name: str = "") -> str:
    """The same text with what is answered now below each `----`."""
    stage = Stage()
    played = []
    for block in blocks_of(text):
        commands = block[: block.index(RULE)] if RULE in block else block
        answers: list[str] = []
        for line in commands:
            if not line or line.startswith("#"):
                continue
            try:
                answers.extend(stage.command(line))
            except (KeyError, ValueError, IndexError) as error:
                raise UsageError(f"{name}: {line!r}: {error}") from error
        if answers:
            played.append("\n".join([*commands, RULE, *answers]))
        else:
            played.append("\n".join(commands))
    return "\n\n".join(played) + "\n"


def play_file(path: Path) -> str:
    """What `hasys simulate FILE` prints. Raises UsageError for a line that is no command."""
    return play_text(path.read_text(encoding="utf-8"), name=path.name)
