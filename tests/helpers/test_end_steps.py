"""A guard ends the steps that began before its gate closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from remote_helpers import step_lock
from tests.helpers.enclosed import wait_for
from tests.helpers.session import REIGN, Session, session


@pytest.fixture
def helper(tmp_path: Path) -> Iterator[Session]:
    with session(tmp_path) as one:
        one.raise_epoch()
        yield one


def begun(helper: Session, folder: Path, body: str) -> None:
    helper.ask("run", shell=f"touch {folder}/begun; {body}", reign=REIGN)
    wait_for((folder / "begun").exists)


def test_nothing_to_end_takes_no_time(helper: Session, tmp_path: Path):
    assert step_lock.is_free(str(tmp_path / "web"))
    assert step_lock.end_steps(str(tmp_path / "web"), 60.0)


def test_a_step_that_does_not_end_is_killed_with_its_helper(helper: Session, tmp_path: Path):
    begun(helper, tmp_path, "sleep 60; touch done")
    free = step_lock.is_free(str(tmp_path / "web"))

    ended = step_lock.end_steps(str(tmp_path / "web"), 0.05)

    assert (free, ended) == (False, True)
    assert helper.process.wait(5) == -9
    assert not (tmp_path / "done").exists()


def test_a_step_that_ends_within_the_grace_is_left_alone(helper: Session, tmp_path: Path):
    begun(helper, tmp_path, f"while ! test -e {tmp_path}/go; do sleep 0.01; done")
    (tmp_path / "go").touch()

    ended = step_lock.end_steps(str(tmp_path / "web"), 10.0)

    assert ended
    assert helper.receive()["ok"]
