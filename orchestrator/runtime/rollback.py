"""From the journal of a run to the playbook that takes it back, in reverse order. Pure.

Called by `cli.rollback`. The rollback is a run like any other: it holds the group, looks at the
peer before each start, is journaled, can be planned and resumed.
"""

import dataclasses
import itertools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator.model import NoUndo, ServerName, Status, Undo
from orchestrator.playbooks.arguments import is_template
from orchestrator.store.journal import RunRecord, StepRecord

FILE = "rollback.yaml"
ROLLS_BACK = "rolls_back"
"""The variable of a rollback that names the run it takes back."""
_LONGEST = 80
"""A value that is longer is kept beside the playbook, with the run's variables."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """One step of the run, and how it is taken back, or why it cannot be."""

    step: StepRecord
    how: Undo | NoUndo


def taken_back(steps: Sequence[StepRecord]) -> tuple[Back, ...]:
    """Of all steps that changed something, or may have; the last that ended comes first."""
    found = [Back(step=step, how=how) for step in steps if (how := _how(step)) is not None]
    in_order = sorted(found, key=lambda back: _ended(back.step))  # of one moment: as intended
    return tuple(reversed(in_order))


def _ended(step: StepRecord) -> str:
    return (step.finished_at or step.intended_at).isoformat()


def _how(step: StepRecord) -> Undo | NoUndo | None:
    outcome = step.outcome
    if outcome is None:
        return NoUndo(reason="it was under way when the run was cut; what it did is not known")
    match outcome.status:
        case Status.CHANGED:
            nothing = NoUndo(reason="what was there before was not recorded")
            return nothing if outcome.undo is None else outcome.undo
        case Status.UNREACHABLE if outcome.result.get("sent"):
            return NoUndo(reason="the server gave no answer; what it did is not known")
        case Status.FAILED if _may_have_changed(outcome.result):
            return NoUndo(reason="it failed; what it changed before that is not known")
        case _:
            return None


def _may_have_changed(result: Mapping[str, Any]) -> bool:
    return result.get("changed") is True or result.get("kind") in ("timed-out", "cut", "failed")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    text: str
    variables: Mapping[str, Any]
    """Values that are too long for the text, or would be taken for a template in it."""


def playbook_of(record: RunRecord, backs: Sequence[Back]) -> Written:
    """Of what can be taken back; neighbours on one server are one play."""
    lines = [f"# Take back what {record.id} ({record.playbook}) changed, in reverse order."]
    values: list[Any] = []
    done = [(back.step, back.how) for back in backs if isinstance(back.how, Undo)]
    for server, group in itertools.groupby(done, key=lambda one: _server_of(*one)):
        lines += ["", f"- name: {_plain(f'Take back on {server}')}", f"  hosts: {server}"]
        lines.append("  tasks:")
        for undo, titles in _merged(group):
            lines += _task(undo, titles, values)
    return Written(
        text="\n".join(lines) + "\n",
        variables={ROLLS_BACK: str(record.id), "undo_values": values},
    )


def _server_of(step: StepRecord, undo: Undo) -> ServerName:
    return undo.server or step.server or ServerName("")


def _merged(steps: Any) -> list[tuple[Undo, list[str]]]:
    """Resources that are to be started, or stopped, one after the other are one flow: it knows
    their order, and lets independent ones go side by side.
    """
    found: list[tuple[Undo, list[str]]] = []
    for step, undo in steps:
        if found and undo.module == "flow" == found[-1][0].module:
            last, titles = found[-1]
            if last.args["state"] == undo.args["state"]:
                resources = [*last.args["resources"], *undo.args["resources"]]
                args = {**last.args, "resources": resources}
                found[-1] = (dataclasses.replace(last, args=args), [*titles, step.title])
                continue
        found.append((undo, [step.title]))
    return found


def _task(undo: Undo, titles: Sequence[str], values: list[Any]) -> list[str]:
    lines = [
        f"    - name: {_plain('Take back: ' + ', '.join(titles))}",
        f"      {undo.module}:",
    ]
    for name, value in undo.args.items():
        lines.append(f"        {name}: {_value(value, values)}")
    return lines


def _value(value: Any, values: list[Any]) -> str:
    written = json.dumps(value)
    if len(written) <= _LONGEST and not _holds_braces(value):
        return written
    values.append(value)
    return json.dumps(f"{{{{ undo_values[{len(values) - 1}] }}}}")


def _holds_braces(value: Any) -> bool:
    match value:
        case str():
            return is_template(value) or "{#" in value
        case Mapping():
            return any(_holds_braces(one) for one in value.values())
        case list() | tuple():
            return any(_holds_braces(one) for one in value)
        case _:
            return False


def _plain(title: str) -> str:
    return json.dumps(title.replace("{", "(").replace("}", ")"))
