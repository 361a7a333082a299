"""Looks at all resources of a group, its record and the machine at once; the `poll` operation.

Each look has a thread and a deadline of its own. One that hangs (a dead disk, a check command that
waits for ever) is answered as unknown and left to itself: the next polls say at once that it still
hangs and start no second one.
"""

import json
import threading
import time
from typing import Any, Callable, Dict, List, Mapping, Tuple

from remote_helpers import answers, epoch, facts, networks
from remote_helpers.operation import Context, OperationError
from remote_helpers.workers import Workers

REPORT_IN_S = 0.05
"""Kept back from the poll's own deadline."""

Key = Tuple[str, ...]


class _Look:
    """One question under way; it keeps its answer."""

    def __init__(self, ask: Callable[[], Any]) -> None:
        self._ask = ask
        self.began = time.monotonic()
        self._done = threading.Event()
        self._answer: Any = None
        self._error: Any = None

    def run(self) -> None:
        try:
            self._answer = self._ask()
        except OperationError as error:
            self._error = error
        except Exception as error:
            self._error = OperationError("failed", "{}: {}".format(type(error).__name__, error))
        self._done.set()

    def wait(self, until: float) -> bool:
        """False: no answer by then."""
        return self._done.wait(max(0.0, until - time.monotonic()))

    @property
    def done(self) -> bool:
        return self._done.is_set()

    def answer(self) -> Any:
        """Raises what the question raised, or `timed-out` while there is no answer."""
        if not self.done:
            message = "no answer after {:.1f} s".format(time.monotonic() - self.began)
            raise OperationError("timed-out", message)
        if self._error is not None:
            raise self._error
        return self._answer


_threads = Workers("look", 64)
_under_way: Dict[Key, _Look] = {}
_lock = threading.Lock()


def poll(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    group, seconds = str(args["group"]), float(args["deadline_s"])
    resources: List[Mapping[str, Any]] = args["resources"]
    asked = time.monotonic()
    until = min(asked + seconds, context.deadline - REPORT_IN_S)
    questions = {
        str(one["name"]): (_key(group, one), _check(context, one, until)) for one in resources
    }
    looks = {name: _begin(*question) for name, question in questions.items()}
    record = _begin((group, "record"), lambda: epoch.record_of(context, group))
    machine = _begin(("facts",), facts.read)
    nets = {
        str(one["name"]): _begin((group, "network", json.dumps(one, sort_keys=True)), _net(one))
        for one in args.get("networks", [])
    }
    for look in [*looks.values(), *nets.values(), record, machine]:
        if time.monotonic() - look.began < seconds:  # one that hung before is not waited for again
            look.wait(until)
    # What a look saw before it was asked for may be over: it is taken once more.
    stale = [name for name, look in looks.items() if look.began < asked and look.done]
    looks.update({name: _begin(*questions[name]) for name in stale})
    for name in stale:
        looks[name].wait(until)
    data: Dict[str, Any] = {"resources": {name: _state(looks[name], asked) for name in looks}}
    data["networks"] = {name: _part("network", nets[name]) for name in nets}
    data.update(_part("epoch", record))
    data.update(_part("facts", machine))
    return data


def _key(group: str, resource: Mapping[str, Any]) -> Key:
    """With the definition: a look at an older one that hangs says nothing of the new one."""
    return group, "resource", str(resource["name"]), json.dumps(resource, sort_keys=True)


def _begin(key: Key, ask: Callable[[], Any]) -> _Look:
    """The one that is under way, else a new one."""
    with _lock:
        look = _under_way.get(key)
        if look is None or look.done:
            look = _under_way[key] = _Look(ask)
            _threads.submit(look.run)
        return look


def _check(context: Context, resource: Mapping[str, Any], until: float) -> Callable[[], Any]:
    # A context of its own: the poll's cancellation must not end a look that a later poll joins.
    own = Context(context.group, until, context.children, state_directory=context.state_directory)

    return lambda: answers.check(own, resource)


def _net(asked: Mapping[str, Any]) -> Callable[[], Any]:
    return lambda: networks.look(asked)


def _state(look: _Look, asked: float) -> Dict[str, Any]:
    try:
        found = look.answer()
    except OperationError as error:
        return {"state": "unknown", "detail": error.message, "reason": error.kind}
    if look.began < asked:  # it ended this very moment
        detail = "an earlier look hung and has only just ended"
        return {"state": "unknown", "detail": detail, "reason": "timed-out"}
    told = {"state": found["state"], "detail": found["detail"]}
    return {**told, "data": found["data"]} if "data" in found else told


def _part(name: str, look: _Look) -> Dict[str, Any]:
    try:
        return {name: look.answer()}
    except OperationError as error:
        return {name + "_error": error.message}
