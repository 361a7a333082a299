"""What the loop needs of the world: time, sight, a disk, a way to the guards, devices, people.

The daemon has them over SSH and SQLite, the simulator over a world in virtual time.
"""

from typing import Any, Protocol

from orchestrator.decision.intents import Fence, Tell, Work
from orchestrator.model import GroupView, ServerName
from orchestrator.model.guard_report import Surroundings
from orchestrator.model.state import GroupState


class Ports(Protocol):
    """Effects are carried out in the order of the calls: nothing that is sent may overtake what
    was stored before it, or a crash in between would leave an order that nobody remembers.
    """

    def now(self) -> float:
        """The controller's monotonic clock, in seconds."""
        ...

    def word(self) -> str:
        """A fresh random word, for the name of a reign."""
        ...

    def seen(self, now: float) -> GroupView:
        """The resources of both servers, each fact as old as it is."""
        ...

    def around(self) -> Surroundings:
        """The controller's own state, and how the other groups are."""
        ...

    def minute(self) -> int:
        """Of the day, local time: for windows that people write."""
        ...

    def store(self, state: GroupState) -> None:
        """Durable before any later effect."""
        ...

    def send(self, server: ServerName, message: Any) -> None:
        """To a guard; it may be lost. The reply comes to `Reconciler.replied`."""
        ...

    def fence(self, intent: Fence) -> None:
        """Asked again every turn; once for each reign is enough."""
        ...

    def work(self, intent: Work) -> None:
        """For the executor: a run of steps on a server."""
        ...

    def tell(self, intent: Tell) -> None:
        """An alarm; said again every turn as long as it holds."""
        ...
