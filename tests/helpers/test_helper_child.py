"""Children: bounded in time and output, with all they were given, in nobody's way."""

import errno
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from remote_helpers.child import Children
from remote_helpers.operation import Context, OperationError

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@pytest.fixture
def context() -> Context:
    return Context("web", time.monotonic() + 20, Children())


def failure(action: Callable[..., Any], *args: Any, **options: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        action(*args, **options)
    return caught.value


def test_argv_is_run_as_it_is(context: Context):
    done = context.run(["printf", "%s|", "a b", "$HOME", ";"])

    assert (done.rc, done.stdout, done.stderr) == (0, "a b|$HOME|;|", "")


def test_a_signal_is_a_negative_exit_code(context: Context):
    assert context.run("kill -KILL $$").rc == -9


def test_input_larger_than_a_pipe_goes_in_and_comes_out(context: Context):
    text = "0123456789" * 100000

    done = context.run(["cat"], stdin=text, output_limit=2000000)

    assert done.stdout == text
    assert not done.truncated


def test_input_that_nobody_reads_is_no_error(context: Context):
    assert context.run(["true"], stdin="x" * 1000000).rc == 0


def test_without_input_stdin_has_ended(context: Context):
    assert context.run(["cat"]).stdout == ""


@AS_ROOT
def test_it_can_be_somebody_else(context: Context, tmp_path: Path):
    done = context.run('id -un; echo "$USER $HOME"', user="nobody", directory="/")

    assert done.stdout.splitlines()[0] == "nobody"
    assert done.stdout.splitlines()[1].startswith("nobody /")


@pytest.mark.parametrize(
    ("options", "word"),
    [({}, "/no/such"), ({"directory": "/no/where"}, "/no/"), ({"user": "no-such"}, "no-such")],
)
def test_what_cannot_start_is_named(context: Context, options: dict[str, Any], word: str):
    problem = failure(context.run, ["/no/such"], **options)

    assert problem.kind == "unsupported"
    assert word in problem.message


def test_a_timeout_of_its_own_is_data_the_deadline_is_an_error(context: Context):
    assert context.run(["sleep", "30"], timeout=0.2).timed_out is True

    problem = failure(context.until(0.2).run, "echo before; sleep 30")

    assert problem.kind == "timed-out"
    assert problem.detail["stdout"] == "before\n"


def test_it_may_tidy_up_when_its_time_is_over(context: Context, tmp_path: Path):
    done = context.run(
        f"trap 'echo tidy; exit 0' TERM; touch {tmp_path}/up; while :; do sleep 0.01; done",
        timeout=1,
    )

    assert done.timed_out is True
    assert done.stdout == "tidy\n"


def test_cancelling_ends_it(context: Context):
    threading.Timer(0.1, context.cancelled.set).start()
    began = time.monotonic()

    problem = failure(context.run, "trap '' TERM; sleep 30")

    assert problem.kind == "cancelled"
    assert time.monotonic() - began < 2


def test_cancelling_wakes_a_sleep(context: Context):
    threading.Timer(0.1, context.cancelled.set).start()

    assert failure(context.sleep, 30).kind == "cancelled"
    assert failure(context.run, ["true"]).kind == "cancelled"


def test_a_daemon_that_keeps_the_pipes_is_reported_and_not_waited_for(context: Context):
    began = time.monotonic()

    done = context.run("sleep 30 & echo $!")

    assert time.monotonic() - began < 1
    assert done.output_held is True
    psutil.Process(int(done.stdout)).kill()


def test_a_detached_process_keeps_nothing_of_ours(context: Context, tmp_path: Path):
    out = tmp_path / "out"
    pid = context.spawn_detached(
        f'echo "$WORD $PWD" > {out}; exec sleep 30',
        "test",
        environment={"WORD": "hello"},
        directory=str(tmp_path),
    )

    process = psutil.Process(pid)
    try:
        end = time.monotonic() + 5
        while (  # while it is loading its libraries, it has them open
            process.cmdline() != ["sleep", "30"]
            or sorted(each.name for each in Path(f"/proc/{pid}/fd").iterdir()) != ["0", "1", "2"]
        ):
            assert time.monotonic() < end
        assert out.read_text() == f"hello {tmp_path}\n"
        assert process.ppid() != os.getpid()
        assert os.getsid(pid) != os.getsid(0)
        assert os.getpgid(pid) != os.getpgid(0)
        assert Path(f"/proc/{pid}/oom_score_adj").read_text() == "0\n"
        assert "SSH_CONNECTION" not in process.environ()
    finally:
        process.kill()


@AS_ROOT
def test_a_detached_process_can_be_somebody_else(context: Context):
    pid = context.spawn_detached(["sleep", "30"], "test", user="nobody")

    process = psutil.Process(pid)
    assert process.username() == "nobody"
    process.kill()


@pytest.mark.parametrize(
    ("options", "word"),
    [({}, "/no/such"), ({"directory": "/no/where"}, "/no/where"), ({"user": "no-such"}, "no-such")],
)
def test_what_cannot_be_detached_is_named(context: Context, options: dict[str, Any], word: str):
    assert word in failure(context.spawn_detached, ["/no/such"], "test", **options).message


def test_on_a_server_run_by_systemd_it_goes_into_a_scope_of_its_own(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fake = tmp_path / "systemd-run"
    fake.write_text(
        f'#!/bin/sh\necho "$@" > {tmp_path}/args\n'
        'while [ "$1" != -- ]; do shift; done; shift; exec "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setattr("remote_helpers.detached.SYSTEMD_RUN", str(fake))
    monkeypatch.setattr("remote_helpers.detached.SYSTEMD_IS_INIT", str(tmp_path))

    pid = context.spawn_detached(["sleep", "30"], "web/api")

    psutil.Process(pid).kill()
    assert (tmp_path / "args").read_text().startswith("--scope --quiet")


def test_what_systemd_refuses_is_said(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    fake = tmp_path / "systemd-run"
    fake.write_text("#!/bin/sh\necho 'Failed to connect to bus' >&2; exit 1\n")
    fake.chmod(0o755)
    monkeypatch.setattr("remote_helpers.detached.SYSTEMD_RUN", str(fake))
    monkeypatch.setattr("remote_helpers.detached.SYSTEMD_IS_INIT", str(tmp_path))

    problem = failure(context.spawn_detached, ["sleep", "30"], "web/api")

    assert "Failed to connect to bus" in problem.message


def test_a_child_of_a_session_that_is_ending_dies_too(context: Context):
    context.children.kill_all()

    assert context.run(["sleep", "30"]).rc == -9


def test_a_server_that_has_no_process_to_give_is_not_one_without_the_program(
    context: Context, monkeypatch: pytest.MonkeyPatch
):
    def refuse(*_args: object, **_options: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr("subprocess.Popen", refuse)

    with pytest.raises(BlockingIOError):
        context.run(["true"])
