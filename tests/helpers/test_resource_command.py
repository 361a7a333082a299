"""Shell commands of the site, judged by their check and never by their own exit code alone."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.operation import OperationError
from remote_helpers.resources import command
from tests.helpers.enclosed import a_context


def spec(flag: Path, **fields: str) -> dict[str, str]:
    given = {
        "start": f"touch {flag}",
        "stop": f"rm -f {flag}",
        "check": f"test -e {flag} || exit 7",
    }
    return given | fields


def start(wanted: dict[str, str], seconds: float = 10.0) -> dict[str, Any]:
    return command.start(a_context(seconds), "site", wanted)


def stop(wanted: dict[str, str], seconds: float = 10.0) -> dict[str, Any]:
    return command.stop(a_context(seconds), "site", wanted)


def check(wanted: dict[str, str]) -> dict[str, Any]:
    return command.check(a_context(), "site", wanted)


def refusal(action: Callable[[], Any]) -> str:
    with pytest.raises(OperationError) as caught:
        action()
    return str(caught.value)


def test_it_is_started_once_and_stopped_once(tmp_path: Path):
    wanted = spec(tmp_path / "flag")
    answers = [check(wanted), start(wanted), start(wanted), stop(wanted), stop(wanted)]

    assert [(one["state"], one["changed"]) for one in answers] == [
        ("stopped", False),
        ("started", True),
        ("started", False),
        ("stopped", True),
        ("stopped", False),
    ]


@pytest.mark.parametrize(
    ("rc", "state"), [(0, "started"), (3, "stopped"), (7, "stopped"), (1, "failed"), (5, "failed")]
)
def test_the_exit_code_of_the_check_is_the_state(tmp_path: Path, rc: int, state: str):
    found = check(spec(tmp_path, check=f"echo three of four workers; exit {rc}"))

    assert found["state"] == state
    assert found["detail"] == f"check command ended with {rc}: three of four workers"


def test_a_check_that_cannot_be_executed_tells_nothing_of_the_state(tmp_path: Path):
    message = refusal(lambda: check(spec(tmp_path, check="/nonexistent/check")))

    assert message.startswith("cannot be run here: check command ended with 127")


def test_a_start_that_fails_says_how(tmp_path: Path):
    wanted = spec(tmp_path / "flag", start="echo no licence >&2; exit 2")

    message = refusal(lambda: start(wanted))

    assert message == f"start command ended with 2: {wanted['start']}; it said: no licence"


def test_a_start_that_ends_well_but_starts_nothing_is_not_believed(tmp_path: Path):
    message = refusal(lambda: start(spec(tmp_path / "flag", start="echo done"), 0.8))

    assert message.startswith("not started before the deadline, but stopped: check command ended")
    assert message.endswith("the start command ended with 0; it said: done")


def test_what_comes_up_later_is_waited_for(tmp_path: Path):
    flag = tmp_path / "flag"
    wanted = spec(flag, start=f"(sleep 0.4; touch {flag}) >/dev/null 2>&1 &")

    assert start(wanted)["state"] == "started"


def test_a_start_that_hangs_is_killed_and_told_before_the_deadline(tmp_path: Path):
    began = time.monotonic()
    message = refusal(lambda: start(spec(tmp_path / "flag", start="sleep 60"), 2.0))

    assert time.monotonic() - began < 2.0
    assert message.startswith("start command killed, not done after ")
