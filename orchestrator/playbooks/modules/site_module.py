"""`site_module`: a module of the site's own, from `library/` beside the playbook.

Written in a playbook by its own name; `parse_task` puts its file and its arguments in here. What
it must read and print is told in docs/howto/write-a-module.md.
"""

import json
import posixpath
import re
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Diff, Outcome, Prediction, Status, Verdict
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.beside import path_from
from orchestrator.playbooks.module import Call, Module, failed, foretold
from orchestrator.playbooks.template import SyntaxProblem
from orchestrator.transport import Done, Request

FOLDER = "library"
ENDINGS = ("", ".py", ".sh", ".pl", ".rb")
_SUPPORTS_CHECK = re.compile(r"supports_check_mode\s*[=:]\s*true", re.IGNORECASE)
_ANSIBLES_OWN = re.compile(r"^\s*(?:from|import)\s+ansible\.", re.MULTILINE)


class SiteModule(Module):
    name = "site_module"
    summary = (
        f"A module of your own: an executable text in `{FOLDER}/` beside the playbook, used by its "
        "name like any other ([how to write one](../howto/write-a-module.md))."
    )
    mutates = True
    parameters: ClassVar[Parameters] = {
        "file": Parameter(
            kind=Kind.TEXT,
            summary="its path; set where it is used by its name",
            required=True,
            literal=True,
        ),
        "args": Parameter(kind=Kind.MAPPING, summary="what it is given", default={}),
    }
    returns: ClassVar[Mapping[str, str]] = {"its words": "whatever it prints"}
    foretold = (
        "what the module says with `_ansible_check_mode`, where it declares "
        "`supports_check_mode=True`; else only that it runs"
    )
    undone = "none; what it did only its author knows"

    def problem_in(self, text: str) -> SyntaxProblem | None:
        found = _ANSIBLES_OWN.search(text)
        if found is None:
            return None
        message = "it needs Ansible's Python library, which no server has: read arguments as JSON"
        return SyntaxProblem(message=message, line=text.count("\n", 0, found.start()) + 1)

    def ask(self, call: Call) -> Request:
        return self._request(call, foretells=False)

    def check(self, call: Call) -> Request | Prediction:
        if not _SUPPORTS_CHECK.search(_text(call)):
            message = "it runs; it does not declare supports_check_mode, so nobody can ask it"
            return Prediction(verdict=Verdict.UNKNOWN, message=message)
        args = {"op": "program", "args": dict(self._request(call, foretells=True).args)}
        return Request(op="check", args=args, deadline_s=call.deadline_s)

    def _request(self, call: Call, *, foretells: bool) -> Request:
        given = {**call.args["args"], "_ansible_check_mode": foretells}
        args = {"name": call.args["file"], "script": _text(call), "module": given}
        if foretells:
            args["foretells"] = True
        return Request(op="program", args=args, deadline_s=call.deadline_s)

    def conclude(self, call: Call, done: Done) -> Outcome:
        return _said(call, done.data)

    def predict(self, call: Call, done: Done) -> Prediction:
        return foretold(_said(call, done.data["result"]))


def _text(call: Call) -> str:
    path = call.args["file"]
    if path not in call.files.texts:
        raise ValueError(f"{path} is not among the files that the run was begun with")
    return call.files.texts[path]


def _said(call: Call, ended: Mapping[str, Any]) -> Outcome:
    """Its one JSON object as an outcome; for everything else it is told what was wrong."""
    name = call.args["file"]
    code, stdout = ended["rc"], str(ended["stdout"])
    seen = {"rc": code, "stdout": stdout[-4000:], "stderr": str(ended["stderr"])[-4000:]}
    if ended["truncated"]:
        return failed(f"{name} printed more than a module may: 256 KiB", seen)
    answer = _object_in(stdout)
    if answer is None:
        last = (str(ended["stderr"]).strip() or stdout.strip()).rpartition("\n")[2][:200]
        said = f": {last}" if last else ", but nothing"
        message = f"{name} printed no JSON object (exit code {code}){said}"
        return failed(message, seen)
    message = str(answer.get("msg", ""))
    for word in ("changed", "failed", "skipped"):
        if not isinstance(answer.get(word, False), bool):
            return failed(f"{name}: '{word}' is neither true nor false", seen)
    result = {
        word: value for word, value in answer.items() if word not in ("failed", "msg", "diff")
    }
    if code != 0 or answer.get("failed"):
        return failed(
            f"{name}: {message or f'ended with exit code {code}'}", {**result, "rc": code}
        )
    status = Status.CHANGED if answer.get("changed") else Status.OK
    status = Status.SKIPPED if answer.get("skipped") else status
    return Outcome(status=status, message=message, result=result, diff=_diff(name, answer))


def _object_in(stdout: str) -> Mapping[str, Any] | None:
    """As Ansible reads it: from the first line that begins with a brace to the last brace."""
    begin = re.search(r"^\s*\{", stdout, re.MULTILINE)
    end = stdout.rfind("}")
    if begin is None or end < 0:
        return None
    try:
        found = json.loads(stdout[begin.start() : end + 1])
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _diff(name: str, answer: Mapping[str, Any]) -> Diff | None:
    said = answer.get("diff")
    if not isinstance(said, Mapping) or not {"before", "after"} <= said.keys():
        return None
    shown = {
        word: value if isinstance(value, str) else json.dumps(value, indent=4, sort_keys=True)
        for word, value in said.items()
    }
    what = shown.get("before_header") or posixpath.basename(name)
    return Diff(before=shown["before"], after=shown["after"], what=what)


def places_of(file: str, name: str) -> tuple[str, ...]:
    """Where a module of that name may lie, for the playbook `file`."""
    return tuple(path_from(file, f"{FOLDER}/{name}{ending}") for ending in ENDINGS)
