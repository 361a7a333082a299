"""`template`: a file rendered from one beside the playbook."""

import posixpath
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.changing import ChangingPath
from orchestrator.playbooks.module import Call, FileBeside
from orchestrator.playbooks.modules.copy import WRITTEN, WROTE, written
from orchestrator.playbooks.template import SyntaxProblem, TemplateError, file_problem, render_file
from orchestrator.transport import Request

_MANAGED = "Managed by HA_SYS: changes made here are overwritten"
_OWN_SETTINGS = "#jinja2:"


class Template(ChangingPath):
    name = "template"
    summary = (
        "Makes a file from a template, with the variables of the task. As in Ansible, a line with "
        "nothing but a statement leaves no empty line; `ansible_managed` is there."
    )
    parameters: ClassVar[Parameters] = {
        "src": Parameter(
            kind=Kind.TEXT,
            summary="file in `templates/` beside the playbook, or beside it; read before the run",
            required=True,
        ),
        "dest": Parameter(kind=Kind.TEXT, summary="the file on the server", required=True),
        "force": Parameter(
            kind=Kind.YES_NO, summary="false: a file that is there stays as it is", default=True
        ),
        **WRITTEN,
    }
    returns: ClassVar[Mapping[str, str]] = {**WROTE, "src": "as it was given"}
    foretold = "whether the file would be made or changed, and how it would differ"

    def reads(self, args: Mapping[str, Any]) -> FileBeside | None:
        if not isinstance(args.get("src"), str):
            return None
        return FileBeside(argument="src", folder="templates", name=args["src"])

    def problem_in(self, text: str) -> SyntaxProblem | None:
        if text.startswith(_OWN_SETTINGS):
            message = f"'{_OWN_SETTINGS}' is not supported: take the line out"
            return SyntaxProblem(message=message, line=1)
        return file_problem(text)

    def path(self, call: Call) -> str:
        return str(call.args["dest"])

    def ask(self, call: Call) -> Request:
        args = call.args
        text = call.files.text("templates", args["src"])
        try:
            content = render_file(text, {"ansible_managed": _MANAGED, **call.variables})
        except TemplateError as error:
            raise ValueError(f"{args['src']}: {error}") from None
        name = posixpath.basename(args["src"])
        asked = {**written(args, args["dest"]), "force": args["force"]}
        asked |= {"content": content, "name": name}
        return Request(op="file.write", args=asked, deadline_s=call.deadline_s)

    def registers(self, call: Call, result: Mapping[str, Any]) -> Mapping[str, Any]:
        return {**result, "src": call.args["src"]}
