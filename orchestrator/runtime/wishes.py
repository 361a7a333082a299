"""What a person may wish for, as a value: it is sent to a daemon and asked there."""

import dataclasses
import enum

from orchestrator.decision import movement
from orchestrator.decision.movement import Movement
from orchestrator.decision.roles import GroupStatus
from orchestrator.model import Refusal, ServerName


class WishKind(enum.Enum):
    START = "start"
    STOP = "stop"
    SWITCHOVER = "switchover"
    PLAY = "play"
    RESOLVE = "resolve"


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """Called with what is seen: a movement, or why not."""

    kind: WishKind
    server: ServerName | None = None
    """Where, or where to; None: as the group is."""
    epoch: int | None = None
    """At which a person has confirmed it; None: nothing was confirmed."""

    def __call__(self, status: GroupStatus) -> Movement | tuple[Refusal, ...]:
        match self.kind:
            case WishKind.START:
                return movement.plan_start(status, self.server)
            case WishKind.STOP:
                return movement.plan_stop(status, self.server)
            case WishKind.SWITCHOVER:
                return movement.plan_switchover(status, self.server)
            case WishKind.PLAY:
                return movement.plan_play(status)
            case WishKind.RESOLVE:
                if self.server is None:
                    raise ValueError("a server must be named")
                return movement.plan_resolve(status, self.server, self.epoch)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """From where to where is settled already."""

    movement: Movement

    def __call__(self, _: GroupStatus) -> Movement:
        return self.movement
