"""Makes sure that exactly one guard of a group runs, with these settings and this helper's code.

Runs in the helper. The guard's code is the helper's own: it is put in /run and nowhere else.
"""

import contextlib
import fcntl
import hashlib
import inspect
import json
import os
import sys
import zlib
from typing import Any, Dict, Iterator, Mapping, Optional

import remote_helpers
from remote_helpers import detached, memory_import
from remote_helpers.guarding import line as lines
from remote_helpers.guarding import places as place_names
from remote_helpers.guarding import settings as settings_of
from remote_helpers.guarding.places import Places
from remote_helpers.operation import Context, OperationError

ENTRY = "remote_helpers.guarding.process"
BOOT = (
    "import sys,zlib;exec(zlib.decompress(open(sys.argv[1]+'/code','rb').read()));"
    "sys.modules['{}'].main()".format(ENTRY)
)
"""The code is loaded and forgotten before the guard begins, and so not locked in memory."""
PAUSE_S = 0.02
HELLO_S = 2.0
"""A guard that does not answer for so long hangs; nothing is started beside it."""
_PROPERTIES = (
    "Restart=on-failure",
    "RestartSec=50ms",
    "KillMode=process",
    "TimeoutStopSec=10",
    "DefaultDependencies=no",
    "OOMScoreAdjust=-1000",
    "CPUSchedulingPolicy=rr",
    "CPUSchedulingPriority=10",
    "CPUSchedulingResetOnFork=yes",
    "LimitMEMLOCK=infinity",
    "LimitRTPRIO=infinity",
    "TasksMax=infinity",
)


def places_of(context: Context, group: str) -> Places:
    return Places(
        os.path.join(context.run_directory, group), os.path.join(context.state_directory, group)
    )


def start(context: Context, args: Mapping[str, Any]) -> Dict[str, Any]:
    """The operation guard.start."""
    settings = settings_of.parse(args["settings"])
    if settings.group != args["group"]:
        raise OperationError("bad-request", "settings of group {!r}".format(settings.group))
    places = places_of(context, settings.group)
    place_names.make(places)
    code, digest = _code()
    with _alone(context, places):
        given = {"settings": args["settings"], "kept": places.kept, "digest": digest}
        running = _hello(places)
        text = json.dumps(given).encode("ascii")
        place_names.write_whole(places.settings, text)
        if running is not None and running["digest"] == digest:
            wish = {"do": "settings", "settings": args["settings"]}
            about = lines.ask(places, wish, context.remaining())
            about["how"] = "running"
        else:
            place_names.write_whole(places.code, code)
            _spawn(context, settings.group, places)
            before = None if running is None else running["incarnation"]
            about = _wait_for_another(context, places, before)
    return {name: about[name] for name in ("how", "incarnation", "pid", "cover", "warnings")}


@contextlib.contextmanager
def _alone(context: Context, places: Places) -> Iterator[None]:
    """One helper at a time: two that start a guard at once would both wait for the other's."""
    descriptor = os.open(places.starting, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                context.sleep(PAUSE_S)
        yield
    finally:
        os.close(descriptor)


def _hello(places: Places) -> Optional[Dict[str, Any]]:
    """None: no guard runs. One that runs and does not answer is an error: it is never doubled."""
    try:
        return lines.ask(places, {"do": "hello"}, HELLO_S)
    except OperationError as problem:
        if problem.kind != "no-guard":
            raise
        return None


def _wait_for_another(context: Context, places: Places, before: Optional[str]) -> Dict[str, Any]:
    while True:
        about = None
        with contextlib.suppress(OperationError):
            about = _hello(places)
        if about is not None and about["incarnation"] != before:
            return about
        if context.remaining() < 10 * PAUSE_S:
            message = "the guard did not come up; journalctl -u 'hasys-guard-*' may say why"
            raise OperationError("failed", message)
        context.sleep(PAUSE_S)


def _spawn(context: Context, group: str, places: Places) -> None:
    """Outside the SSH session's cgroup, where systemd runs as a unit that it brings back."""
    argv = [sys.executable, "-I", "-S", "-c", BOOT, places.run]
    if not (os.path.isdir(detached.SYSTEMD_IS_INIT) and os.path.exists(detached.SYSTEMD_RUN)):
        context.spawn_detached(argv, name="hasys-guard-" + group)
        return
    unit = "hasys-guard-{}-{}".format(group, os.urandom(3).hex())
    run = [detached.SYSTEMD_RUN, "--quiet", "--collect", "--unit=" + unit]
    run += ["--description=hasys: guard of group " + group]
    run += ["--property=" + one for one in _PROPERTIES]
    done = context.run([*run, "--", *argv])
    if done.rc != 0:
        raise OperationError("failed", "systemd-run: " + (done.stderr.strip() or str(done.rc)))


def _code() -> Any:
    """What the start program executes, and its digest: the version of the guard."""
    loader = getattr(remote_helpers.__spec__, "loader", None)
    modules = getattr(loader, "modules", None)
    if not modules:
        raise OperationError("unsupported", "a guard is started by a helper that came by SSH")
    table = json.dumps(modules, sort_keys=True)
    starter = inspect.getsource(memory_import)
    text = "{}\nimport json\ninstall(json.loads({!r}))\n__import__({!r})\n"
    text = text.format(starter, table, ENTRY)
    raw = text.encode("utf-8")
    return zlib.compress(raw, 6), hashlib.sha256(raw).hexdigest()
