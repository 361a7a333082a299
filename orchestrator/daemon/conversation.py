"""What is said to the guards of a group, and what they say, through helpers on their servers."""

from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.clock import Clock
from orchestrator.model import GroupName, ServerName
from orchestrator.transport import Done, Failed, FailureKind, Reply, Request, Transport
from remote_helpers.protocol import messages
from remote_helpers.protocol.messages import Answer, Question

SAY_S = 3.0
Heard = Callable[[ServerName, messages.Reply, float], None]


class Conversation:
    """`heard` gets each reply with the time at which its request was sent; `missing` is told of a
    server on which no guard listens.
    """

    def __init__(
        self,
        group: GroupName,
        transport: Transport,
        clock: Clock,
        *,
        heard: Heard,
        missing: Callable[[ServerName], None],
    ) -> None:
        self._group = group
        self._transport = transport
        self._clock = clock
        self._heard = heard
        self._missing = missing

    async def say(self, server: ServerName, message: Any) -> Reply:
        """A controller's message to a guard."""
        sent_at = self._clock.monotonic()
        reply = await self._ask("guard.say", server, message)
        match reply:
            case Done():
                answer = self._decoded(reply.data)
                if isinstance(answer, messages.Reply):
                    self._heard(server, answer, sent_at)
            case Failed(kind=FailureKind.NO_GUARD):
                self._missing(server)
            case _:
                pass
        return reply

    def question_of(self, line: Mapping[str, Any]) -> Question | None:
        """Of a line that a helper pushed: a guard's question for the vote, if it is one of ours."""
        if line.get("push") != "guard" or line.get("group") != self._group:
            return None
        message = self._decoded(line)
        return message if isinstance(message, Question) else None

    async def answer(self, server: ServerName, answer: Answer) -> None:
        await self._ask("guard.answer", server, answer)

    async def _ask(self, operation: str, server: ServerName, message: Any) -> Reply:
        request = Request(
            op=operation,
            args={"group": self._group, "message": messages.encode(message)},
            deadline_s=SAY_S,
        )
        return await self._transport.call(server, request)

    def _decoded(self, data: Mapping[str, Any]) -> Any:
        """None for what is no message of this protocol; an older guard is replaced, not obeyed."""
        try:
            return messages.decode(data.get("message"))
        except messages.BadMessage:
            return None
