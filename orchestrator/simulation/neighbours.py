"""The other groups of a simulated controller: they do nothing but fall silent when told to."""

from orchestrator.clock import Clock
from orchestrator.daemon.surroundings import Neighbourhood
from orchestrator.decision.facts import Facts
from orchestrator.model import GroupName, ServerName
from orchestrator.model.guard_report import Surroundings

OTHERS = tuple(GroupName(f"other{number}") for number in range(1, 8))
ONE = (ServerName("one of its servers"),)


class Neighbours:
    """What is silent outlives the process; since when, each process notes anew."""

    def __init__(self, clock: Clock, group: GroupName) -> None:
        self._clock, self._group = clock, group
        self._silent: set[GroupName] = set()
        self.begin()

    def begin(self) -> None:
        self._known = Neighbourhood(self._clock)
        for name in (self._group, *OTHERS):
            self._known.join(name)
        for name in self._silent:
            self._known.note_silence(name, ONE)

    def fall_silent(self, name: GroupName) -> None:
        self._silent.add(name)
        self._known.note_silence(name, ONE)

    def answer_again(self, name: GroupName) -> None:
        self._silent.discard(name)
        self._known.note_silence(name, ())

    def note_own(self, facts: Facts) -> None:
        """After each turn, as the steward does."""
        silent = [name for name in facts.names if facts.is_silent(name)]
        self._known.note_silence(self._group, silent)

    def around(self, window_s: float) -> Surroundings:
        return self._known.around(self._group, window_s, acting="")
