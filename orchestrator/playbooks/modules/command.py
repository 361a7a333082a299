"""`command` and `shell`: a program on the server, with or without a shell between."""

import shlex
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument, is_template
from orchestrator.playbooks.module import Call, Module, failed
from orchestrator.transport import Done, Request

RUN = {
    "chdir": Parameter(kind=Kind.TEXT, summary="directory to run in"),
    "environment": Parameter(kind=Kind.MAPPING, summary="variables added to its environment"),
    "user": Parameter(kind=Kind.TEXT, summary="login name to run as (without it: the helper's)"),
    "stdin": Parameter(kind=Kind.TEXT, summary="text for its standard input"),
    "creates": Parameter(
        kind=Kind.TEXT, summary="path or pattern: nothing is run where it is there already"
    ),
    "removes": Parameter(
        kind=Kind.TEXT, summary="path or pattern: nothing is run where it is not there"
    ),
}
RETURNS = {
    "rc": "exit code",
    "stdout": "standard output, without the ends of lines behind it",
    "stderr": "standard error",
    "stdout_lines": "standard output as a list of lines",
    "stderr_lines": "the same of standard error",
    "truncated": "whether output was cut off",
}
FORETOLD = (
    "that it runs; what it changes shows when it does. With `creates` or `removes`, whether it runs"
)
UNDONE = "none; what a program did only its author knows"


class Command(Module):
    name = "command"
    summary = "Runs a program without a shell; it fails on an exit code other than 0."
    mutates = True
    free_form = "cmd"
    parameters: ClassVar[Parameters] = {
        "cmd": Parameter(kind=Kind.TEXT, summary="program and arguments, quoted as in a shell"),
        "argv": Parameter(kind=Kind.TEXTS, summary="program and arguments as a list"),
        **RUN,
    }
    returns: ClassVar[Mapping[str, str]] = RETURNS
    foretold = FORETOLD
    undone = UNDONE

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if ("cmd" in args) is ("argv" in args):
            return (*found, WrongArgument("", "give either 'cmd' or 'argv'"))
        command = args.get("cmd")
        if isinstance(command, str) and not is_template(command):
            found += _command_line_problems(command)
        return found

    def ask(self, call: Call) -> Request | Outcome:
        argv = list(call.args["argv"] or shlex.split(call.args["cmd"] or ""))
        if not argv:
            return failed("there is no command to run")
        return Request(
            op="run", args={"argv": argv, **options(call.args)}, deadline_s=call.deadline_s
        )

    def conclude(self, call: Call, done: Done) -> Outcome:
        return ran(call.args, done)


class Shell(Module):
    name = "shell"
    summary = "Runs a line or script by the server's `/bin/sh`; as `command` otherwise."
    mutates = True
    free_form = "cmd"
    parameters: ClassVar[Parameters] = {
        "cmd": Parameter(kind=Kind.TEXT, summary="what the shell runs", required=True),
        **RUN,
    }
    returns: ClassVar[Mapping[str, str]] = RETURNS
    foretold = FORETOLD
    undone = UNDONE

    def ask(self, call: Call) -> Request:
        return Request(
            op="run",
            args={"shell": call.args["cmd"], **options(call.args)},
            deadline_s=call.deadline_s,
        )

    def conclude(self, call: Call, done: Done) -> Outcome:
        return ran(call.args, done)


def ran(args: Mapping[str, Any], done: Done) -> Outcome:
    """A program that ran may have changed something: only the playbook's author knows."""
    skipped = done.data.get("not_run")
    if skipped:
        return Outcome(status=Status.OK, message=str(skipped), result=not_run(str(skipped)))
    result = {**done.data}
    for stream in ("stdout", "stderr"):
        text = str(done.data.get(stream, "")).rstrip("\r\n")
        result |= {stream: text, f"{stream}_lines": text.splitlines()}
    code = done.data.get("rc")
    if code == 0:
        return Outcome(status=Status.CHANGED, result=result)
    said = str(done.data.get("stderr") or done.data.get("stdout") or "").strip()
    last = f": {said.splitlines()[-1]}" if said else ""
    return failed(f"`{_shown(args)}` ended with exit code {code}{last}", result)


def not_run(why: str) -> dict[str, Any]:
    """As Ansible registers it: exit code 0, and why it was not run."""
    said = {"stdout": why, "stdout_lines": [why], "stderr": "", "stderr_lines": []}
    return {"rc": 0, **said, "truncated": False}


def _shown(args: Mapping[str, Any]) -> str:
    """The command's first line, not more than fits on one."""
    words = args.get("argv")
    command = shlex.join(words) if words else str(args["cmd"])
    line = command.strip().partition("\n")[0]
    return line if len(line) <= 60 else line[:57] + "..."


def options(args: Mapping[str, Any]) -> dict[str, Any]:
    options = {
        "stdin": args["stdin"],
        "environment": args["environment"]
        and {str(name): str(value) for name, value in args["environment"].items()},
        "directory": args["chdir"],
        "user": args["user"],
        "creates": args["creates"],
        "removes": args["removes"],
    }
    return {name: value for name, value in options.items() if value is not None}


def _command_line_problems(command: str) -> tuple[WrongArgument, ...]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        return (WrongArgument("cmd", f"'cmd': {str(error).lower()}"),)
    if not words:
        return (WrongArgument("cmd", "'cmd': there is no command"),)
    for word in words:
        if word in {"|", "||", "&&", ";", ">", ">>", "<", "&"}:
            message = f"'{word}' has no meaning without a shell; use the module 'shell'"
            return (WrongArgument("cmd", message),)
    return ()
