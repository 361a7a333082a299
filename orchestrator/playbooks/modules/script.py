"""`script`: a script from beside the playbook, run on the server."""

import dataclasses
import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.module import Call, FileBeside, Module
from orchestrator.playbooks.modules.command import FORETOLD, RETURNS, RUN, UNDONE, options, ran
from orchestrator.transport import Done, Request


class Script(Module):
    name = "script"
    summary = (
        "Runs a script from `files/` beside the playbook, or from beside it, by its first line "
        "(`#!`; without one by `/bin/sh`). It is read before the run begins: UTF-8, to 1 MiB."
    )
    mutates = True
    free_form = "cmd"
    parameters: ClassVar[Parameters] = {
        "cmd": Parameter(
            kind=Kind.TEXT,
            summary="the script and its arguments, quoted as in a shell",
            required=True,
        ),
        "executable": Parameter(kind=Kind.TEXT, summary="what runs it, in place of its first line"),
        **RUN,
    }
    returns: ClassVar[Mapping[str, str]] = RETURNS
    foretold = FORETOLD
    undone = UNDONE

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if isinstance(args.get("cmd"), str) and not _words(args["cmd"]):
            found = (*found, WrongArgument("cmd", "'cmd': no script is named, or a quote is open"))
        return found

    def reads(self, args: Mapping[str, Any]) -> FileBeside | None:
        words = _words(args["cmd"]) if isinstance(args.get("cmd"), str) else []
        return FileBeside(argument="cmd", folder="files", name=words[0]) if words else None

    def ask(self, call: Call) -> Request:
        name, *words = shlex.split(call.args["cmd"])
        args = {"name": name, "script": call.files.text("files", name), "words": words}
        if call.args["executable"]:
            args["executable"] = call.args["executable"]
        return Request(
            op="program", args={**args, **options(call.args)}, deadline_s=call.deadline_s
        )

    def conclude(self, call: Call, done: Done) -> Outcome:
        """As in Ansible: a command that need not run is ok, a script is skipped."""
        outcome = ran(call.args, done)
        if "not_run" in done.data:
            return dataclasses.replace(outcome, status=Status.SKIPPED)
        return outcome


def _words(command: str) -> list[str]:
    """A template counts as one word, whatever stands in its braces."""
    pieces = command.replace("{{ ", "{{").replace(" }}", "}}")
    try:
        return shlex.split(pieces)
    except ValueError:
        return []
