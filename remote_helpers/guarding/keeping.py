"""What goes on beside the lease clock: looks at the resources, the demotion, the reset cover.

Each is begun here and done in the background; what a look saw is an input of the driver.
"""

import functools
import time
from typing import Any, Callable, List, Mapping, Optional, Tuple

from remote_helpers.guarding.background import Background
from remote_helpers.guarding.driver import Driver
from remote_helpers.guarding.letting_go import LettingGo
from remote_helpers.guarding.looking import Looker
from remote_helpers.guarding.places import Places
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.guard import Guard
from remote_helpers.protocol.words import ALWAYS, Now, Reign

OFTEN_S = 0.05
"""Between looks, and between passes of a demotion, while a reign is ending."""
IDLE_S = 2.0
SHARE = 0.003
"""Of a processor, for looks while nothing is held: where a look is dear, they come seldom."""
SELDOM_S = 10.0
BLIND_S = 30.0
"""For so long an idle guard goes by its last look; then it knows nothing."""
PASS_S = 5.0
"""For one pass of a demotion that has no deadline."""
EARLY_S = 0.01
"""For the last feeding before a lease ends, which must not come a moment too late."""
ENDING = (leases.STOPPING, leases.EMERGENCY)

Moment = Tuple[str, Optional[Reign]]
"""Phase and reign: what was seen in another one says nothing of this."""


class Keeping:
    def __init__(
        self,
        group: str,
        places: Places,
        background: Background,
        cover: Any,
        report: Callable[[str], None],
    ) -> None:
        self._group, self._places, self._background = group, places, background
        self.cover = cover
        self._report = report
        self._looker = Looker(group, places, [])
        self._letting_go = LettingGo(group, places, [])
        self._under_way: Optional[Moment] = None
        self._next_look = 0.0
        self._next_pass = 0.0
        self._seen_at = time.monotonic()
        self._deadline = ALWAYS

    def use(self, resources: List[Mapping[str, Any]]) -> None:
        """What is under way for the definitions before goes on and is forgotten."""
        self._looker = Looker(self._group, self._places, resources)
        self._letting_go = LettingGo(self._group, self._places, resources)
        self._background.submit(self._letting_go.prepare, lambda _result: None)
        self._under_way = None
        self._next_look = 0.0

    # --- looks ---

    def next_at(self, guard: Guard) -> float:
        """On CLOCK_MONOTONIC."""
        if guard.holder.phase == leases.REIGNING:
            return ALWAYS
        if guard.holder.phase == leases.EMERGENCY:
            return min(self._next_look, self._next_pass)
        return self._next_look

    def work(self, driver: Driver) -> None:
        """Begins what is due."""
        guard, monotonic = driver.guard, time.monotonic()
        phase = guard.holder.phase
        if phase == leases.EMERGENCY and monotonic >= self._next_pass:
            self._pass(driver.now())
        if phase != leases.REIGNING and monotonic >= self._next_look:
            self._look(driver)

    def _look(self, driver: Driver) -> None:
        moment = _moment(driver.guard)
        self._next_look = time.monotonic() + OFTEN_S
        if self._under_way == moment:
            return
        self._under_way = moment
        looker, thorough = self._looker, moment[0] in ENDING or driver.guard.held is None

        def job() -> Tuple[Optional[bool], float]:
            start = time.monotonic()
            return looker.look(thorough), time.monotonic() - start

        self._background.submit(job, lambda result: self._looked(driver, moment, looker, result))

    def _looked(self, driver: Driver, moment: Moment, looker: Looker, result: Any) -> None:
        if self._under_way == moment:
            self._under_way = None
        if moment != _moment(driver.guard) or looker is not self._looker:
            self._next_look = 0.0
            return
        held, cost = (None, 0.0) if isinstance(result, Exception) else result
        monotonic = time.monotonic()
        if moment[0] not in ENDING and held is False:
            self._next_look = monotonic + min(max(IDLE_S, cost / SHARE), SELDOM_S)
        elif moment[0] not in ENDING:
            self._next_look = monotonic + IDLE_S / 4
        if held is not None:
            self._seen_at = monotonic
            driver.enter(lambda guard, _now: guards.checked(guard, held=held))
        elif driver.guard.held is not None and monotonic - self._seen_at > BLIND_S:
            driver.enter(lambda guard, _now: guards.unchecked(guard))

    # --- demotion ---

    def demote(self, guard: Guard, deadline: float, now: Now) -> None:
        self._deadline = deadline
        self._pass(now)
        if guard.holder.phase == leases.EMERGENCY:
            self._background.submit(self._letting_go.end_steps, lambda _result: None)

    def _pass(self, now: Now) -> None:
        monotonic = time.monotonic()
        self._next_pass = monotonic + OFTEN_S
        self._next_look = min(self._next_look, self._next_pass)
        left = PASS_S if self._deadline == ALWAYS else self._deadline - now.fast
        letting_go = self._letting_go
        for name, job in letting_go.jobs(monotonic + max(left, 2 * OFTEN_S)):
            self._background.submit(job, functools.partial(self._let_go, letting_go, name))

    def _let_go(self, letting_go: LettingGo, name: str, result: Any) -> None:
        letting_go.has_ended(name)
        if isinstance(result, Exception):
            self._report("cannot let go of {}: {}".format(name, result))

    # --- cover ---

    def changed(self, guard: Guard) -> None:
        """Armed from before a reign begins until every resource was checked as stopped."""
        phase = guard.holder.phase
        if phase != leases.IDLE:
            if not self.cover.armed:
                self.cover.arm()
        elif guard.held is False and self.cover.armed:
            self.cover.disarm()

    def feeds_last_at(self, guard: Guard) -> float:
        """On the fast clock: as late as may be, so that the demotion has all of its time."""
        if not self.cover.armed:
            return ALWAYS
        return leases.end_of(guard.holder) - guard.terms.watchdog - EARLY_S

    def feed(self, guard: Guard, now: Now) -> str:
        """Only so far that it fires at the latest when the lease ends. What is wrong with it."""
        if guard.holder.phase != leases.IDLE and not self.cover.armed:
            self.cover.arm()
        if self.cover.armed and guards.may_feed_watchdog(guard, now):
            self.cover.feed()
        problem: str = self.cover.problem
        return problem


def _moment(guard: Guard) -> Moment:
    return guard.holder.phase, guard.holder.reign
