"""Outputs in their order: saved first, gate before reply, nothing waits for a disk that hangs."""

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from remote_helpers.guarding import clock, gate_file, record_file
from remote_helpers.guarding.background import Background
from remote_helpers.guarding.driver import Act, Driver, Effects
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.state_file import Left, StateFile
from remote_helpers.protocol import control
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol.gate import CLOSED
from remote_helpers.protocol.guard import Guard
from remote_helpers.protocol.messages import Answer, Question, Register, Reply, Solo, Status, Stop
from remote_helpers.protocol.words import ALWAYS, Now, Registration
from tests.helpers.enclosed import wait_for
from tests.protocol.builders import HOLDER, LEASE, fresh, ordered, reign

NEXT = Registration(2, "c2", "i2")


class Bench:
    """A driver on real files and threads; what it does is noted."""

    def __init__(self, folder: Path) -> None:
        run, kept = folder / "run", folder / "kept"
        run.mkdir()
        kept.mkdir()
        self.places = Places(str(run), str(kept))
        self.background = Background()
        self.did: list[tuple[str, Any]] = []
        self.replies: list[Reply | str] = []
        self.clocks = clock.started()
        state = StateFile(self.places.state)
        self.driver = Driver(Left(fresh(), self.clocks, {}), self.places, state, self.background)
        self.driver.effects = Effects(
            to_peer=lambda message: self.did.append(("peer", message)),
            to_controller=lambda message: self.did.append(("controller", message)),
            demote=lambda why, _deadline: self.did.append(("demote", why)),
            reset=lambda why: self.did.append(("reset", why)),
            alarm=lambda text: self.did.append(("alarm", text)),
            changed=lambda _guard: None,
        )

    def reigning(self, lease_s: float = LEASE) -> None:
        """ACTIVE in reign 1, by an answer of this moment."""
        fast = self.clocks.now.fast
        one, reply = ordered(fresh(at=fast), 1, fast)
        assert reply.accepted, reply.why
        question = Question(reign(1, one.me), one.holder.incarnation, fast)
        one, _ = guards.on_answer(one, Answer(question, lease_s, HOLDER), Now(fast, fast))
        self.driver.guard = one
        self.driver.begin()

    def ask(self, message: Any) -> None:
        act: Act = lambda guard, now: control.on_control(guard, message, now)  # noqa: E731
        self.driver.ask(act, lambda reply, why: self.replies.append(reply or why))

    def turn(self, true: Callable[[], bool]) -> None:
        def came() -> bool:
            self.background.deliver()
            return true()

        wait_for(came)

    def answered(self, count: int = 1) -> list[Reply | str]:
        self.turn(lambda: len(self.replies) >= count)
        return self.replies


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def hang(bench: Bench) -> Path:
    """The next write of the record waits until somebody reads the pipe in its place."""
    pipe = Path(bench.places.record + ".new")
    os.mkfifo(pipe)
    return pipe


def let_go(pipe: Path) -> None:
    """Then it fails, for a pipe cannot be synced; the write after it finds no pipe."""
    aside = pipe.rename(pipe.with_suffix(".aside"))
    threading.Thread(target=aside.read_bytes, daemon=True).start()


def test_a_reply_leaves_when_the_record_is_on_disk(bench: Bench):
    bench.ask(Register(NEXT, HOLDER))
    before = list(bench.replies)
    (reply,) = bench.answered()
    kept = record_file.load(bench.places.record)

    assert before == []
    assert isinstance(reply, Reply)
    assert reply.accepted
    assert kept == bench.driver.guard.record
    assert kept.registered == NEXT


def test_when_it_cannot_be_written_the_guard_is_as_before(bench: Bench):
    Path(bench.places.record).mkdir()  # even root cannot write a folder
    before = bench.driver.guard

    bench.ask(Register(NEXT, HOLDER))
    (reply,) = bench.answered()

    assert isinstance(reply, str)
    assert reply.startswith("the record cannot be written")
    record = bench.driver.guard.record
    assert bench.driver.guard._replace(record=before.record) == before
    assert record == before.record._replace(counter=before.record.counter + 1)
    assert [what for what, _ in bench.did] == ["alarm"]


def test_while_a_disk_hangs_questions_are_asked_and_stops_obeyed(bench: Bench):
    bench.reigning()
    pipe = hang(bench)

    bench.ask(Solo(HOLDER, reign(1, "beta"), 1, give=True))
    bench.ask(Status(HOLDER))
    bench.driver.tick()
    asked = [message for to, message in bench.did if to == "controller"]
    bench.ask(Stop(HOLDER, reign(1, "beta")))
    heard = bench.answered(2)
    let_go(pipe)
    bench.answered(3)

    assert len(asked) == 1
    assert [reply.to for reply in heard[:2] if isinstance(reply, Reply)] == ["status", "stop"]
    assert bench.driver.guard.holder.phase == "stopping"
    assert str(heard[2]).startswith("the record cannot be written")


def test_what_writes_the_record_waits_its_turn(bench: Bench):
    pipe = hang(bench)
    third = Registration(3, "c3", "i3")

    bench.ask(Register(NEXT, HOLDER))
    bench.ask(Register(third, HOLDER))
    waiting = list(bench.replies)
    let_go(pipe)
    bench.answered(2)

    assert waiting == []
    assert isinstance(bench.replies[1], Reply)
    assert bench.driver.guard.record.registered == third


def test_what_is_decided_otherwise_after_the_write_is_not_done(bench: Bench):
    """The reign ended while its solo term was being written."""
    bench.reigning()
    bench.ask(Solo(HOLDER, reign(1, "beta"), 1, give=True))
    bench.ask(Stop(HOLDER, reign(1, "beta")))
    replies = bench.answered(2)

    assert [(reply.to, reply.why) for reply in replies if isinstance(reply, Reply)] == [
        ("stop", "in-progress"),
        ("solo", "other-reign"),
    ]
    kept = record_file.load(bench.places.record)
    assert kept == bench.driver.guard.record
    assert kept.solo is False


def test_an_input_at_a_deadline_finds_the_demotion_begun(bench: Bench):
    bench.reigning(lease_s=1.05)  # the demotion budget is a second
    time.sleep(0.1)

    bench.driver.enter(lambda guard, _now: (guard, ()))

    assert [what for what, _ in bench.did] == ["demote"]
    assert bench.driver.guard.holder.phase == "emergency"


def test_a_closed_gate_is_confirmed_when_no_step_is_in_progress(bench: Bench):
    bench.reigning()
    lock = os.open(f"{bench.places.kept}/lock", os.O_RDONLY | os.O_CREAT)
    step = threading.Event()
    threading.Thread(target=hold, args=(lock, step), daemon=True).start()
    step.wait()

    bench.ask(Stop(HOLDER, reign(1, "beta")))
    gate, replies = gate_file.read(bench.places.gate), list(bench.replies)
    step.clear()
    bench.answered()

    assert gate is not None
    assert (gate.gate, replies) == (CLOSED, [])


def hold(lock: int, step: threading.Event) -> None:
    """A step of this very process, so that nothing is killed; it ends when it may."""
    import fcntl  # noqa: PLC0415

    fcntl.flock(lock, fcntl.LOCK_SH)
    step.set()
    while step.is_set():
        time.sleep(0.005)
    os.close(lock)


def test_the_state_is_left_to_a_successor_before_anything_leaves(bench: Bench):
    seen: list[Guard] = []

    def note(_message: Any) -> None:
        left = Path(bench.places.state).read_bytes()
        seen.append(bench.driver.guard)
        assert b'"phase": "reigning"' in left

    bench.reigning()
    bench.driver.effects = bench.driver.effects._replace(to_controller=note)
    bench.driver.tick()

    assert len(seen) == 1


def test_an_idle_guard_is_due_for_nothing(bench: Bench):
    bench.driver.begin()

    assert bench.driver.due == ALWAYS
