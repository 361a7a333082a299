"""The operations guard.* of a helper: what a controller says to a guard, and what it hears."""

import os
import threading
from typing import Any, Dict, Mapping

from remote_helpers import epoch
from remote_helpers.guarding import launch
from remote_helpers.guarding.line import Line
from remote_helpers.operation import Context, OperationError

Args = Mapping[str, Any]

ANSWER_S = 0.2
"""Kept of the deadline, to say that the guard did not answer."""

_lines: Dict[str, Line] = {}
_lock = threading.Lock()
"""The helper's own, one for each group."""


def start(context: Context, args: Args) -> Dict[str, Any]:
    _named(args)
    return launch.start(context, args)


def say(context: Context, args: Args) -> Dict[str, Any]:
    request = {"do": "say", "message": args["message"]}
    return _line(context, args).ask(request, _patience(context))


def listen(context: Context, args: Args) -> Dict[str, Any]:
    _line(context, args).listen(context.push, _patience(context))
    return {}


def answer(context: Context, args: Args) -> Dict[str, Any]:
    _line(context, args).tell({"do": "answer", "message": args["message"]})
    return {}


def stop(context: Context, args: Args) -> Dict[str, Any]:
    """For a release: nothing that the guard guarded is touched."""
    line = _line(context, args)
    line.forget()
    return line.ask({"do": "stop"}, _patience(context))


def _patience(context: Context) -> float:
    return max(context.remaining() - ANSWER_S, 0.0)


def _line(context: Context, args: Args) -> Line:
    places = launch.places_of(context, _named(args))
    with _lock:
        if places.run not in _lines:
            _lines[places.run] = Line(places, os.path.basename(places.run))
        return _lines[places.run]


def _named(args: Args) -> str:
    group = args["group"]
    if not isinstance(group, str) or not epoch.GROUP_NAME.match(group):
        raise OperationError("bad-request", "not a group's name: {!r}".format(group))
    return group
