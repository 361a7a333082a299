"""Real processes: found again by what they are, counted, and started for good."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.operation import OperationError
from remote_helpers.resources.processes import kin_of
from tests.helpers.enclosed import wait_for
from tests.helpers.service import DAEMON, Service, alive, parent_of, pid_in, words


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


def test_neither_the_start_shell_nor_a_check_command_counts(service: Service):
    shell = f"{service.program} --serve; true"  # the shell stays, with the pattern in its arguments
    spec = service.spec(start=shell, count_max=1, check=f"pgrep -f '{service.name} --serve'")

    started = service.start(spec)
    stopped = service.stop(spec)

    assert started["detail"].startswith("1 process (")
    assert stopped["state"] == "stopped"
    assert service.marked() == []


def test_our_own_children_do_not_count(service: Service):
    """A command that is running for another resource, with the pattern in its arguments."""
    with subprocess.Popen([service.program, "--serve"]) as child:
        line = Path(f"/proc/{child.pid}/cmdline")
        wait_for(lambda: line.exists() and "--serve" in line.read_text())
        found = service.check(service.spec())
        child.kill()

    assert found["state"] == "stopped"


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


def test_a_stranger_that_a_stale_pid_file_names_is_not_killed(service: Service):
    stranger = service.by_hand("sleep", "300")
    pid_file = service.folder / "pid"
    pid_file.write_text(str(stranger))

    with pytest.raises(OperationError, match=f"names {stranger}.* did not start"):
        service.stop({"start": service.program, "pid_file": str(pid_file)})

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
    service.writes("sleep 0.02; exit 9")

    assert "the start command ended with 9" in service.refusal(
        lambda: service.start(service.spec())
    )


def test_what_never_comes_up_is_told_before_the_deadline(service: Service):
    began = time.monotonic()
    message = service.refusal(lambda: service.start(service.spec(start="true"), 2.0))

    assert time.monotonic() - began < 2.0
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

    assert 0.4 < took < 5.0
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


def test_a_start_that_was_given_up_and_still_goes_on_is_not_stopped(service: Service):
    service.writes("sleep 300; exec never")
    spec = service.spec(start=str(service.program), pattern="no-such-process-yet$")
    with pytest.raises(OperationError, match="not started before the deadline"):
        service.start(spec, 1.0)
    seen = service.check(spec)

    assert seen["state"] == "failed"
    assert "of its start there is still" in seen["detail"]
    assert service.stop(spec)["state"] == "stopped"
    assert service.check(spec)["state"] == "stopped"


def test_a_pid_file_that_cannot_be_read_is_not_taken_for_none(service: Service):
    folder = service.folder / "pid"
    folder.mkdir()  # reads as an error even for root, as a file on a dead disk does
    spec = service.spec(pattern=None, pid_file=str(folder))

    assert "cannot read" in service.refusal(lambda: service.check(spec))
