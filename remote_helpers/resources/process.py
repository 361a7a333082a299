"""Processes known by their command line, a pid file or a check command.

Nothing about them is kept between operations: whoever asks, from whichever helper, finds them
again by what they are.
"""

from typing import Any, Dict, List, Mapping, Set

from remote_helpers.operation import Context, OperationError, state
from remote_helpers.resources.ending import belonging, described, kill, terminate, wait_for_end
from remote_helpers.resources.known import Wanted, known, pid_in, shells_of, wanted_of
from remote_helpers.resources.launch import How, Launched, launch, output_of
from remote_helpers.resources.processes import marked, with_environment
from remote_helpers.resources.waiting import REPORT_IN_S, shown, wait_for

Spec = Mapping[str, Any]

MARK = "HASYS_RESOURCE"
"""In the environment of all that a start command starts, so that a stop finds what is left of it
even where nothing else tells: workers of a dead parent match no pattern."""

SECOND_LOOK_S = 0.1
"""A program that ends at once (port in use, file missing) is there for a moment. Not needed where
a check command says that it serves."""

SETTLE_S = 5.0
"""How long a start waits for processes that are there already but too few: an earlier start, cut
off from its controller, may still be bringing them up."""


def check(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    """Not stopped while anything of it is there: a start command that was given up and still goes
    on, workers of a dead parent, a service that does not answer its check.
    """
    seen = _look(context, wanted_of(spec))
    left = marked(MARK, _mark(context, name)) if seen["state"] == "stopped" else []
    if not left:
        return seen
    detail = "{}, but of its start there is still {}".format(seen["detail"], described(set(left)))
    return state("failed", False, detail)


def start(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    wanted = wanted_of(spec)
    before = _look(context, wanted)
    began = context.remaining()
    while _may_come_up(before, wanted) and began - context.remaining() < SETTLE_S:
        context.sleep(0.1)
        before = _look(context, wanted)
    if before["state"] == "started":
        return before
    if before["state"] == "failed":
        raise OperationError("failed", "not started, stop it first: {}".format(before["detail"]))
    journal_name = "hasys-{}-{}".format(context.group, name)
    environment = dict(wanted.environment)
    environment[MARK] = _mark(context, name)
    how = How(wanted.start, journal_name, environment, wanted.directory, wanted.user)
    launched = launch(context, how)
    try:
        after = wait_for(
            context,
            "started",
            lambda: _look_at_start(context, wanted, launched, journal_name),
            "the start command was: " + wanted.start,
        )
    finally:
        launched.close()
    return state("started", True, str(after["detail"]))


def stop(context: Context, name: str, spec: Spec) -> Dict[str, Any]:
    wanted = wanted_of(spec)
    own = Own(context, name, wanted)
    before = _look(context, wanted)
    if before["state"] == "stopped" and not own.pids():
        return before
    own.refuse_strangers()
    kill_in = min(2.0, context.remaining() / 4)
    tail = _run_stop_command(context, wanted, kill_in) if wanted.stop else ""
    if not wanted.stop or tail:
        terminate(own.pids())
    _wait_until_gone(context, own, wanted, kill_in)
    if _look(context, wanted)["state"] != "stopped" or own.pids():
        kill(own.pids())
    left = wait_for_end(context, own.pids, REPORT_IN_S)
    if left:
        message = "still there after SIGKILL: {}{}".format(described(left), tail)
        raise OperationError("failed", message, {"pids": sorted(left)})
    after = wait_for(
        context,
        "stopped",
        lambda: _look(context, wanted),
        "no process of it was found that could be ended: give it a stop command" + tail,
    )
    return state("stopped", True, str(after["detail"]) + tail)


def hindrance(_context: Context, verb: str, spec: Spec, seen: Mapping[str, Any]) -> str:
    wanted = wanted_of(spec)
    if verb == "start" and seen["state"] == "failed" and not _may_come_up(seen, wanted):
        return "not started, stop it first: {}".format(seen["detail"])
    return ""


def _may_come_up(seen: Mapping[str, Any], wanted: Wanted) -> bool:
    """Too many do not become fewer; too few, or not serving yet, may be on the way."""
    too_many = wanted.count_max is not None and len(known(wanted)) > wanted.count_max
    return seen["state"] == "failed" and not too_many


class Own:
    """What belongs to the resource now; more than what it is known by."""

    def __init__(self, context: Context, name: str, wanted: Wanted) -> None:
        self._mark = _mark(context, name)
        self._wanted = wanted

    def refuse_strangers(self) -> None:
        """A number in a pid file that outlived its process (a reboot, a shared disk) may have gone
        to somebody else: without pattern or stop command nothing else is killed by it.
        """
        if self._wanted.pattern is not None or self._wanted.stop or self._wanted.pid_file is None:
            return
        strangers = set(known(self._wanted)) - set(with_environment(MARK, self._mark))
        if strangers:
            message = "{} names {}, which this resource did not start: {}"
            advice = "give it a pattern or a stop command, or remove a stale file"
            raise OperationError(
                "failed", message.format(self._wanted.pid_file, described(strangers), advice)
            )

    def pids(self) -> Set[int]:
        marked = set(with_environment(MARK, self._mark))
        return belonging(set(known(self._wanted)), marked, shells_of(self._wanted))


def _run_stop_command(context: Context, wanted: Wanted, kill_in: float) -> str:
    """Empty when it did its work; else what to say of it."""
    assert wanted.stop is not None  # noqa: S101 - for the type checker
    done = context.run(
        wanted.stop,
        environment=wanted.environment,
        directory=wanted.directory,
        user=wanted.user,
        timeout=max(context.remaining() - kill_in, 0.0),
    )
    if done.timed_out:
        return "; the stop command did not end in time and was killed"
    if done.rc != 0:
        said = shown(done.stderr or done.stdout)
        return "; the stop command ended with {}{}".format(done.rc, ": " + said if said else "")
    return ""


def _wait_until_gone(context: Context, own: Own, wanted: Wanted, kill_in: float) -> None:
    pause = 0.01
    while context.remaining() > kill_in:
        if not own.pids() and _look(context, wanted)["state"] == "stopped":
            return
        context.sleep(max(0.0, min(pause, context.remaining() - kill_in)))
        pause = min(pause * 1.5, 0.25)


def _look_at_start(
    context: Context, wanted: Wanted, launched: Launched, journal_name: str
) -> Dict[str, Any]:
    """A look, unless the start command has ended badly: then there is nothing to wait for."""
    rc = launched.ended()
    if launched.problem:
        raise OperationError("failed", "cannot execute the start command: " + launched.problem)
    if rc is not None and rc != 0:
        seen = _look(context, wanted)
        how = "was ended by signal {}".format(-rc) if rc < 0 else "ended with {}".format(rc)
        message = "the start command {}; {}; {}".format(
            how, seen["detail"], output_of(context, journal_name)
        )
        raise OperationError("failed", message, {"rc": rc})
    seen = _look(context, wanted)
    if seen["state"] == "started" and wanted.check is None:
        context.sleep(min(SECOND_LOOK_S, context.remaining() / 2))
        seen = _look(context, wanted)
    return seen


def _look(context: Context, wanted: Wanted) -> Dict[str, Any]:
    if wanted.pattern is None and wanted.pid_file is None:
        return _ask(context, wanted)
    counted = _counted(wanted, known(wanted))
    if counted["state"] != "started" or wanted.check is None:
        return counted
    asked = _ask(context, wanted)
    if asked["state"] == "started":
        return counted
    return state("failed", False, "{}, but {}".format(counted["detail"], asked["detail"]))


def _ask(context: Context, wanted: Wanted) -> Dict[str, Any]:
    assert wanted.check is not None  # noqa: S101 - for the type checker
    done = context.run(
        wanted.check,
        environment=wanted.environment,
        directory=wanted.directory,
        user=wanted.user,
    )
    said = shown(done.stderr or done.stdout)
    detail = "check command ended with {}".format(done.rc) + (": " + said if said else "")
    if done.rc in (126, 127):
        raise OperationError("unsupported", "cannot be run here: " + detail)
    return state("started" if done.rc == 0 else "stopped", False, detail)


def _counted(wanted: Wanted, pids: List[int]) -> Dict[str, Any]:
    if not pids:
        return state("stopped", False, "no process" + _of_what(wanted))
    count = len(pids)
    shown_pids = ", ".join(str(pid) for pid in pids[:5]) + (", ..." if count > 5 else "")
    detail = "{} process{} ({})".format(count, "" if count == 1 else "es", shown_pids)
    if wanted.pid_file is not None and pid_in(wanted.pid_file) not in pids:
        trouble = "{}, but {} names none of them".format(detail, wanted.pid_file)
        return state("failed", False, trouble)
    if count < wanted.count_min:
        return state("failed", False, "{}, at least {} wanted".format(detail, wanted.count_min))
    if wanted.count_max is not None and count > wanted.count_max:
        return state("failed", False, "{}, at most {} wanted".format(detail, wanted.count_max))
    return state("started", False, detail)


def _of_what(wanted: Wanted) -> str:
    if wanted.pattern is not None:
        return " matches " + wanted.pattern.pattern
    return ": {} names none that runs".format(wanted.pid_file)


def _mark(context: Context, name: str) -> str:
    return "{}/{}".format(context.group, name)
