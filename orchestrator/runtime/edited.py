"""What is not as it was when a run began: files of its playbook, or what its group is made of.

The run goes on with the playbook in its charter all the same: half of one and half of another is a
third one that nobody has read. Whoever resumes it is told. A group has only one definition, which
is the one of today: there a person has to agree.
"""

import dataclasses
from pathlib import Path

from orchestrator.errors import UsageError
from orchestrator.executor.charter import Charter
from orchestrator.model import Reason, Refusal
from orchestrator.playbooks.basis import changes, is_another
from orchestrator.playbooks.beside import read_text
from orchestrator.playbooks.model import Program
from orchestrator.runtime.plan import MOST_SHOWN, SHOWN


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


def not_accepted(charter: Charter, program: Program, accepted: str) -> Refusal | None:
    """Why a run whose group has changed does not go on; None: a person has agreed to it."""
    another = is_another(charter.basis, program.basis)
    if accepted and program.digest.startswith(accepted) and not another:
        return None
    resume = f"hasys resume {charter.run}"
    by_now = f"; or go on by what is there now: {resume} --accept {program.digest[:SHOWN]}"
    return Refusal(
        reason=Reason.PLAN_CHANGED,
        evidence=f"the configuration of {charter.group} has changed since run {charter.run} "
        f"began: {seen_changes(charter, program)}",
        advice=f"put it back{'' if another else by_now}; or end the run with: {resume} --abandon",
    )


def amended(charter: Charter, program: Program) -> Charter:
    """The run goes on by this program; what it has done stays as it is in the journal."""
    return dataclasses.replace(charter, digest=program.digest, basis=program.basis)


def seen_changes(charter: Charter, program: Program) -> str:
    if not charter.basis:
        return "what, an older hasys has not noted"
    found = list(changes(charter.basis, program.basis))[:MOST_SHOWN]
    return ", ".join(found) or "the program is made in another way"
