"""Which files of a run's playbook are not what they were when it began.

The run goes on with the text in its charter all the same: half of one playbook and half of another
is a third one that nobody has read. Whoever resumes it is told.
"""

from pathlib import Path

from orchestrator.errors import UsageError
from orchestrator.executor.charter import Charter
from orchestrator.playbooks.beside import read_text


def edited_since(charter: Charter) -> tuple[str, ...]:
    """Paths; a file that is not there (any more, or from here) says nothing."""
    texts = {charter.file: charter.text, **charter.files}
    return tuple(sorted(path for path, text in texts.items() if _text_of(path) not in (None, text)))


def _text_of(path: str) -> str | None:
    try:
        return read_text(Path(path))
    except UsageError:
        return None


def notice(charter: Charter) -> str:
    """For people; empty: nothing was edited."""
    edited = edited_since(charter)
    if not edited:
        return ""
    return (
        f"edited since run {charter.run} began: {', '.join(edited)}; it goes on with the text that "
        "it began with"
    )
