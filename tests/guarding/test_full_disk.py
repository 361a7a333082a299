"""A /run that is full: what closes is closed all the same, and no stale state misleads anybody."""

import contextlib
from pathlib import Path

import pytest

from remote_helpers.guarding import clock, gate_file, state_file
from remote_helpers.guarding.state_file import Left, StateFile
from remote_helpers.protocol import gate as gates
from remote_helpers.protocol.words import ALWAYS
from tests.helpers.enclosed import enclosed, run
from tests.protocol.builders import HOLDER, fresh, reign


def fill(folder: Path) -> None:
    """To the last byte."""
    with (folder / "ballast").open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while file.write(b"x" * 4096):
            pass


def on_a_small_disk(tmp_path: Path) -> Path:
    run("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(tmp_path))
    return tmp_path


def test_a_gate_that_closes_on_a_full_disk_is_closed(root: None, tmp_path: Path):
    def body() -> None:
        gate = on_a_small_disk(tmp_path) / "gate"
        opened = gates.opened(reign(1, "alpha"), HOLDER.incarnation, ALWAYS)
        gate_file.write(str(gate), opened, clock.started())
        fill(tmp_path)

        with pytest.raises(OSError, match="No space"):
            gate_file.write(str(gate), gates.CLOSED, clock.started())

        assert gate_file.read(str(gate)) is None

    enclosed(body)


def test_a_state_that_cannot_be_written_is_no_state(root: None, tmp_path: Path):
    def body() -> None:
        path = on_a_small_disk(tmp_path) / "state"
        file = StateFile(str(path))
        file.write(Left(fresh(), clock.started(), {}))
        fill(tmp_path)
        longer = {"more": "than fits the page that it has " * 300}

        with pytest.raises(OSError, match="No space"):
            file.write(Left(fresh(), clock.started(), longer))

        assert state_file.read(str(path), fresh().boot) is None

    enclosed(body)
