"""What a guard keeps: durable, volatile, and shown to steps. Real files."""

from pathlib import Path

import pytest

from remote_helpers.guarding import clock, gate_file, record_file, state_file
from remote_helpers.guarding.state_file import Left, StateFile
from remote_helpers.protocol import gate as gates
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol.record import Record, blank
from remote_helpers.protocol.words import ALWAYS, Registration
from tests.protocol.builders import HOLDER, beat, fresh, now, question, reign, reigning


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "guard"


def saved(path: Path, *counters: int) -> Record:
    record = blank(3.0, 1)._replace(reign=reign(4, "alpha"), registered=Registration(7, "c", "i"))
    for counter in counters:
        record = record._replace(counter=counter, promised=counter)
        record_file.save(str(path), record)
    return record


@pytest.mark.parametrize("writes", [1, 2, 3, 4])
def test_the_record_read_is_the_last_one_written(path: Path, writes: int):
    last = saved(path, *range(1, writes + 1))

    assert record_file.load(str(path)) == last


def test_a_record_that_was_never_written_is_none(path: Path):
    assert record_file.load(str(path)) is None


def test_only_root_may_read_it(path: Path):
    saved(path, 1)

    assert path.stat().st_mode & 0o777 == 0o600


def test_an_update_takes_no_space(path: Path):
    saved(path, 1)
    inode, size = path.stat().st_ino, path.stat().st_size

    saved(path, 2)

    assert (path.stat().st_ino, path.stat().st_size) == (inode, size)


def test_after_a_write_that_failed_halfway_the_next_one_is_read(path: Path):
    """On disk it may be; the guard went on without it and passed its number over."""
    before = saved(path, 1)
    record_file.save(str(path), before._replace(counter=2, promised=99))  # then fsync failed
    after = before._replace(counter=3, promised=7)

    record_file.save(str(path), after)

    assert record_file.load(str(path)) == after


@pytest.mark.parametrize("slot", [0, 1])
@pytest.mark.parametrize("change", [b"\0", b"x", b'{"record": {}, "check": 0}'])
def test_a_damaged_slot_loses_the_record_whichever_it_is(path: Path, slot: int, change: bytes):
    saved(path, 1, 2)
    with path.open("r+b") as file:
        file.seek(slot * record_file.SLOT)
        file.write(change)

    assert record_file.load(str(path)) is None


@pytest.mark.parametrize("size", [0, 100, record_file.SLOT, 2 * record_file.SLOT - 1])
def test_a_record_that_was_cut_off_is_lost(path: Path, size: int):
    saved(path, 1, 2)
    with path.open("r+b") as file:
        file.truncate(size)

    assert record_file.load(str(path)) is None


def test_a_number_that_was_edited_by_hand_is_noticed(path: Path):
    saved(path, 11, 12)
    path.write_bytes(path.read_bytes().replace(b'"promised": 12', b'"promised": 10'))

    assert record_file.load(str(path)) is None


def test_a_lost_record_is_written_anew_whole(path: Path):
    path.write_text("not a record")

    last = saved(path, 5)

    assert record_file.load(str(path)) == last


GUARDS = {
    "fresh": fresh(),
    "reigning": reigning(),
    "granting": guards.on_question(fresh(), question(3, "alpha", 9.0), now(10.0))[0],
    "hearing": guards.on_beat(fresh(), beat(3, "alpha"), now(10.0))[0],
}


@pytest.mark.parametrize("name", GUARDS)
def test_a_successor_finds_the_guard_and_its_clocks_as_they_were(path: Path, name: str):
    left = Left(GUARDS[name], clock.started(), {"pid": 4711})
    file = StateFile(str(path))
    file.write(Left(GUARDS["granting"], clock.started(), {"a longer one": "before " * 99}))

    file.write(left)
    file.close()

    assert state_file.read(str(path), left.guard.boot) == left


def test_nothing_is_taken_over_from_another_boot(path: Path):
    file = StateFile(str(path))
    file.write(Left(fresh(), clock.started(), {}))

    assert state_file.read(str(path), "another boot") is None


def test_a_state_that_is_not_whole_is_no_state(path: Path):
    line = state_file.encode(Left(fresh(), clock.started(), {}))

    for at in range(0, len(line), 7):
        spoilt = line[:at] + b"?" + line[at + 1 :]
        assert state_file.decode(spoilt, fresh().boot) is None


@pytest.mark.parametrize("until", [12.5, ALWAYS])
def test_steps_read_the_gate_that_the_guard_wrote(path: Path, until: float):
    clocks = clock.started()
    gate = gates.opened(reign(3, "alpha"), HOLDER.incarnation, until)._replace(plan="p")

    gate_file.write(str(path), gate, clocks)

    assert gate_file.read(str(path)) == gate_file.Published(gate, clocks)


def test_a_gate_that_makes_no_sense_is_closed(path: Path):
    path.write_text('{"reign": 3}')
    found = gate_file.read(str(path))

    assert found is not None
    assert found.gate == gates.CLOSED


def test_no_gate_is_no_gate(path: Path):
    assert gate_file.read(str(path)) is None
