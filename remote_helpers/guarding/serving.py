"""What helpers ask of the guard over its socket, and the answers."""

import os
import time
from typing import Any, Dict, Mapping

from remote_helpers.guarding import handing_over
from remote_helpers.guarding import settings as settings_of
from remote_helpers.guarding.clients import Client
from remote_helpers.guarding.links import AGAIN_S
from remote_helpers.operation import OperationError
from remote_helpers.protocol import control, messages
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol import holder as leases
from remote_helpers.protocol.words import ALWAYS


class Serving:
    """One request in, one answer out; `loop` is the guard's `Loop`."""

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self.end_when_idle = False
        self._does = {
            "hello": self._hello,
            "settings": self._settings,
            "say": self._say,
            "listen": self._listen,
            "answer": self._answer,
            "stop": self._stop,
            "hand-over": self._hand_over,
        }

    def take(self, client: Client, request: Mapping[str, Any]) -> None:
        """A request that makes no sense is answered, whatever is wrong with it."""
        number = request.get("id") if isinstance(request, dict) else None
        try:
            self._does[str(request["do"])](client, request)
        except OperationError as problem:
            self._refuse(client, number, problem.kind, problem.message)
        except (KeyError, TypeError, ValueError, AttributeError) as problem:
            self._refuse(client, number, "bad-request", "not for a guard: {!r}".format(problem))

    def _refuse(self, client: Client, number: Any, kind: str, message: str) -> None:
        error = {"kind": kind, "message": message}
        self._loop.clients.answer(client, {"id": number, "error": error})

    def _reply(self, client: Client, request: Mapping[str, Any], data: Mapping[str, Any]) -> None:
        self._loop.clients.answer(client, {"id": request["id"], "data": data})

    def _hello(self, client: Client, request: Mapping[str, Any]) -> None:
        self._reply(client, request, self.about())

    def about(self) -> Dict[str, Any]:
        loop = self._loop
        return {
            "how": loop.beginning.how,
            "incarnation": loop.driver.guard.holder.incarnation,
            "pid": os.getpid(),
            "digest": loop.beginning.digest,
            "cover": loop.keeping.cover.kind,
            "warnings": loop.warnings(),
        }

    def _settings(self, client: Client, request: Mapping[str, Any]) -> None:
        self._loop.use(settings_of.parse(request["settings"]))
        self._reply(client, request, self.about())

    def _say(self, client: Client, request: Mapping[str, Any]) -> None:
        message = messages.decode(request["message"])

        def replies(reply: Any, why: str) -> None:
            if reply is None:
                self._refuse(client, request["id"], "failed", why)
            else:
                self._reply(client, request, {"message": messages.encode(reply)})

        self._loop.driver.ask(lambda guard, now: control.on_control(guard, message, now), replies)

    def _listen(self, client: Client, request: Mapping[str, Any]) -> None:
        client.listens = True
        self._reply(client, request, {})

    def _answer(self, _client: Client, request: Mapping[str, Any]) -> None:
        """Not answered: it comes every T/8."""
        message = messages.decode(request["message"])
        if isinstance(message, messages.Answer):
            self._loop.driver.enter(lambda guard, now: guards.on_answer(guard, message, now))

    def _stop(self, client: Client, request: Mapping[str, Any]) -> None:
        """For a release: the server is guarded no more, and what runs goes on running."""
        loop = self._loop
        loop.keeping.cover.disarm()
        places = loop.places
        for path in (places.gate, places.state, places.socket, places.settings, places.code):
            if os.path.lexists(path):
                os.unlink(path)
        if os.path.lexists(places.record):
            os.rename(places.record, places.released)
        self._reply(client, request, {})
        loop.ended = True

    def _hand_over(self, client: Client, _request: Mapping[str, Any]) -> None:
        loop = self._loop
        driver = loop.driver
        left_s = driver.due - driver.now().fast if driver.due < ALWAYS else ALWAYS
        within = min(handing_over.PATIENCE_S, left_s / 2.0)
        if driver.is_saving or loop.keeping.cover.starting or within <= 0.05:
            raise OperationError("busy", "the guard cannot be handed over at this moment")
        loop.peer.links.close()
        cover, descriptor = loop.keeping.cover.hand_over()
        descriptors = [loop.beginning.lock] + ([] if descriptor is None else [descriptor])
        left = driver.left(cover)
        if handing_over.give(client.connection, left, descriptors, within):
            os._exit(0)
        loop.clients.let_go(client)
        loop.peer.links.open_missing(time.monotonic() + AGAIN_S)

    def end_if_idle(self) -> None:
        """After being told to end: only when nothing is held under it."""
        guard = self._loop.driver.guard
        if self.end_when_idle and guard.holder.phase in (leases.IDLE, leases.ORDERED):
            self._loop.ended = True
