"""Which operations there are: name -> function, and whether it changes the server."""

from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from remote_helpers import (
    answers,
    commands,
    copies,
    copy_events,
    epoch,
    facts,
    poll,
    reachability,
    survey,
)
from remote_helpers.guarding import operations as guard
from remote_helpers.modules import content, looking, path_state, program, units
from remote_helpers.modules.change import doing, foretelling
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


def release(_context: Context, _args: Mapping[str, Any]) -> None:
    raise NotImplementedError("perform() does it: it needs the lock alone")


TABLE: Dict[str, Operation] = {
    "ping": Operation(ping, quick=True),
    "facts": Operation(facts.facts),
    "poll": Operation(poll.poll),
    "resource.check": Operation(answers.check),
    "resource.start": Operation(answers.start, mutates=True, takes=True, check=answers.check_start),
    "resource.stop": Operation(answers.stop, mutates=True, check=answers.check_stop),
    "run": Operation(commands.run, mutates=True, check=commands.check),
    "program": Operation(program.run, mutates=True, check=program.check),
    "file.write": Operation(doing(content.write), mutates=True, check=foretelling(content.write)),
    "file.edit": Operation(doing(content.edit), mutates=True, check=foretelling(content.edit)),
    "file.state": Operation(
        doing(path_state.plan), mutates=True, check=foretelling(path_state.plan)
    ),
    "file.stat": Operation(looking.describe),
    "file.read": Operation(looking.read),
    "file.find": Operation(looking.find),
    "unit": Operation(doing(units.plan), mutates=True, check=foretelling(units.plan)),
    "unit.take": Operation(
        doing(units.plan), mutates=True, takes=True, check=foretelling(units.plan)
    ),
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
