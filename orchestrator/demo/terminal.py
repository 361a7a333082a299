"""The demo's words on the terminal: coloured and bold only where one is."""

import os
import sys
import textwrap

WIDTH = 88
_BOLD, _CYAN, _RED = "1", "36", "31"


def show(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201 - this is where the demo speaks


def explain(text: str) -> None:
    """Two or three lines between commands."""
    show()
    show(_styled(textwrap.fill(text, WIDTH), _CYAN))


def prompt(command: str) -> None:
    """What a person would type."""
    show()
    show(_styled(f"$ {command}", _BOLD))


def complain(text: str) -> None:
    sys.stdout.flush()
    print(_styled(text, _RED), file=sys.stderr, flush=True)  # noqa: T201 - see above


def _styled(text: str, code: str) -> str:
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{code}m{text}\033[0m"
