"""Real processes: found again by what they are, counted, started for good, stopped whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.operation import OperationError
from remote_helpers.resources import process
from remote_helpers.resources.processes import kin_of, with_environment
from tests.helpers.enclosed import a_context, root, wait_for

__all__ = ["root"]


class Service:
    """A program with a name of its own, so that tests beside each other do not meet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = "svc-" + uuid.uuid4().hex[:12]
        self.program = folder / self.name
        self.group = "g-" + self.name
        self.writes("exec sleep 300")

    def writes(self, body: str) -> None:
        self.program.write_text(f"#!/bin/sh\n{body}\n")
        self.program.chmod(0o755)

    def python(self, body: str) -> None:
        self.program.write_text(f"#!{sys.executable} -S\n{body}\n")
        self.program.chmod(0o755)

    def spec(self, **fields: Any) -> dict[str, Any]:
        """It is known by the argument that it is started with."""
        return {"start": f"exec {self.program} --serve", "pattern": f"{self.name} --serve"} | fields

    def start(self, spec: dict[str, Any], seconds: float = 10.0) -> dict[str, Any]:
        return process.start(a_context(seconds, self.group), "api", spec)

    def stop(self, spec: dict[str, Any], seconds: float = 10.0) -> dict[str, Any]:
        return process.stop(a_context(seconds, self.group), "api", spec)

    def check(self, spec: dict[str, Any]) -> dict[str, Any]:
        return process.check(a_context(5.0, self.group), "api", spec)

    def refusal(self, action: Callable[[], Any]) -> str:
        with pytest.raises(OperationError) as caught:
            action()
        return str(caught.value)

    def marked(self) -> list[int]:
        return with_environment(process.MARK, f"{self.group}/api")

    def by_hand(self, *argv: str) -> int:
        """As a person would start it in a shell: a child of nobody here, without our mark."""
        told = self.folder / f"pid-{uuid.uuid4().hex}"
        script = f"setsid {' '.join(argv)} >/dev/null 2>&1 & echo $! > {told}"
        subprocess.run(["/bin/sh", "-c", f"({script})"], check=True)
        wait_for(lambda: told.exists() and told.read_text().strip() != "")
        pid = int(told.read_text())
        self.cleanup.append(pid)
        return pid

    cleanup: list[int]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    made.cleanup = []
    made.python(LOOP)
    yield made
    for pid in [*made.marked(), *made.cleanup]:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


LOOP = "import signal\nwhile True: signal.pause()"

STUBBORN = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + LOOP

FAMILY = """
import os, signal, sys
if os.fork() == 0:
    os.execv("/bin/sleep", ["sleep", "300"])
while True: signal.pause()
"""

DAEMON = """
import os, signal, sys
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
open(sys.argv[2], "w").write(str(os.getpid()))
while True: signal.pause()
"""


def words(answers: list[dict[str, Any]]) -> list[tuple[str, bool]]:
    return [(one["state"], one["changed"]) for one in answers]


def pid_in(answer: dict[str, Any]) -> int:
    return int(answer["detail"].split("(")[1].split(")")[0])


def alive(pid: int) -> bool:
    kin = kin_of(pid)
    return kin is not None and not kin.ended


def test_it_is_started_once_and_stopped_once(service: Service):
    spec = service.spec()
    answers = [service.check(spec), service.start(spec), service.start(spec), service.check(spec)]
    answers += [service.stop(spec), service.stop(spec), service.check(spec)]

    assert words(answers) == [
        ("stopped", False),
        ("started", True),
        ("started", False),
        ("started", False),
        ("stopped", True),
        ("stopped", False),
        ("stopped", False),
    ]
    assert answers[1]["detail"].startswith("1 process (")


def test_what_was_started_is_nobodys_child_in_a_session_of_its_own(service: Service):
    pid = pid_in(service.start(service.spec()))
    wait_for(lambda: parent_of(pid) == 1)  # the watcher of the start is gone, too
    kin = kin_of(pid)

    assert kin is not None
    assert kin.session == pid


def parent_of(pid: int) -> int:
    kin = kin_of(pid)
    return kin.parent if kin is not None else 0


def test_neither_the_start_shell_nor_a_check_command_counts(service: Service):
    shell = f"{service.program} --serve; true"  # the shell stays, with the pattern in its arguments
    spec = service.spec(start=shell, count_max=1, check=f"pgrep -f '{service.name} --serve'")

    started = service.start(spec)
    stopped = service.stop(spec)

    assert started["detail"].startswith("1 process (")
    assert stopped["state"] == "stopped"
    assert service.marked() == []


def test_a_person_who_reads_a_file_of_the_service_does_not_count(service: Service):
    service.by_hand("sleep", "300")
    spec = service.spec(pattern=f"{service.name}|sleep 300", user="nobody")

    assert service.check(spec)["state"] == "stopped"


def test_a_start_command_may_go_into_the_background_and_leave_a_pid_file(service: Service):
    service.python(DAEMON)
    pid_file = service.folder / "pid"
    spec = {"start": f"{service.program} --serve {pid_file}", "pid_file": str(pid_file)}

    started = service.start(spec)
    stopped = service.stop(spec)

    assert started["detail"] == f"1 process ({pid_file.read_text()})"
    assert words([started, stopped]) == [("started", True), ("stopped", True)]


def test_a_pid_file_whose_number_went_to_a_stranger_is_found_out_by_the_pattern(service: Service):
    stranger = service.by_hand("sleep", "300")
    pid_file = service.folder / "pid"
    pid_file.write_text(str(stranger))
    spec = service.spec(pid_file=str(pid_file))

    assert service.check(spec)["state"] == "stopped"
    service.stop(spec)
    assert alive(stranger)


def test_running_without_its_pid_file_is_a_failure(service: Service):
    service.start(service.spec())
    found = service.check(service.spec(pid_file="/nonexistent/pid"))

    assert found["state"] == "failed"
    assert found["detail"].endswith("but /nonexistent/pid names none of them")


@pytest.mark.parametrize(
    ("bounds", "state", "tail"),
    [
        ({"count_min": 1, "count_max": 1}, "failed", "at most 1 wanted"),
        ({"count_min": 2, "count_max": 2}, "started", ""),
        ({"count_min": 3}, "failed", "at least 3 wanted"),
        ({}, "started", ""),
    ],
)
def test_processes_are_counted(service: Service, bounds: dict[str, int], state: str, tail: str):
    for _ in range(2):
        service.by_hand(str(service.program), "--serve")
    wait_for(lambda: service.check(service.spec())["detail"].startswith("2 "))
    found = service.check(service.spec(**bounds))

    assert found["state"] == state
    assert found["detail"].endswith(tail)


def test_too_many_are_not_added_to(service: Service):
    for _ in range(2):
        service.by_hand(str(service.program), "--serve")
    wait_for(lambda: service.check(service.spec())["detail"].startswith("2 "))

    message = service.refusal(lambda: service.start(service.spec(count_max=1), 6.0))

    assert message.startswith("not started, stop it first: 2 processes (")


def test_a_start_command_that_fails_says_how_and_where_its_words_went(service: Service):
    message = service.refusal(lambda: service.start(service.spec(start="exit 3")))

    assert message.startswith(
        f"the start command ended with 3; no process matches {service.name} --serve; its output"
    )


def test_a_program_that_ends_right_after_its_start_did_not_start(service: Service):
    service.python("import time, sys\ntime.sleep(0.06)\nsys.exit(9)")

    assert "the start command ended with 9" in service.refusal(
        lambda: service.start(service.spec())
    )


def test_what_never_comes_up_is_told_before_the_deadline(service: Service):
    began = time.monotonic()
    message = service.refusal(lambda: service.start(service.spec(start="true"), 1.0))

    assert time.monotonic() - began < 1.0
    assert message.startswith("not started before the deadline, but stopped: no process matches")
    assert message.endswith("the start command was: true")


def test_a_check_command_decides_when_it_serves(service: Service):
    ready = service.folder / "ready"
    spec = service.spec(check=f"test -e {ready}")
    timer = threading.Timer(0.5, ready.touch)
    timer.start()
    began = time.monotonic()
    service.start(spec)
    took = time.monotonic() - began
    ready.unlink()
    hollow = service.check(spec)
    timer.join()

    assert 0.4 < took < 2.0
    assert hollow["state"] == "failed"
    assert hollow["detail"].endswith("but check command ended with 1")


@pytest.mark.usefixtures("root")
def test_it_runs_as_its_user_in_its_directory_with_its_environment(service: Service):
    service.folder.chmod(0o777)
    said = service.folder / "said"
    command = f'echo "$(id -un) $(pwd) $COLOUR" > {said}; exec sleep 4711'
    spec = {
        "start": command,
        "pattern": "^sleep 4711$",
        "user": "nobody",
        "directory": "/usr",
        "environment": {"COLOUR": "blue"},
    }
    for parent in service.folder.parents[:3]:
        parent.chmod(parent.stat().st_mode | 0o055)
    service.start(spec)

    assert said.read_text() == "nobody /usr blue\n"
    assert service.stop(spec)["state"] == "stopped"


def test_an_unknown_user_is_named(service: Service):
    message = service.refusal(lambda: service.start(service.spec(user="nosuchuser")))

    assert message == "there is no user nosuchuser on this server"


def test_a_directory_that_is_not_there_is_named(service: Service):
    message = service.refusal(lambda: service.start(service.spec(directory="/nonexistent")))

    assert message.startswith("cannot execute the start command: ")
    assert "/nonexistent" in message


def test_a_stop_takes_the_children_that_match_nothing(service: Service):
    service.python(FAMILY)
    service.start(service.spec())
    wait_for(lambda: len(service.marked()) == 2)
    service.stop(service.spec())

    assert service.marked() == []


def test_a_stop_takes_the_orphans_of_a_dead_parent(service: Service):
    service.python(FAMILY)
    parent = pid_in(service.start(service.spec()))
    wait_for(lambda: len(service.marked()) == 2)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: len(service.marked()) == 1)
    stopped = service.stop(service.spec())

    assert words([stopped]) == [("stopped", True)]
    assert service.marked() == []


def test_a_stop_spares_what_a_person_runs_in_the_same_session(service: Service):
    stranger = service.folder / "stranger"
    own = service.folder / "own"
    script = f"sleep 300 & echo $! > {stranger}\n{service.program} --serve & echo $! > {own}\nwait"
    shell = service.folder / "a-persons-shell"
    shell.write_text(script)
    leader = service.by_hand("/bin/sh", str(shell))
    wait_for(lambda: own.exists() and service.check(service.spec())["state"] == "started")
    service.cleanup.append(int(stranger.read_text()))
    service.stop(service.spec())

    assert not alive(int(own.read_text()))
    assert alive(int(stranger.read_text()))
    assert alive(leader)


def test_what_ignores_sigterm_is_killed_before_the_deadline(service: Service):
    service.python(STUBBORN)
    service.start(service.spec())
    began = time.monotonic()
    stopped = service.stop(service.spec(), 1.2)
    took = time.monotonic() - began

    assert stopped["state"] == "stopped"
    assert 0.8 < took < 1.2


def test_what_is_frozen_is_stopped_all_the_same(service: Service):
    pid = pid_in(service.start(service.spec()))
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    service.stop(service.spec())

    assert time.monotonic() - began < 1.0
    assert not alive(pid)


def test_a_stop_command_does_it_and_is_helped_where_it_fails(service: Service):
    service.start(service.spec())
    done = service.stop(service.spec(stop=f"pkill -f '^[^ ]*python.*{service.name} --serve'"))
    service.start(service.spec())
    helped = service.stop(service.spec(stop="echo no such thing >&2; exit 4"))

    assert words([done, helped]) == [("stopped", True), ("stopped", True)]
    assert done["detail"] == f"no process matches {service.name} --serve"
    assert helped["detail"].endswith("; the stop command ended with 4: no such thing")


def test_a_service_known_by_its_check_alone_is_stopped_by_the_mark_of_its_start(service: Service):
    spec = {
        "start": f"exec {service.program} --serve",
        "check": f"pgrep -f '^[^ ]*python.*{service.name} --serve'",
    }
    answers = [service.start(spec), service.stop(spec)]

    assert words(answers) == [("started", True), ("stopped", True)]


def test_what_cannot_be_found_cannot_be_stopped_and_says_so(service: Service):
    spec = {"start": "true", "check": "true"}
    message = service.refusal(lambda: service.stop(spec, 1.0))

    assert "give it a stop command" in message


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        ({"pattern": "("}, "no regular expression"),
        ({"pattern": None}, "pattern, pid_file or check"),
    ],
)
def test_a_definition_that_cannot_work_is_our_mistake(
    service: Service, fields: dict[str, Any], word: str
):
    assert word in service.refusal(lambda: service.check(service.spec(**fields)))
