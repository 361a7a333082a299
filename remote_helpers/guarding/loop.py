"""The guard's one thread: waits for sockets and deadlines, and hands each input to the driver.

It never waits for anything else. Made by `process`.
"""

import selectors
import signal
import socket
import sys
import time
from typing import Any, Callable, List, NamedTuple, Optional

from remote_helpers.guarding import cover as covers
from remote_helpers.guarding import reset as resets
from remote_helpers.guarding.background import Background
from remote_helpers.guarding.clients import Clients
from remote_helpers.guarding.driver import Driver, Effects
from remote_helpers.guarding.keeping import Keeping
from remote_helpers.guarding.peer import Peer
from remote_helpers.guarding.places import Places
from remote_helpers.guarding.serving import Serving
from remote_helpers.guarding.settings import Settings
from remote_helpers.guarding.state_file import Left, StateFile
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol import messages, new_terms
from remote_helpers.protocol.watchdog import may_feed
from remote_helpers.protocol.words import ALWAYS, question_interval

RESET_AGAIN_S = 1.0
AGAIN_S = 0.05
"""When a deadline is past and the machine is still there."""


class Beginning(NamedTuple):
    """What a guard begins with."""

    left: Left
    lock: int
    cover: Optional[int]
    how: str
    digest: str
    warnings: List[str]
    reset: Callable[[], None] = resets.reset


class Loop:
    def __init__(self, beginning: Beginning, settings: Settings, places: Places) -> None:
        self.beginning, self.places = beginning, places
        self.ended = self._told = False
        self._selector = selectors.DefaultSelector()
        self._background = Background()
        self._on_open_raw(self._background.descriptor, self._background.deliver)
        self.state = StateFile(places.state)
        self.driver = Driver(beginning.left, places, self.state, self._background)
        cover, self.cover_warnings = covers.choose(settings, places, self._background)
        cover.resume(beginning.left.cover, beginning.cover)
        if cover.armed:  # by the guard before, with the time-out that its terms say
            cover.seconds = beginning.left.guard.terms.watchdog
        self.keeping = Keeping(settings.group, places, self._background, cover, self.log)
        self.driver.cover_state = lambda: self.keeping.cover.hand_over()[0]
        self.peer = Peer(self._open, self._close, lambda: self.driver.guard, self.driver.enter)
        self.driver.effects = Effects(
            to_peer=self.peer.say,
            to_controller=self._ask_controller,
            demote=self._demote,
            reset=self._reset,
            alarm=self.alarm,
            changed=self.keeping.changed,
        )
        self.serving = Serving(self)
        self.clients = Clients(self._open, self._close, self.serving.take)
        self._next_beat = self._reset_at = self._fed_until = 0.0
        self._cover_problem = ""
        self._cover_for = self.settings = settings
        self.use(settings)

    # --- settings ---

    def use(self, settings: Settings) -> None:
        """Also while a reign runs: nothing is restarted for it."""
        guard = self.driver.guard
        peer = guard.peer
        if settings.membership == guard.record.membership:
            peer = settings.peer
        self.driver.guard = guard._replace(peer=peer)
        self.settings = settings
        self._take_terms()
        self.peer.use(settings)
        self.keeping.use(settings.flat)

    def _take_terms(self) -> None:
        """As far as the lease that runs allows; asked again with every beat until all are taken."""
        cover, now, guard = self.keeping.cover, self.driver.now(), self.driver.guard
        settings, lease, seconds = self.settings, self.settings.lease, self.settings.terms.watchdog
        if settings != self._cover_for and not (cover.armed or cover.starting):
            cover, self.cover_warnings = covers.choose(settings, self.places, self._background)
            self.keeping.cover, self._cover_for = cover, settings
        fits = seconds < cover.seconds or new_terms.carries(guard, seconds, lease, now)
        if cover.armed and seconds != cover.seconds and fits:
            cover.rearm(seconds, lambda: self._may_feed(seconds))
        armed = cover.seconds if cover.armed else 0.0
        terms = new_terms.in_force(guard, settings.terms, lease, armed, now)
        self.driver.guard = guard._replace(terms=terms)

    def warnings(self) -> List[str]:
        found = [*self.beginning.warnings, *self.cover_warnings, *self.peer.links.problems()]
        problem = self.keeping.cover.problem
        return [*found, problem] if problem else found

    # --- the thread ---

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, lambda *_: self._told_to_end())
        self.peer.links.open_missing(time.monotonic())
        self.driver.begin()
        self.clients.listen(self.places.socket)
        while not self.ended:
            self._turn()

    def _turn(self) -> None:
        ready = self._selector.select(self._until_next())
        # First of all: a machine that stood still may wake after its lease, and serves until then.
        if self.driver.now().fast >= self.driver.due:
            self.driver.tick()
        for key, _ in ready:
            key.data()
        monotonic = time.monotonic()
        if self._told:
            self._give_up()
        last = self.keeping.feeds_last_at(self.driver.guard)
        if self._fed_until < last <= self.driver.now().fast:
            self._feed()
        if monotonic >= self._next_beat:
            if self.driver.guard.terms != self.settings.terms or self._cover_for != self.settings:
                self._take_terms()
            interval = self._interval()
            self._next_beat = max(self._next_beat + interval, monotonic + interval / 2)
            self.driver.tick()
            self.driver.beat()
            self._feed()
            self.peer.links.open_missing(monotonic)
            news = self.peer.news(self.driver.now().slow)
            if news:
                self.alarm(news)
            self.clients.flush()
            self.serving.end_if_idle()
        self.keeping.work(self.driver)

    def _may_feed(self, seconds: float) -> bool:
        return may_feed(self.driver.now().fast, leases.end_of(self.driver.guard.holder), seconds)

    def _interval(self) -> float:
        """Between beats: with every question, and often enough for the watchdog that runs."""
        interval, cover = question_interval(self.driver.guard.record.lease), self.keeping.cover
        return min(interval, cover.seconds / 3.0) if cover.armed else interval

    def _feed(self) -> None:
        self._fed_until = self.driver.now().fast
        problem = self.keeping.feed(self.driver.guard, self.driver.now())
        if problem and problem != self._cover_problem:
            self.alarm("the reset of this server is not armed: " + problem)
        self._cover_problem = problem

    def _until_next(self) -> float:
        monotonic = time.monotonic()
        wait = min(self._next_beat, self.keeping.next_at(self.driver.guard)) - monotonic
        if self.driver.due < ALWAYS:
            fast = self.driver.now().fast
            left = self.driver.due - fast
            wait = min(wait, left if left > 0.0 else AGAIN_S)
            last = self.keeping.feeds_last_at(self.driver.guard)
            if self._fed_until < last:
                wait = min(wait, last - fast)
        return max(wait, 0.0)

    # --- effects ---

    def _ask_controller(self, message: Any) -> None:
        self.clients.tell_listeners({"question": messages.encode(message)})

    def _demote(self, why: str, deadline: float) -> None:
        self.log("demotes itself: " + why)
        self.keeping.demote(self.driver.guard, deadline, self.driver.now())

    def _reset(self, why: str) -> None:
        if time.monotonic() >= self._reset_at:
            self._reset_at = time.monotonic() + RESET_AGAIN_S
            self.log("resets the server: " + why)
            self.beginning.reset()
        # It may not, or not yet: whatever can still be taken down is.
        if self.driver.guard.holder.phase != leases.EMERGENCY:
            why += "; this server cannot be reset"
            self.driver.enter(lambda guard, now: guards.give_up(guard, why, now))

    def _told_to_end(self) -> None:
        """A signal may come in the middle of an input: it only leaves a note."""
        self._told = True
        self._background.wake()

    def _give_up(self) -> None:
        """Asked to end, at shutdown or by a person: not while anything is held under it."""
        self._told = False
        self.serving.end_when_idle = True
        why = "the guard was told to end"
        self.driver.enter(lambda guard, now: guards.give_up(guard, why, now))

    def alarm(self, text: str) -> None:
        self.log(text)
        self.clients.tell_listeners({"event": text})

    def log(self, text: str) -> None:
        try:
            sys.stderr.write("hasys guard of {}: {}\n".format(self.settings.group, text))
            sys.stderr.flush()
        except OSError:  # a journal that hangs keeps nobody waiting
            pass

    # --- sockets ---

    def _open(self, one: socket.socket, on_readable: Callable[[], None]) -> None:
        self._selector.register(one, selectors.EVENT_READ, on_readable)

    def _on_open_raw(self, descriptor: int, on_readable: Callable[[], None]) -> None:
        self._selector.register(descriptor, selectors.EVENT_READ, on_readable)

    def _close(self, one: socket.socket) -> None:
        self._selector.unregister(one)
