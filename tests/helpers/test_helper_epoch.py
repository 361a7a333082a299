"""Who may change a server: one reign at a time, and what is under way is waited for."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.helpers.session import REIGN, Session, session


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "var" / "state"


@pytest.fixture
def helper(state: Path) -> Iterator[Session]:
    state.parent.mkdir()
    with session(state) as one:
        yield one


@pytest.fixture
def record_file(state: Path) -> Path:
    return state / "web" / "epoch.json"


def touch(helper: Session, path: Path, **changes: object) -> dict[str, object]:
    return helper.call("run", argv=["touch", str(path)], reign={**REIGN, **changes})


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_raising_registers_the_group(helper: Session, state: Path, record_file: Path):
    assert helper.call("epoch.read", group="web")["data"] == {"record": None}

    raised = helper.raise_epoch()["data"]

    assert raised == {"promised": 3, "reigning": 0, "controller": "c-1", "run": "r-1", "counter": 1}
    assert json.loads(record_file.read_text()) == raised
    assert helper.call("epoch.read", group="web")["data"] == {"record": raised}
    assert state.stat().st_mode & 0o777 == 0o700
    assert record_file.parent.stat().st_mode & 0o777 == 0o700
    assert record_file.stat().st_mode & 0o777 == 0o600


def test_the_active_server_notes_its_reign(helper: Session):
    assert helper.raise_epoch(reigning=True)["data"]["reigning"] == 3
    later = helper.raise_epoch(epoch=9)["data"]

    assert (later["promised"], later["reigning"], later["counter"]) == (9, 3, 2)


def test_nothing_is_done_for_a_group_that_is_not_registered(helper: Session, tmp_path: Path):
    reply = touch(helper, tmp_path / "proof")

    assert reply["error"]["kind"] == "not-registered"
    assert not (tmp_path / "proof").exists()


def test_only_the_promised_reign_may_act(helper: Session, tmp_path: Path):
    helper.raise_epoch()
    others: list[tuple[dict[str, object], str]] = [
        ({"epoch": 2}, "stale-epoch"),
        ({"epoch": 4}, "not-registered"),
        ({"controller": "c-2"}, "stale-epoch"),
        ({"run": "r-2"}, "stale-epoch"),
    ]

    for changes, kind in others:
        assert touch(helper, tmp_path / "proof", **changes)["error"]["kind"] == kind

    assert not (tmp_path / "proof").exists()
    assert touch(helper, tmp_path / "proof")["ok"] is True


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        ({"epoch": 2}, False),
        ({"controller": "c-2"}, False),
        ({"run": "r-2"}, False),
        ({}, True),
        ({"epoch": 4, "controller": "c-2", "run": "r-2"}, True),
    ],
)
def test_only_a_higher_epoch_or_the_same_reign_is_promised(
    helper: Session, changes: dict[str, object], *, accepted: bool
):
    before = helper.raise_epoch()["data"]

    reply = helper.raise_epoch(**changes)

    assert reply["ok"] is accepted
    if not accepted:
        assert reply["error"]["kind"] == "stale-epoch"
        assert reply["error"]["detail"]["promised"] == 3
        assert helper.call("epoch.read", group="web")["data"]["record"] == before


DAMAGED = (
    "",
    "{",
    '{"promised": 3',
    "[]",
    "null",
    '{"promised": 3}',
    '{"promised": "3", "reigning": 0, "controller": "c-1", "run": "r-1", "counter": 1}',
    '{"promised": true, "reigning": 0, "controller": "c-1", "run": "r-1", "counter": 1}',
    '{"promised": -3, "reigning": 0, "controller": "c-1", "run": "r-1", "counter": 1}',
    '{"promised": 3, "reigning": 4, "controller": "c-1", "run": "r-1", "counter": 1}',
    '{"promised": 3, "reigning": 0, "controller": null, "run": "r-1", "counter": 1}',
    '{"promised": 3, "reigning": 0, "controller": "\udcff", "run": 1, "counter": 1}',
)


def test_a_damaged_record_stops_everything(helper: Session, record_file: Path, tmp_path: Path):
    helper.raise_epoch()
    for content in DAMAGED:
        written = content.encode("utf-8", "surrogateescape")
        record_file.write_bytes(written)

        for reply in (
            helper.call("epoch.read", group="web"),
            helper.raise_epoch(epoch=99),
            touch(helper, tmp_path / "proof"),
            helper.call("epoch.release", reign=REIGN),
        ):
            assert reply["error"]["kind"] == "failed", content
            assert str(record_file) in reply["error"]["message"]
        assert not (tmp_path / "proof").exists()
        assert record_file.read_bytes() == written


def test_a_groups_name_cannot_leave_the_folder(helper: Session):
    for group in ("", ".", "..", "../web", "a/b", "a\0b", "-x", "x" * 65, "web\n"):
        assert helper.raise_epoch(group=group)["error"]["kind"] == "bad-request", group


def test_two_controllers_the_higher_epoch_rules(helper: Session, state: Path, tmp_path: Path):
    with session(state) as other:
        helper.raise_epoch()
        other.raise_epoch(epoch=4, controller="c-2", run="r-9")

        refused = touch(helper, tmp_path / "proof")
        done = touch(other, tmp_path / "proof", epoch=4, controller="c-2", run="r-9")

    assert refused["error"]["kind"] == "stale-epoch"
    assert refused["error"]["detail"]["controller"] == "c-2"
    assert done["ok"] is True


def test_raising_waits_for_a_step_in_progress(helper: Session, state: Path, tmp_path: Path):
    helper.raise_epoch()
    step = helper.ask("run", shell=f"sleep 0.5; touch {tmp_path / 'proof'}", reign=REIGN)
    time.sleep(0.1)

    with session(state) as other:
        assert other.raise_epoch(epoch=4)["ok"] is True

    assert (tmp_path / "proof").exists(), "it did not wait"
    assert helper.receive()["id"] == step


def test_raising_gives_up_at_its_deadline_and_names_the_step(
    helper: Session, state: Path, tmp_path: Path
):
    helper.raise_epoch()
    helper.ask("run", shell="sleep 30; exit 0", reign=REIGN, deadline_s=30)
    time.sleep(0.1)

    with session(state) as other:
        reply = other.call("epoch.raise", **{**REIGN, "epoch": 4}, deadline_s=1)

        assert reply["error"]["kind"] == "busy"
        assert "sleep 30" in reply["error"]["message"]
        assert other.call("epoch.read", group="web")["data"]["record"]["promised"] == 3
    helper.ask("ping")
    assert helper.receive()["ok"] is True
    assert touch(helper, tmp_path / "proof")["ok"] is True, "the turnstile is open again"


def test_what_a_dead_helper_left_under_way_is_ended_before_the_epoch_rises(
    helper: Session, state: Path, tmp_path: Path
):
    """A child that left its process group and outlives the helper still is a step in progress."""
    proof = tmp_path / "proof"
    helper.raise_epoch()
    shell = f"setsid sh -c 'echo $$ > {tmp_path}/pid; sleep 30; touch {proof}' & wait"
    helper.ask("run", shell=shell, reign=REIGN, deadline_s=30)
    end = time.monotonic() + 5
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text().strip():
        assert time.monotonic() < end
    helper.process.kill()
    helper.process.wait()

    with session(state) as other:
        assert other.raise_epoch(epoch=4)["ok"] is True

    assert has_ended(int((tmp_path / "pid").read_text()))
    assert not proof.exists()


def test_what_a_step_leaves_running_on_purpose_holds_nothing_up(helper: Session, tmp_path: Path):
    helper.raise_epoch()
    shell = f"sleep 60 >/dev/null 2>&1 & echo $! > {tmp_path}/pid"
    assert helper.call("run", shell=shell, reign=REIGN)["ok"] is True
    daemon = psutil.Process(int((tmp_path / "pid").read_text()))

    began = time.monotonic()
    assert helper.raise_epoch(epoch=4)["ok"] is True

    assert time.monotonic() - began < 0.4
    assert daemon.is_running()
    daemon.kill()


def test_release_removes_what_was_kept(helper: Session, state: Path, tmp_path: Path):
    helper.raise_epoch()
    assert helper.call("epoch.release", reign={**REIGN, "epoch": 2})["ok"] is False

    assert helper.call("epoch.release", reign=REIGN)["ok"] is True

    assert list(state.iterdir()) == []
    assert touch(helper, tmp_path / "proof")["error"]["kind"] == "not-registered"
    assert helper.raise_epoch()["data"]["counter"] == 1


def test_a_state_folder_that_cannot_be_written_is_said(helper: Session, state: Path):
    helper.raise_epoch()
    shutil.rmtree(state)
    state.write_text("a file is in the way")

    reply = helper.raise_epoch(epoch=4)

    assert reply["error"]["kind"] == "failed"
    assert str(state) in reply["error"]["message"]
