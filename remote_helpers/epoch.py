"""The record of a group on this server: which epoch is promised, and what that forbids.

`/var/lib/hasys/GROUP/epoch.json`. A mutating step acts only inside `acting`, which holds the
group's lock and compares the step's reign with the record in the process that acts. A reign is
epoch, controller and run: an equal epoch from another one comes from a controller whose own
memory was lost or restored, and is refused like a lower one.
"""

import contextlib
import json
import os
import re
import shutil
from typing import Any, Dict, Iterator, Mapping, NamedTuple, Optional

from remote_helpers import step_lock
from remote_helpers.guarding import asked
from remote_helpers.guarding.places import Places
from remote_helpers.operation import Context, OperationError

GROUP_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")
FILE_NAME = "epoch.json"


class Reign(NamedTuple):
    """In whose name a step comes."""

    group: str
    epoch: int
    controller: str
    run: str
    gate: Optional[asked.Pass] = None
    """What it shows at the gate of a guarded group."""


class Record(NamedTuple):
    """promised: lower epochs are refused; reigning: under which it last became ACTIVE, 0: never."""

    promised: int
    reigning: int
    controller: str
    run: str
    counter: int
    """Rises with every write; a controller that remembers it notices a restored file."""


def directory_of(context: Context, group: str) -> str:
    if not GROUP_NAME.match(group):
        raise OperationError("bad-request", "not a group's name: {!r}".format(group))
    return os.path.join(context.state_directory, group)


def read_record(directory: str) -> Optional[Record]:
    """None: not registered. A record that is not whole is an error, never taken as missing."""
    path = os.path.join(directory, FILE_NAME)
    try:
        with open(path, "rb") as file:
            data = json.loads(file.read().decode())
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise OperationError("failed", "cannot read {}: {}".format(path, problem)) from problem
    except ValueError as problem:
        raise _damaged(path, str(problem)) from None
    return _parsed(path, data)


def _parsed(path: str, data: Any) -> Record:
    if not isinstance(data, dict):
        raise _damaged(path, "not an object")
    for name, wanted in (("promised", int), ("reigning", int), ("counter", int)):
        if type(data.get(name)) is not wanted or data[name] < 0:
            raise _damaged(path, "{} is {!r}".format(name, data.get(name)))
    for name in ("controller", "run"):
        if not isinstance(data.get(name), str):
            raise _damaged(path, "{} is {!r}".format(name, data.get(name)))
    if data["reigning"] > data["promised"]:
        raise _damaged(path, "reigning is above promised")
    return Record(**{name: data[name] for name in Record._fields})


def _damaged(path: str, what: str) -> OperationError:
    message = (
        "the record {} is damaged ({}): nothing was done. Make sure that the service does not run "
        "here, then remove the file; the next run registers this server anew"
    )
    return OperationError("failed", message.format(path, what), {"path": path, "damaged": True})


def write_record(directory: str, record: Record) -> None:
    """On disk, file and name, before it returns: a promise must survive a power cut."""
    path = os.path.join(directory, FILE_NAME)
    fresh = path + ".new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(record._asdict(), file)
        file.flush()
        os.fsync(file.fileno())
    os.rename(fresh, path)
    _sync_directory(directory)


def _sync_directory(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _make_directory(path: str) -> None:
    """Root only, and its name on disk, too."""
    for each in (os.path.dirname(path), path):
        if not os.path.isdir(each):
            try:
                os.mkdir(each, 0o700)
            except FileExistsError:
                pass
            except PermissionError as problem:
                message = "user {} may not make {}: log in as root, or set ansible_become: true"
                raise OperationError("failed", message.format(os.getuid(), each)) from problem
            _sync_directory(os.path.dirname(each))


@contextlib.contextmanager
def acting(context: Context, reign: Reign, *, takes: bool) -> Iterator[None]:
    """Inside, the step may change the server; its children hold the lock with it.

    `takes`: it may take an exclusive resource.
    """
    directory = directory_of(context, reign.group)
    places = Places(os.path.join(context.run_directory, reign.group), directory)
    with step_lock.shared(context, directory) as lock:
        _check(directory, reign)
        asked.check(places, reign.gate, takes=takes)
        context.lock = lock
        try:
            yield
        finally:
            context.lock = None


def _check(directory: str, reign: Reign) -> Record:
    record = read_record(directory)
    if record is None or reign.epoch > record.promised:
        known = "no epoch" if record is None else "epoch {}".format(record.promised)
        message = "this server has promised {} to group {}, not {}: nothing was done"
        raise OperationError("not-registered", message.format(known, reign.group, reign.epoch))
    if (reign.epoch, reign.controller, reign.run) != record[:1] + record[2:4]:
        raise _stale(record, reign.epoch)
    return record


def _stale(record: Record, epoch: int) -> OperationError:
    message = "epoch {} is stale: {} is promised to controller {}, run {}; nothing was done"
    shown = message.format(epoch, record.promised, record.controller, record.run)
    return OperationError("stale-epoch", shown, dict(record._asdict()))


def read(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """The operation epoch.read: {"record": record or None}."""
    return {"record": record_of(context, args["group"])}


def record_of(context: Context, group: str) -> Optional[Dict[str, Any]]:
    """As JSON; None: not registered."""
    record = read_record(directory_of(context, group))
    return None if record is None else dict(record._asdict())


def raise_(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """epoch.raise: waits for steps in progress; the same reign again is no error (a resumed run).

    `reigning`: true when this server is to become ACTIVE under this epoch.
    """
    reign = reign_of(args)
    reigning = args.get("reigning", False)
    if not isinstance(reigning, bool):
        raise OperationError("bad-request", "reigning is true or false")
    directory = directory_of(context, reign.group)
    _make_directory(directory)
    with step_lock.alone(context, directory):
        old = read_record(directory)
        if old is None:
            old = Record(0, 0, "", "", 0)
        if reign.epoch < old.promised:
            raise _stale(old, reign.epoch)
        if reign.epoch == old.promised and (old.controller, old.run) != (
            reign.controller,
            reign.run,
        ):
            raise _stale(old, reign.epoch)
        new = Record(
            reign.epoch,
            reign.epoch if reigning else old.reigning,
            reign.controller,
            reign.run,
            old.counter,
        )
        if new != old:
            new = new._replace(counter=old.counter + 1)
            write_record(directory, new)
    return dict(new._asdict())


def release(context: Context, reign: Reign) -> Dict[str, Any]:
    """epoch.release: the group's folder goes; the service stays as it is."""
    directory = directory_of(context, reign.group)
    with step_lock.alone(context, directory):
        _check(directory, reign)
        shutil.rmtree(directory)
        _sync_directory(os.path.dirname(directory))
    return {}


def reign_of(data: Mapping[str, Any]) -> Reign:
    """From JSON; a missing or wrong part is the caller's mistake."""
    wanted = {"group": str, "epoch": int, "controller": str, "run": str}
    for name, kind in wanted.items():
        if type(data.get(name)) is not kind:
            raise OperationError("bad-request", "{} is {!r}".format(name, data.get(name)))
    if data["epoch"] < 1:
        raise OperationError("bad-request", "epochs start at 1")
    gate = asked.pass_of(data.get("gate"))
    return Reign(data["group"], data["epoch"], data["controller"], data["run"], gate)
