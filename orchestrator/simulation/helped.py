"""A server of the simulation that is reached through its helper: the operations of the real one.

The rules are those of `remote_helpers`: an epoch is promised on disk, a step holds the group's lock
while it acts and asks the gate, the guard is told and heard through the helper.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.simulation.machine import PARTS
from orchestrator.simulation.server import SimServer
from orchestrator.transport import Done, Failed, FailureKind, Gate, Reign, Request
from remote_helpers.protocol import gate as gates
from remote_helpers.protocol import guard as guards
from remote_helpers.protocol import messages

Answered = Callable[[Done | Failed], None]
Push = Callable[[Mapping[str, Any]], None]
AGAIN_S = 0.05
GUARDED = ("guard.listen", "guard.say", "guard.answer")


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One request, and how its sender hears of the answer."""

    request: Request
    answer: Answered

    def done(self, data: Mapping[str, Any]) -> None:
        self.answer(Done(data=data, took_s=0.0))

    def failed(self, kind: FailureKind, message: str) -> None:
        self.answer(Failed(kind=kind, message=message))


class HelpedServer(SimServer):
    """`acting` are the steps under way; `record` is the epoch on disk."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.record: dict[str, Any] | None = None
        self.acting: set[Asked] = set()
        self.listener: Push | None = None
        self._operations: Mapping[str, Callable[[Asked, Push], None]] = {
            "poll": self._poll,
            "epoch.raise": lambda asked, _: self._raise(asked, asked.request.deadline_s),
            "guard.start": self._start_guard,
            "guard.listen": self._listen,
            "guard.say": self._told,
            "guard.answer": self._answered,
            "resource.check": self._check,
            "resource.start": self._begin,
            "resource.stop": self._begin,
        }

    def power_off(self) -> None:
        super().power_off()
        self.acting.clear()
        self.listener = None

    def ask_helper(self, asked: Asked, push: Push) -> None:
        """A request arrives. A server that hangs looks at it when it goes on."""
        if not self.on:
            return
        if self.world.now < self.frozen_until:
            left = self.frozen_until - self.world.now + 1e-6
            self.world.at(left, self.ask_helper, asked, push)
            return
        if asked.request.op in GUARDED and self.guard is None:
            asked.failed(FailureKind.NO_GUARD, "no guard runs here")
            return
        operation = self._operations.get(asked.request.op)
        if operation is None:
            asked.failed(FailureKind.UNSUPPORTED, f"{asked.request.op} is not simulated")
        else:
            operation(asked, push)

    def cancel(self, asked: Asked) -> None:
        """Its sender waits no longer: what the step started is killed."""
        self.acting.discard(asked)

    # --- what looks ---

    def _poll(self, asked: Asked, _push: Push) -> None:
        states = {part: self._state(part) for part in PARTS}
        asked.done({"resources": states, "networks": {}, "epoch": self.record, "facts": None})

    def _check(self, asked: Asked, _push: Push) -> None:
        asked.done(self._state(asked.request.args["name"]))

    def _state(self, part: str) -> dict[str, Any]:
        return {"state": "started" if part in self.parts else "stopped", "detail": ""}

    # --- the guard ---

    def _listen(self, asked: Asked, push: Push) -> None:
        self.listener = push
        asked.done({})

    def _told(self, asked: Asked, _push: Push) -> None:
        """Its answer comes from `_say`: at once, or when the guard runs again."""
        self.ask(asked, messages.decode(asked.request.args["message"]), (0, 0.0))

    def _answered(self, asked: Asked, _push: Push) -> None:
        self.hear(messages.decode(asked.request.args["message"]))
        asked.done({})

    def _start_guard(self, asked: Asked, _push: Push) -> None:
        how = "running"
        if self.guard is None:
            how = "started"
            self.start_guard(self.boots)
        cover = "device" if self.terms.watchdog else "none"
        asked.done({"how": how, "cover": cover, "warnings": []})

    def _say(self, output: guards.Say) -> None:
        message = output.message
        if isinstance(message, messages.Reply):
            waiting: Any = self.requester
            waiting.done({"message": messages.encode(message)})
        elif isinstance(message, messages.Question) and output.to == guards.CONTROLLER:
            if self.listener is not None:
                self.listener(
                    {"push": "guard", "group": "group", "message": messages.encode(message)}
                )
        else:
            super()._say(output)

    # --- what acts ---

    def _raise(self, asked: Asked, left_s: float) -> None:
        """Waits for the steps in progress."""
        if not self.on:
            return
        if self.acting:
            if left_s <= 0.0:
                asked.failed(FailureKind.BUSY, "a step is still in progress")
            else:
                self.world.at(AGAIN_S, self._raise, asked, left_s - AGAIN_S)
            return
        args, old = asked.request.args, self.record
        mine = (args["epoch"], args["controller"], args["run"])
        if old is not None:
            known = (old["promised"], old["controller"], old["run"])
            if args["epoch"] < known[0] or (args["epoch"] == known[0] and mine != known):
                asked.failed(FailureKind.STALE_EPOCH, f"{known[0]} is promised")
                return
            if mine == known:
                asked.done(old)
                return
        if self.disk_full:
            asked.failed(FailureKind.FAILED, "no space left on device")
            return
        counter = 1 if old is None else old["counter"] + 1
        self.record = {
            "promised": args["epoch"],
            "reigning": 0,
            "controller": args["controller"],
            "run": args["run"],
            "counter": counter,
        }
        asked.done(self.record)

    def _begin(self, asked: Asked, _push: Push) -> None:
        refused = self._refused(asked.request)
        if refused is not None:
            asked.answer(refused)
            return
        self.acting.add(asked)
        takes_s = self.world.chance.uniform(0.05, 1.2)
        self.world.at(takes_s, self._act, asked, self.boots)

    def _act(self, asked: Asked, boots: int) -> None:
        """What the gate has been closed to meanwhile was killed by the guard."""
        if asked not in self.acting or self.boots != boots:
            return
        if self.world.now < self.frozen_until:
            self.world.at(self.frozen_until - self.world.now + 1e-6, self._act, asked, boots)
            return
        self.acting.discard(asked)
        request = asked.request
        part, starts = request.args["name"], request.op == "resource.start"
        if self._refused(request) is not None:
            asked.failed(FailureKind.FAILED, "killed by the guard")
        elif self.stuck and not starts:
            asked.failed(FailureKind.TIMED_OUT, f"{part} does not stop")
        else:
            changed = (part in self.parts) != starts
            (self.parts.add if starts else self.parts.discard)(part)
            self.world.note(f"{self.name}: {request.op} {part}")
            asked.done({"changed": changed, "state": self._state(part)["state"], "detail": ""})

    def _refused(self, request: Request) -> Failed | None:
        reign = request.reign
        if reign is None:
            return Failed(kind=FailureKind.BAD_REQUEST, message="a change needs a reign")
        if self.record is None or reign.epoch > self.record["promised"]:
            return Failed(kind=FailureKind.NOT_REGISTERED, message="the epoch is not promised")
        if not self._is_promised(reign):
            return Failed(kind=FailureKind.STALE_EPOCH, message="a higher epoch is promised")
        if not self._passes(reign.gate, takes=request.op == "resource.start"):
            return Failed(kind=FailureKind.GATE_CLOSED, message="the gate is closed")
        return None

    def _is_promised(self, reign: Reign) -> bool:
        record = self.record or {}
        promised = (record["promised"], record["controller"], record["run"])
        return promised == (reign.epoch, reign.controller, reign.run)

    def _passes(self, shown: Gate | None, *, takes: bool) -> bool:
        """As `remote_helpers.guarding.asked`; without a guard its gate file has the last word."""
        registered = "" if self.disk is None else self.disk.registered.incarnation
        if shown is None or shown.incarnation != registered:
            return False
        current = gates.CLOSED if self.guard is None else self.guard.gate
        return not takes or (
            shown.reign is not None
            and gates.may_act(
                current, shown.reign, shown.plan, shown.incarnation, self.clock().fast
            )
        )
