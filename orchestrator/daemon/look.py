"""One look at one server, as the daemon keeps it and as a command line is given it."""

import dataclasses

from orchestrator.model import Monotonic
from orchestrator.transport import Reply


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a server answered to a poll, or why it did not."""

    reply: Reply
    at: Monotonic
    """When it was asked, on the clock that all programs of this machine share."""
