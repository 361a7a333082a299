"""`copy`: a file with this content, from beside the playbook, in it, or from the server."""

import json
import posixpath
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.changing import ChangingPath
from orchestrator.playbooks.module import Call, FileBeside
from orchestrator.transport import Request

OWNED: Parameters = {
    "mode": Parameter(kind=Kind.MODE, summary="permissions (a new file without it: 0644)"),
    "owner": Parameter(kind=Kind.TEXT, summary="user by name or number"),
    "group": Parameter(kind=Kind.TEXT, summary="group by name or number"),
}
WRITTEN: Parameters = {
    **OWNED,
    "backup": Parameter(
        kind=Kind.YES_NO, summary="keep what was there, under a name with the time", default=False
    ),
    "validate": Parameter(
        kind=Kind.TEXT,
        summary="program that must accept the new content before it is put in place; `%s` stands "
        "for its file",
    ),
}
WROTE: Mapping[str, str] = {
    "dest": "the file",
    "checksum": "SHA-1 of its content",
    "size": "bytes",
    "mode": "permissions, like `0644`",
    "owner": "user",
    "group": "group",
    "uid": "its number",
    "gid": "its number",
    "backup_file": "where the earlier content is, with `backup`",
}


class Copy(ChangingPath):
    name = "copy"
    summary = (
        "Makes a file with a given content; replaced at once, so that nobody reads half of it. "
        "Text in UTF-8, to 1 MiB."
    )
    parameters: ClassVar[Parameters] = {
        "dest": Parameter(kind=Kind.TEXT, summary="the file on the server", required=True),
        "src": Parameter(
            kind=Kind.TEXT,
            summary="file in `files/` beside the playbook, or beside it; read before the run",
        ),
        "content": Parameter(kind=Kind.ANY, summary="the content itself; what is no text: as JSON"),
        "remote_src": Parameter(
            kind=Kind.YES_NO, summary="`src` is a file of the server", default=False
        ),
        "force": Parameter(
            kind=Kind.YES_NO, summary="false: a file that is there stays as it is", default=True
        ),
        **WRITTEN,
    }
    returns: ClassVar[Mapping[str, str]] = {**WROTE, "src": "as it was given"}
    foretold = "whether the file would be made or changed, and how it would differ"

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if ("src" in args) is ("content" in args):
            found = (*found, WrongArgument("", "give either 'src' or 'content'"))
        if args.get("mode") == "preserve" and not args.get("remote_src"):
            message = "'preserve' needs 'remote_src': files beside a playbook have no mode here"
            found = (*found, WrongArgument("mode", message))
        return found

    def reads(self, args: Mapping[str, Any]) -> FileBeside | None:
        if not isinstance(args.get("src"), str) or args.get("remote_src"):
            return None
        return FileBeside(argument="src", folder="files", name=args["src"])

    def path(self, call: Call) -> str:
        return str(call.args["dest"])

    def ask(self, call: Call) -> Request:
        args = call.args
        asked = written(args, args["dest"]) | {"force": args["force"]}
        if args["remote_src"]:
            asked["from"] = args["src"]
        elif args["src"] is not None:
            asked["content"] = call.files.text("files", args["src"])
        else:
            content = args["content"]
            asked["content"] = content if isinstance(content, str) else json.dumps(content)
        if args["src"] is not None:
            asked["name"] = posixpath.basename(args["src"])
        return Request(op="file.write", args=asked, deadline_s=call.deadline_s)

    def registers(self, call: Call, result: Mapping[str, Any]) -> Mapping[str, Any]:
        return result if call.args["src"] is None else {**result, "src": call.args["src"]}


def owned(args: Mapping[str, Any]) -> dict[str, Any]:
    return {word: args[word] for word in OWNED if args[word] is not None}


def written(args: Mapping[str, Any], path: str) -> dict[str, Any]:
    more = {word: args[word] for word in ("backup", "validate") if args[word]}
    return {"path": path, **owned(args), **more}
