"""`file`: a path that is a folder, a link or not there, and whose it is."""

from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import NoUndo, Undo
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.changing import ChangingPath
from orchestrator.playbooks.module import Call
from orchestrator.playbooks.modules.copy import OWNED, owned
from orchestrator.transport import Done, Request


class File(ChangingPath):
    name = "file"
    summary = (
        "Takes care of a path: what it is, whose it is, who may use it. What is mounted, and the "
        "server's own folders, are never removed."
    )
    parameters: ClassVar[Parameters] = {
        "path": Parameter(kind=Kind.TEXT, summary="absolute path on the server", required=True),
        "state": Parameter(
            kind=Kind.TEXT,
            summary="`file`: it is there already; `touch`: made empty, or its times become now; "
            "`absent`: with all that is below it",
            default="file",
            choices=("file", "directory", "touch", "absent", "link", "hard"),
        ),
        "src": Parameter(kind=Kind.TEXT, summary="what a link points to"),
        "recurse": Parameter(
            kind=Kind.YES_NO, summary="the same owner and mode for all below it", default=False
        ),
        "force": Parameter(
            kind=Kind.YES_NO,
            summary="a link may replace a file, and point to nothing",
            default=False,
        ),
        **OWNED,
    }
    returns: ClassVar[Mapping[str, str]] = {
        "path": "the path",
        "state": "as it was asked for",
        "mode": "permissions, like `0644`, where it was there and right",
    }
    foretold = "whether the path would change, and how"

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        is_link = args.get("state") in ("link", "hard")
        if is_link and "src" not in args:
            found = (*found, WrongArgument("", "argument 'src' is missing: what it points to"))
        if "src" in args and not is_link:
            found = (*found, WrongArgument("src", "'src' goes with a link: 'state: link'"))
        if args.get("recurse") and args.get("state") != "directory":
            found = (*found, WrongArgument("recurse", "'recurse' needs 'state: directory'"))
        return found

    def path(self, call: Call) -> str:
        return str(call.args["path"])

    def undo(self, call: Call, done: Done) -> Undo | NoUndo:
        if call.args["recurse"]:
            return NoUndo(reason="whose all that is below it was has not been kept")
        return super().undo(call, done)

    def ask(self, call: Call) -> Request:
        words = ("path", "state", "src", "recurse", "force")
        args = {word: call.args[word] for word in words if call.args[word] is not None}
        request = {**args, **owned(call.args)}
        return Request(op="file.state", args=request, deadline_s=call.deadline_s)
