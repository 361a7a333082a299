"""Which operations there are: name -> function, and whether it changes the server."""

from typing import Any, Callable, Dict, Mapping, NamedTuple

from remote_helpers.operation import Context, OperationError


class Operation(NamedTuple):
    """`mutates`: needs a reign, is refused when stale, and holds the group's lock while it acts."""

    function: Callable[[Context, Mapping[str, Any]], Any]
    mutates: bool


def ping(_context: Context, _args: Mapping[str, Any]) -> Dict[str, Any]:
    return {}


TABLE: Dict[str, Operation] = {
    "ping": Operation(ping, mutates=False),
}


def find(name: str) -> Operation:
    try:
        return TABLE[name]
    except KeyError:
        raise OperationError("bad-request", "unknown operation: " + name) from None
