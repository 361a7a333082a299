"""What a playbook module is: arguments in, a request to the helper, an outcome out.

A module also says what it would do (`check`), what differs (`diff` of a prediction and an outcome),
how it is taken back (`undo`) and whether it may be done again after a cut. It does no I/O:
`executor.task` renders the arguments, sends the request, hands the reply back. Modules are listed
in `playbooks.modules.MODULES`, by name, without import magic.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Diff, NoUndo, Outcome, Prediction, ServerName, Status, Undo, Verdict
from orchestrator.playbooks.arguments import (
    Parameters,
    WrongArgument,
    find_problems,
    read,
)
from orchestrator.playbooks.beside import FilesOf
from orchestrator.playbooks.template import SyntaxProblem
from orchestrator.transport import Done, Request
from orchestrator.transport.read_only import READS

CHANGES_NOTHING = "none needed; it changes nothing"
POWER_OFF, POWER_READ = "power.off", "power.read"
"""Operations for fencing devices, `{server}`: the controller's, and none of a server's helper."""
SERVER_STATE = "server_state"
"""A module that proves what became of a server returns it under this key: `{server, state,
evidence}`."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Nothing to ask: let this much time pass, then it is done."""

    seconds: float
    outcome: Outcome


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One use of a module on one server: every parameter is there and in its type."""

    args: Mapping[str, Any]
    variables: Mapping[str, Any]
    deadline_s: float
    files: FilesOf = dataclasses.field(default_factory=FilesOf)
    """What stands beside the playbook."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class FileBeside:
    """A file that a use of a module needs on the controller."""

    argument: str
    """The one that names it."""
    folder: str
    """Beside the playbook; beside the playbook itself is the second place to look."""
    name: str


class Module:
    """Base of all modules: arguments are read by the table of parameters, then `ask` decides."""

    name: ClassVar[str]
    summary: ClassVar[str]
    """One line for the reference."""
    mutates: ClassVar[bool] = False
    """Whether its request may change a server and so carries the reign."""
    parameters: ClassVar[Parameters]
    free_form: ClassVar[str | None] = None
    """The parameter that is meant where the module is given a text and no mapping."""
    returns: ClassVar[Mapping[str, str]] = {}
    """What a registered result holds beside the usual words; for the reference."""
    foretold: ClassVar[str] = "what it will say, as long as all that it needs is known"
    """What a plan can say of it; for the reference."""
    undone: ClassVar[str] = CHANGES_NOTHING
    """How a rollback takes it back, or why it cannot; for the reference and for people."""

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        """As `problems`, each with the argument that it is about, for its place in the file."""
        return find_problems(self.parameters, args)

    def problems(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        """What is wrong with these arguments before anything is rendered; empty: nothing."""
        return tuple(str(problem) for problem in self.find_problems(args))

    def reads(self, args: Mapping[str, Any]) -> FileBeside | None:
        """The file beside the playbook that these arguments name; read before the run begins."""
        del args
        return None

    def names_servers(self, args: Mapping[str, Any]) -> tuple[str, ...]:
        """Servers that these arguments name; each must be one of the group's."""
        del args
        return ()

    def problem_in(self, text: str) -> SyntaxProblem | None:
        """What is wrong with that file before there are values."""
        del text
        return None

    def call(
        self,
        args: Mapping[str, Any],
        variables: Mapping[str, Any],
        deadline_s: float,
        files: FilesOf | None = None,
    ) -> Call:
        """From rendered arguments. Raises ValueError for those that do not fit after all:
        a rendered text with braces in it passed for a template.
        """
        if wrong := self.problems(args):
            raise ValueError("; ".join(wrong))
        return Call(
            args=self.read(args),
            variables=variables,
            deadline_s=deadline_s,
            files=files or FilesOf(),
        )

    def read(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """Rendered arguments in their types, with defaults; `problems` found none in them."""
        return read(self.parameters, args)

    def ask(self, call: Call) -> Request | Wait | Outcome:
        """What must be asked of the server to do it; an Outcome ends the task at once.

        ValueError where the arguments do not fit together.
        """
        raise NotImplementedError

    def conclude(self, call: Call, done: Done) -> Outcome:
        """From the helper's answer to the task's outcome; only for modules that ask a request."""
        raise NotImplementedError

    def check(self, call: Call) -> Request | Prediction:
        """What it would do: said at once, or the read-only question that tells.

        Of a mutating request the question is its twin on the helper: an operation's `check`.
        """
        wanted = self.ask(call)
        if isinstance(wanted, Request):
            return check_of(wanted) if wanted.op not in READS else wanted
        return foretold(wanted.outcome if isinstance(wanted, Wait) else wanted)

    def predict(self, call: Call, done: Done) -> Prediction:
        """From the answer to `check`'s question."""
        if "would" not in done.data:  # it only looks: the answer itself is what would be
            return foretold(self.conclude(call, done))
        said = said_by_twin(done)
        if said.result is None:
            return said
        then = Done(data=said.result, took_s=done.took_s)
        return dataclasses.replace(said, result=self.conclude(call, then).result)

    def touches(self, call: Call) -> frozenset[str] | None:
        """What it may change: `path:/etc/hosts`, `unit:mariadb.service`; None: nobody can tell.

        A plan relies on a prediction only while no earlier step touches the same; a path stands
        for all below it, too.
        """
        del call
        return None if self.mutates else frozenset()

    def takes(self, call: Call) -> frozenset[str]:
        """What it would start, as `touches` names it: where that is a part of the group, only one
        server may have it, and the executor asks for the right first.
        """
        del call
        return frozenset()

    def ends(self, call: Call) -> ServerName | None:
        """The server that it would switch off: a plan asks that one nothing more."""
        del call
        return None

    def taking(self, request: Request) -> Request:
        """The request once that right is there: a guard is asked for it as it acts."""
        return request

    def may_repeat(self, call: Call) -> bool:
        """Whether it may be done twice where a cut left it under way and its check cannot tell."""
        del call
        return not self.mutates

    def undo(self, call: Call, done: Done) -> Undo | NoUndo:
        """The inverse of what this answer says was changed; asked where it changed something."""
        del call, done
        return NoUndo(reason=self.undone)


def failed(message: str, result: Mapping[str, Any] | None = None) -> Outcome:
    return Outcome(status=Status.FAILED, message=message, result=result or {})


def check_of(request: Request) -> Request:
    """The read-only twin of a mutating request; it carries no reign and needs none."""
    args = {"op": request.op, "args": dict(request.args)}
    return Request(op="check", args=args, deadline_s=request.deadline_s)


_VERDICTS = {
    "change": Verdict.CHANGE,
    "nothing": Verdict.NOTHING,
    "fail": Verdict.FAIL,
    "unknown": Verdict.UNKNOWN,
}


def said_by_twin(done: Done) -> Prediction:
    """The helper's words of a prediction, as remote_helpers/README.md has them."""
    data = done.data
    return Prediction(
        verdict=_VERDICTS[data["would"]],
        message=str(data.get("detail", "")),
        result=data.get("result"),
        diff=diff_in(data),
    )


def diff_in(data: Mapping[str, Any]) -> Diff | None:
    """Of the helper's answer to a check or to the step itself: `diff: {before, after, what}`."""
    found = data.get("diff")
    if not isinstance(found, Mapping):
        return None
    return Diff(
        before=str(found["before"]), after=str(found["after"]), what=str(found.get("what", ""))
    )


def foretold(outcome: Outcome) -> Prediction:
    """An outcome that is known before the step is done."""
    verdict = {
        Status.FAILED: Verdict.FAIL,
        Status.CHANGED: Verdict.CHANGE,
        Status.UNREACHABLE: Verdict.UNKNOWN,
    }.get(outcome.status, Verdict.NOTHING)
    return Prediction(
        verdict=verdict, message=outcome.message, result=outcome.result, diff=outcome.diff
    )
