"""Runs the demo: finds out what this machine allows, starts the stage, ends with it.

Called by `hasys demo`. This process stays where the person is; it makes nothing there but, after
a failure, one file with the log.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from orchestrator.demo.isolate import isolated
from orchestrator.demo.levels import Choice, Level, choose
from orchestrator.demo.own_directories import PROJECT
from orchestrator.demo.settings import StageSettings
from orchestrator.demo.terminal import complain, show

INTERRUPTED = 130
GRACE_S = 5.0
"""For the stage to end its own after Ctrl-C, before it is killed."""


def demo(level: Level | None, *, keep: bool) -> int:
    """The exit code. Without a level: the best that works here."""
    environment = _environment()
    choice = Choice(level=level) if level is not None else choose(environment)
    if choice.why_not_more:
        show(f"Servers with networks of their own are not possible: {choice.why_not_more}")
    log = os.memfd_create("hasys-demo-log")
    # the write end is not inherited: were it, the pipe would never end
    ours, theirs = os.pipe()
    settings = StageSettings(level=choice.level, lifeline=ours, log=log, keep=keep)
    argv = [sys.executable, "-m", "orchestrator.demo.stage", *settings.as_arguments()]
    if choice.level.has_namespaces:
        argv = isolated(choice.level.stage_namespaces, argv)
    sys.stdout.flush()
    with subprocess.Popen(
        argv, env=environment, pass_fds=(ours, log), start_new_session=True
    ) as stage:
        os.close(ours)
        code = _wait(stage, theirs, keep=keep and choice.level.has_namespaces)
    if code not in (0, INTERRUPTED):
        if os.fstat(log).st_size:
            complain(f"what servers and client said: {_save(log)}")
        return 1
    return code


def _wait(stage: subprocess.Popen[bytes], lifeline: int, *, keep: bool) -> int:
    # Also where whoever started us ignores SIGINT, as a shell does for what it runs aside.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        if keep:
            _tell_outer_pid(stage, lifeline)
        return stage.wait()
    except KeyboardInterrupt:
        os.close(lifeline)
        complain("\ninterrupted; cleaning up")
        try:
            stage.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            stage.kill()
        return INTERRUPTED


def _tell_outer_pid(stage: subprocess.Popen[bytes], lifeline: int) -> None:
    """Inside its namespaces the stage cannot see how this machine numbers its processes."""
    until = time.monotonic() + GRACE_S
    while stage.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            children = Path(f"/proc/{stage.pid}/task/{stage.pid}/children").read_text().split()
            if children:
                os.write(lifeline, children[0].encode())
                return
        time.sleep(0.01)


def _environment() -> dict[str, str]:
    """The demo's commands look at the demo's files, not at those that a person has set."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("HASYS_")}
    paths = [str(PROJECT), *filter(None, [environment.get("PYTHONPATH")])]
    return environment | {"PYTHONPATH": os.pathsep.join(paths)}


def _save(log: int) -> Path:
    descriptor, name = tempfile.mkstemp(prefix="hasys-demo-", suffix=".log")
    with os.fdopen(descriptor, "wb") as file:
        size = os.fstat(log).st_size
        file.write(os.pread(log, size, 0))
    return Path(name)
