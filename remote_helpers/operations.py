"""Which operations there are: name -> function, and whether it changes the server."""

import glob
import os
from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from remote_helpers import answers, copies, copy_events, epoch, facts, poll, reachability, survey
from remote_helpers.guarding import operations as guard
from remote_helpers.operation import Context, OperationError, prediction


class Operation(NamedTuple):
    """One operation.

    `mutates`: needs a reign, is refused when stale, and holds the group's lock while it acts.
    `takes`: it may take an exclusive resource: a guarded server asks its gate first.
    `quick`: answered by the main loop itself; it must never wait for anything.
    `check`: of one that mutates, its read-only twin: what it would do with these arguments.
    """

    function: Callable[[Context, Mapping[str, Any]], Any]
    mutates: bool = False
    takes: bool = False
    quick: bool = False
    check: Optional[Callable[[Context, Mapping[str, Any]], Dict[str, Any]]] = None


def perform(
    operation: Operation, context: Context, args: Mapping[str, Any], reign: Optional[epoch.Reign]
) -> Any:
    """The one way to carry out an operation: no mutating function is called without its gate."""
    if operation.mutates != (reign is not None):
        raise OperationError("bad-request", "a change needs a reign")
    if reign is None:
        return operation.function(context, args)
    if operation.function is release:
        return epoch.release(context, reign)
    with epoch.acting(context, reign, takes=operation.takes):
        return operation.function(context, args)


def ping(_context: Context, _args: Mapping[str, Any]) -> Dict[str, Any]:
    return {}


def check(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """What another operation would do with its arguments. It changes nothing."""
    operation = find(args["op"])
    if operation.check is None:
        message = "nobody knows before it runs what {} would do".format(args["op"])
        return prediction("unknown", message)
    return operation.check(context, args["args"])


def run(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """A command of a playbook; its exit code is data, not a failure."""
    given = dict(args)
    argv, shell = given.pop("argv", None), given.pop("shell", None)
    command = argv if shell is None else shell
    if (argv is None) == (shell is None) or not command:
        raise OperationError("bad-request", "run needs argv or shell")
    needless = _needless(args)
    if needless:
        return {"not_run": needless}
    given.pop("creates", None)
    given.pop("removes", None)
    done = context.run(command, **given)
    return {
        "rc": done.rc,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "truncated": done.truncated,
    }


def check_run(_context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    needless = _needless(args)
    if needless:
        return prediction("nothing", needless, {"not_run": needless})
    return prediction("unknown", "it runs; what it changes shows then")


def _needless(args: Mapping[str, Any]) -> str:
    """Why a command need not run, by `creates` and `removes`; empty: it must."""
    directory = args.get("directory") or "/"
    creates, removes = args.get("creates"), args.get("removes")
    if creates and glob.glob(os.path.join(directory, creates)):
        return "not run, since {} is there".format(creates)
    if removes and not glob.glob(os.path.join(directory, removes)):
        return "not run, since {} is not there".format(removes)
    return ""


def release(_context: Context, _args: Mapping[str, Any]) -> None:
    raise NotImplementedError("perform() does it: it needs the lock alone")


TABLE: Dict[str, Operation] = {
    "ping": Operation(ping, quick=True),
    "facts": Operation(facts.facts),
    "poll": Operation(poll.poll),
    "resource.check": Operation(answers.check),
    "resource.start": Operation(answers.start, mutates=True, takes=True, check=answers.check_start),
    "resource.stop": Operation(answers.stop, mutates=True, check=answers.check_stop),
    "run": Operation(run, mutates=True, check=check_run),
    "copies.look": Operation(copies.look),
    "copies.listen": Operation(copy_events.listen),
    "copies.bring": Operation(copies.bring, mutates=True, check=copies.check_bring),
    "check": Operation(check),
    "survey": Operation(survey.survey),
    "port.hear": Operation(reachability.hear),
    "port.knock": Operation(reachability.knock),
    "epoch.read": Operation(epoch.read),
    "epoch.raise": Operation(epoch.raise_),
    "epoch.release": Operation(release, mutates=True),
    "guard.start": Operation(guard.start),
    "guard.say": Operation(guard.say),
    "guard.listen": Operation(guard.listen),
    "guard.answer": Operation(guard.answer, quick=True),
    "guard.stop": Operation(guard.stop),
}


def find(name: str) -> Operation:
    try:
        return TABLE[name]
    except KeyError:
        raise OperationError("bad-request", "unknown operation: {!r}".format(name)) from None
