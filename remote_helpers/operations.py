"""Which operations there are: name -> function, and whether it changes the server."""

from typing import Any, Callable, Dict, Mapping, NamedTuple, Optional

from remote_helpers import answers, epoch, facts, poll, reachability, survey
from remote_helpers.operation import Context, OperationError


class Operation(NamedTuple):
    """One operation.

    `mutates`: needs a reign, is refused when stale, and holds the group's lock while it acts.
    `quick`: answered by the main loop itself; it must never wait for anything.
    """

    function: Callable[[Context, Mapping[str, Any]], Any]
    mutates: bool = False
    quick: bool = False


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
    with epoch.acting(context, reign):
        return operation.function(context, args)


def ping(_context: Context, _args: Mapping[str, Any]) -> Dict[str, Any]:
    return {}


def run(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """A command of a playbook; its exit code is data, not a failure."""
    given = dict(args)
    argv, shell = given.pop("argv", None), given.pop("shell", None)
    command = argv if shell is None else shell
    if (argv is None) == (shell is None) or not command:
        raise OperationError("bad-request", "run needs argv or shell")
    done = context.run(command, **given)
    return {
        "rc": done.rc,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "truncated": done.truncated,
    }


def release(_context: Context, _args: Mapping[str, Any]) -> None:
    raise NotImplementedError("perform() does it: it needs the lock alone")


TABLE: Dict[str, Operation] = {
    "ping": Operation(ping, quick=True),
    "facts": Operation(facts.facts),
    "poll": Operation(poll.poll),
    "resource.check": Operation(answers.check),
    "resource.start": Operation(answers.start, mutates=True),
    "resource.stop": Operation(answers.stop, mutates=True),
    "run": Operation(run, mutates=True),
    "survey": Operation(survey.survey),
    "port.hear": Operation(reachability.hear),
    "port.knock": Operation(reachability.knock),
    "epoch.read": Operation(epoch.read),
    "epoch.raise": Operation(epoch.raise_),
    "epoch.release": Operation(release, mutates=True),
}


def find(name: str) -> Operation:
    try:
        return TABLE[name]
    except KeyError:
        raise OperationError("bad-request", "unknown operation: {!r}".format(name)) from None
