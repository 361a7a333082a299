"""One input at a time into the pure guard, and what it says into effects, in that order.

The only place where a guard changes. Nothing here waits: what may take time is in `background`,
what comes of it is an input like any other. A record is on disk before anything that follows
from it; while it is being written the lease clock goes on with the guard as it was, and then the
same input is decided again.
"""

import collections
from typing import Any, Callable, Deque, NamedTuple, Optional, Tuple

from remote_helpers import step_lock
from remote_helpers.guarding import clock, gate_file, record_file
from remote_helpers.guarding.background import Background
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.state_file import Left, StateFile
from remote_helpers.operation import OperationError
from remote_helpers.protocol import gate as gates
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.clocks import Clocks
from remote_helpers.protocol.guard import Guard, Outputs
from remote_helpers.protocol.record import Record
from remote_helpers.protocol.words import ALWAYS, NEVER, Now

Act = Callable[[Guard, Now], Tuple[Guard, Outputs]]

WRITE_S = 1.0
"""How old what is left to a successor may be, where nothing of importance has changed."""
SHORTEN_AGAIN_S = 10.0
"""Between two attempts to write that an old, longer lease is over: nothing hurries."""
GRACE_S = 0.5
"""For a step in progress when a reign is stopped in order."""


class Effects(NamedTuple):
    """What the driver cannot do itself; the simulator's ports, for a real server."""

    to_peer: Callable[[Any], None]
    to_controller: Callable[[Any], None]
    """A question; answers to a controller go to whoever asked."""
    demote: Callable[[str, float], None]
    reset: Callable[[str], None]
    alarm: Callable[[str], None]
    changed: Callable[[Guard], None]
    """The guard has changed: looks, cover."""


Replies = Callable[[Any, str], None]
"""Gets the message of the reply, or why there is none."""


def nobody(_message: Any, _why: str) -> None:
    """For inputs that nobody waits for."""


class Driver:
    """Owns the guard."""

    def __init__(
        self,
        left: Left,
        places: Places,
        state: StateFile,
        background: Background,
    ) -> None:
        self.guard, self._clocks = left.guard, left.clocks
        self._places, self._state, self._background = places, state, background
        self.effects: Effects
        """Made by whoever makes the driver, for they in turn enter what they see here."""
        self.cover_state: Callable[[], Any] = dict
        self.due = ALWAYS
        self._written: Optional[Guard] = None
        self._written_at = NEVER
        self._shorten_at = NEVER
        self._saving = False
        self._waiting: Deque[Tuple[Act, Replies]] = collections.deque()

    @property
    def clocks(self) -> Clocks:
        return self._clocks

    @property
    def is_saving(self) -> bool:
        return self._saving or bool(self._waiting)

    def left(self, cover: Any) -> Left:
        """For a successor."""
        return Left(self.guard, self._clocks, cover)

    def now(self) -> Now:
        self._clocks = clock.advanced(self._clocks)
        return self._clocks.now

    def begin(self) -> None:
        """The gate as this guard has it, before anybody is answered."""
        self.now()
        self._publish(self.guard.gate)
        self.become(self.guard)

    # --- inputs ---

    def enter(self, act: Act) -> None:
        """From the peer, or from the machine: never writes the record."""
        now = self._tick_if_due()
        self._commit(*act(self.guard, now), nobody)

    def ask(self, act: Act, replies: Replies) -> None:
        """From a controller. What writes the record waits for what is being written; all else
        does not: a stop ends a reign while the disk hangs.
        """
        now = self._tick_if_due()
        after, outputs = act(self.guard, now)
        record = _record_in(outputs)
        if record is None:
            self._commit(after, outputs, replies)
        elif self._saving:
            self._waiting.append((act, replies))
        else:
            self._save(record, lambda: self._decide_again(act, record, replies), replies)

    def tick(self) -> None:
        """An old lease length that it lets go is saved aside: questions do not wait for a disk."""
        now = self.now()
        before = self.guard
        after, outputs = guards.tick(before, now)
        record = _record_in(outputs)
        if record is not None:
            after, outputs = after._replace(record=before.record), outputs[1:]
            if not self._saving and now.fast > self._shorten_at:
                self._shorten_at = now.fast + SHORTEN_AGAIN_S
                self._save(record, lambda: self._note(record), nobody)
        self._commit(after, outputs, nobody)

    def beat(self) -> None:
        now = self.now()
        self._commit(*guards.beat(self.guard, now), nobody)

    def _tick_if_due(self) -> Now:
        """A deadline that has come goes before the input that found it."""
        now = self.now()
        if now.fast >= self.due:
            self.tick()
        return now

    # --- the record ---

    def _save(self, record: Record, then: Callable[[], None], replies: Replies) -> None:
        self._saving = True

        def done(result: Any) -> None:
            self._saving = False
            if isinstance(result, Exception):
                self._pass_over(record)
                why = "the record cannot be written: {}".format(result)
                self.effects.alarm(why)
                replies(None, why)
            else:
                then()
            while self._waiting and not self._saving:
                self.ask(*self._waiting.popleft())

        self._background.submit(lambda: record_file.save(self._places.record, record), done)

    def _pass_over(self, failed: Record) -> None:
        """A write that failed may be on disk all the same. The next one has a higher number, so
        that of the two slots the right one is read after a restart.
        """
        self.become(self.guard._replace(record=self.guard.record._replace(counter=failed.counter)))

    def _decide_again(self, act: Act, saved: Record, replies: Replies) -> None:
        """On the guard as it is now. What is on disk holds only if it is still decided so."""
        now = self._tick_if_due()
        after, outputs = act(self.guard, now)
        record = _record_in(outputs)
        if record == saved:
            self._commit(after, outputs[1:], replies)
            return
        mine = self.guard.record._replace(counter=saved.counter + 1)
        self._save(mine, lambda: self._note(mine), nobody)
        self._waiting.appendleft((act, replies))

    def _note(self, record: Record) -> None:
        self.become(self.guard._replace(record=record))

    # --- effects ---

    def _commit(self, after: Guard, outputs: Outputs, replies: Replies) -> None:
        if after is not self.guard:
            self.become(after)
        self._perform(outputs, replies)

    def become(self, after: Guard) -> None:
        """Left to a successor before any effect of it leaves, where it would miss it."""
        bare = _bare(after)
        if bare != self._written or self._clocks.now.fast > self._written_at + WRITE_S:
            self._leave(Left(after, self._clocks, self.cover_state()))
            self._written, self._written_at = bare, self._clocks.now.fast
        self.guard = after
        held = after.holder
        end = leases.end_of(held)
        orderly = held.phase in (leases.REIGNING, leases.STOPPING) and end < ALWAYS
        self.due = end - after.terms.budget if orderly else end
        self.effects.changed(after)

    def _leave(self, left: Left) -> None:
        try:
            self._state.write(left)
        except OSError as problem:
            self.effects.alarm("a successor would find no state: {}".format(problem))

    def _publish(self, gate: gates.Gate) -> None:
        try:
            gate_file.write(self._places.gate, gate, self._clocks)
        except OSError as problem:
            self.effects.alarm("the gate cannot be written: {}".format(problem))

    def _perform(self, outputs: Outputs, replies: Replies) -> None:
        for index, output in enumerate(outputs):
            if not isinstance(output, guards.Publish):
                self._do(output, replies)
                continue
            self._publish(output.gate)
            rest = outputs[index + 1 :]
            if output.gate.reign is None and not _demotes(rest) and not self._nothing_acts():
                self._end_steps(lambda rest=rest: self._perform(rest, replies))  # type: ignore[misc]
                return

    def _do(self, output: Any, replies: Replies) -> None:
        if isinstance(output, guards.Say):
            if output.to == guards.PEER:
                self.effects.to_peer(output.message)
            elif replies is nobody:
                self.effects.to_controller(output.message)
            else:
                replies(output.message, "")
        elif isinstance(output, guards.Demote):
            self.effects.demote(output.why, output.deadline)
        elif isinstance(output, guards.Reset):
            self.effects.reset(output.why)
        elif isinstance(output, guards.Alarm):
            self.effects.alarm(output.text)

    def _nothing_acts(self) -> bool:
        try:
            return step_lock.is_free(self._places.kept)
        except OperationError:  # no such folder any more: no steps either
            return True

    def _end_steps(self, then: Callable[[], None]) -> None:
        """A reply that confirms a closed gate leaves when no step is in progress any more."""
        self._background.submit(
            lambda: step_lock.end_steps(self._places.kept, GRACE_S), lambda _result: then()
        )


def _bare(guard: Guard) -> Guard:
    """Without what a successor can do without: when it last spoke, asked and heard.

    Heard a moment less, it is more careful with the peer, never bolder: what was promised counts.
    """
    return guard._replace(
        beat_at=NEVER,
        holder=guard.holder._replace(asked_at=NEVER),
        grantor=guard.grantor._replace(heard_at=NEVER, running_at=NEVER),
    )


def _record_in(outputs: Outputs) -> Optional[Record]:
    if outputs and isinstance(outputs[0], guards.Save):
        record: Record = outputs[0].record
        return record
    return None


def _demotes(outputs: Outputs) -> bool:
    """The demotion ends the steps itself, and does not wait for it with the addresses."""
    return any(isinstance(output, guards.Demote) for output in outputs)
