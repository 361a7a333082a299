"""Sealed messages to and from the peer's guard, over all links."""

import socket
from typing import Any, Callable, Dict, Optional, Tuple

from remote_helpers.guarding.driver import Act
from remote_helpers.guarding.links import Links
from remote_helpers.guarding.settings import Settings
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol import messages
from remote_helpers.protocol.guard import Guard, Outputs
from remote_helpers.protocol.messages import Answer, Beat, Envelope, Question
from remote_helpers.protocol.words import Now

OnOpen = Callable[[socket.socket, Callable[[], None]], None]


class Peer:
    def __init__(
        self,
        on_open: OnOpen,
        on_close: Callable[[socket.socket], None],
        guard: Callable[[], Guard],
        enter: Callable[[Act], None],
    ) -> None:
        self.links = Links(on_open, on_close, self._take)
        self._guard, self._enter = guard, enter
        self._keys: Tuple[bytes, ...] = ()
        self._listens_since: Optional[float] = None
        self._silent = False

    def use(self, settings: Settings) -> None:
        self._keys = settings.keys
        self.links.use(settings.links)

    def news(self, slow: float) -> str:
        """When heartbeats have stopped, and when they are back; nothing in between.

        While the controller sees both servers nothing else shows that they do not see each other.
        """
        guard = self._guard()
        if self._listens_since is None:
            self._listens_since = slow
        silent_s = slow - max(guard.grantor.heard_at, self._listens_since)
        if (silent_s > guard.record.lease) is self._silent:
            return ""
        self._silent = not self._silent
        if self._silent:
            return "no heartbeat of {} for {:.1f} s, on any link".format(guard.peer, silent_s)
        return "heartbeats of {} are heard again".format(guard.peer)

    def say(self, message: Any) -> None:
        if self._keys:
            guard = self._guard()
            envelope = Envelope(guard.group, guard.record.membership, guard.me, guard.peer)
            self.links.send(messages.seal(envelope, message, self._keys[0]))

    def _take(self, datagram: bytes) -> bool:
        """False: not from the peer, under no key of ours, or about nothing that guards say."""
        guard = self._guard()
        expected = Envelope(guard.group, guard.record.membership, guard.peer, guard.me)
        try:
            message = messages.unseal(datagram, expected, self._keys)
        except (messages.BadMessage, TypeError, ValueError, RecursionError):
            return False
        hear = _HEARD.get(type(message))
        if hear is None:
            return False
        self._enter(lambda guard, now: _heard(hear, guard, message, now))
        return True


_HEARD: Dict[type, Callable[[Guard, Any, Now], Tuple[Guard, Outputs]]] = {
    Beat: guards.on_beat,
    Question: guards.on_question,
    Answer: guards.on_answer,
}


def _heard(hear: Any, guard: Guard, message: Any, now: Now) -> Tuple[Guard, Outputs]:
    """A peer of another version may say what makes no sense here: it is as good as silent."""
    try:
        found: Tuple[Guard, Outputs] = hear(guard, message, now)
    except (TypeError, ValueError, AttributeError):
        return guard, ()
    return found
