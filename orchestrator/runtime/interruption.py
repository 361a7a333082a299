"""How long a run left clients without the service, as far as its own steps tell.

From the moment the first resource began to stop to the moment the last one was verified as
started. A client sees less when the address is the last to go and the first to come.
"""

from orchestrator.clock import Clock
from orchestrator.executor.progress import Progress, StepEnded, StepStarted
from orchestrator.model import Monotonic


class Interruption:
    """Fed with a run's progress."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._began: Monotonic | None = None
        self._ended: Monotonic | None = None

    def note(self, progress: Progress) -> None:
        match progress:
            case StepStarted() if self._began is None and progress.title.startswith("stop "):
                self._began = self._clock.monotonic()
            case StepEnded() if progress.title.startswith("start "):
                self._ended = self._clock.monotonic()
            case _:
                pass

    @property
    def seconds(self) -> float | None:
        """None: nothing was stopped, or nothing was started again."""
        if self._began is None or self._ended is None or self._ended < self._began:
            return None
        return self._ended - self._began
