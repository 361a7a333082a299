"""`lineinfile` and `blockinfile`: a line, or a block between two marks, in a file or not in it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.changing import ChangingPath
from orchestrator.playbooks.module import Call
from orchestrator.playbooks.modules.copy import WRITTEN, WROTE, written
from orchestrator.transport import Request

_FILE: Parameters = {
    "path": Parameter(kind=Kind.TEXT, summary="the file on the server, UTF-8", required=True),
    "state": Parameter(
        kind=Kind.TEXT,
        summary="whether it is to be there",
        default="present",
        choices=("present", "absent"),
    ),
    "insertafter": Parameter(
        kind=Kind.TEXT,
        summary="a new one comes behind the last line that this expression fits; `EOF`",
    ),
    "insertbefore": Parameter(
        kind=Kind.TEXT, summary="a new one comes before the last line that this fits; `BOF`"
    ),
    "create": Parameter(
        kind=Kind.YES_NO, summary="make the file where it is not there", default=False
    ),
    **WRITTEN,
}
_RETURNS = {**WROTE, "msg": "what became of it"}
_FORETOLD = "whether the file would change, and how it would differ"


class LineInFile(ChangingPath):
    name = "lineinfile"
    summary = "Takes care that a line is in a file, in place of the one that an expression finds."
    parameters: ClassVar[Parameters] = {
        "line": Parameter(kind=Kind.TEXT, summary="the line"),
        "regexp": Parameter(
            kind=Kind.TEXT,
            summary="expression that finds the line to replace (the last that fits), or to remove "
            "(all that fit)",
        ),
        "search_string": Parameter(kind=Kind.TEXT, summary="as `regexp`, but a text that it holds"),
        "backrefs": Parameter(
            kind=Kind.YES_NO,
            summary="`line` holds `\\1`; where nothing fits, nothing is done",
            default=False,
        ),
        "firstmatch": Parameter(
            kind=Kind.YES_NO, summary="`insertafter` means the first that fits", default=False
        ),
        **_FILE,
    }
    returns: ClassVar[Mapping[str, str]] = _RETURNS
    foretold = _FORETOLD

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        for one, other in (("regexp", "search_string"), ("insertafter", "insertbefore")):
            if one in args and other in args:
                found = (*found, WrongArgument(other, f"give either '{one}' or '{other}'"))
        is_absent = args.get("state") == "absent"
        if "line" not in args and not (is_absent and ("regexp" in args or "search_string" in args)):
            found = (*found, WrongArgument("", "argument 'line' is missing: the line"))
        if args.get("backrefs") and "regexp" not in args:
            found = (*found, WrongArgument("backrefs", "'backrefs' needs 'regexp'"))
        return found

    def path(self, call: Call) -> str:
        return str(call.args["path"])

    def ask(self, call: Call) -> Request:
        words = ("line", "regexp", "search_string", "backrefs", "firstmatch")
        return _request(call, {"edit": "line", **_given(call, words)})


class BlockInFile(ChangingPath):
    name = "blockinfile"
    summary = "Takes care that lines are in a file, between two lines that mark them."
    parameters: ClassVar[Parameters] = {
        "block": Parameter(kind=Kind.TEXT, summary="the lines; empty: as `absent`", default=""),
        "marker": Parameter(
            kind=Kind.TEXT,
            summary="the marks; `{mark}` stands for BEGIN and END",
            default="# {mark} ANSIBLE MANAGED BLOCK",
        ),
        **_FILE,
    }
    returns: ClassVar[Mapping[str, str]] = _RETURNS
    foretold = _FORETOLD

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if "{mark}" not in str(args.get("marker", "{mark}")):
            found = (*found, WrongArgument("marker", "'marker' must hold {mark}"))
        return found

    def path(self, call: Call) -> str:
        return str(call.args["path"])

    def ask(self, call: Call) -> Request:
        begin, end = (call.args["marker"].replace("{mark}", word) for word in ("BEGIN", "END"))
        how = {"edit": "block", "begin": begin, "end": end, "block": call.args["block"]}
        return _request(call, how)


def _given(call: Call, words: tuple[str, ...]) -> dict[str, Any]:
    return {word: call.args[word] for word in words if call.args[word] is not None}


def _request(call: Call, how: Mapping[str, Any]) -> Request:
    how = {**how, **_given(call, ("state", "insertafter", "insertbefore"))}
    args = {**written(call.args, call.args["path"]), "create": call.args["create"], "how": how}
    return Request(op="file.edit", args=args, deadline_s=call.deadline_s)
