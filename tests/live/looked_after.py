"""A group that `hasys run` looks after: begun, waited for, watched by a witness."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from orchestrator.daemon import wire
from tests.lab.programs import ProgramFailed
from tests.lab.witness import Thing, Timeline, Witness
from tests.live.site import Answer, Site, until

LEVELS = ("leased", "leased without reset", "fenced")


@dataclasses.dataclass
class Observed:
    """What the witness saw; there once the block has ended."""

    timeline: Timeline | None = None

    def assert_kept_by(self, server: str) -> None:
        """The server had address and service in every look at it."""
        assert self.timeline is not None
        samples = self.timeline.of(server)
        lost = [one for one in samples if not {Thing.ADDRESS, Thing.SERVICE} <= one.has]
        assert samples, f"nothing was seen of {server}"
        assert not lost, f"{server} was without the service {len(lost)} times: {lost[0]}"

    def assert_never_both(self) -> None:
        assert self.timeline is not None
        self.timeline.assert_never_both(Thing.ADDRESS, Thing.SERVICE)

    def assert_both_at_most(self, *, since: float, within_s: float) -> None:
        """Never before that moment, and never later than so long after it."""
        assert self.timeline is not None
        for thing in (Thing.ADDRESS, Thing.SERVICE):
            spans = self.timeline.both(thing)
            beyond = [one for one in spans if one.began < since or one.ended > since + within_s]
            assert not beyond, f"two servers had the {thing.value} at once: {beyond}"


class LookedAfter:
    """The daemon's group, as people and programs see it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.process: subprocess.Popen[str] | None = None

    @contextlib.contextmanager
    def daemon(self) -> Iterator[subprocess.Popen[str]]:
        """`hasys run` while the block lasts; killed at its end."""
        with self.site.begun("run") as process:
            self.process = process
            yield process

    def kill_daemon(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop_daemon(self, within_s: float = 20) -> Answer:
        assert self.process is not None
        self.process.terminate()
        return self.site.end_of(self.process, within_s)

    def group(self) -> dict[str, Any]:
        """As `hasys status` has it: what the daemon saw, else by a look of its own."""
        return self.site.status()

    def standing(self) -> dict[str, Any]:
        """As the daemon's loop sees it; asked without a new program, for waits ask often."""
        with socket.socket(socket.AF_UNIX) as door:
            door.settimeout(20)
            try:
                door.connect(str(self.site.state / wire.SOCKET))
            except (FileNotFoundError, ConnectionRefusedError):
                return {}
            door.sendall(b'{"op": "standing", "group": "%s"}\n' % self.site.group.encode())
            with door.makefile() as answers:
                found = json.loads(answers.readline() or "{}")
        assert isinstance(found, dict)
        return found

    def is_protected(self) -> bool:
        """Whether the loop has its vote on both servers."""
        return self.standing().get("safety") in LEVELS

    def active(self) -> str | None:
        found = self.group()["active"]
        assert found is None or isinstance(found, str)
        return found

    def serving(self) -> None:
        """The service was started, and a standby is ready to take it over."""
        until(self.is_protected, "the vote is registered on both servers", 40)
        self.site.done("start", self.site.group)
        self.moved_to("linux1")

    def is_active(self, server: str) -> bool:
        """By its guard's word and by what it has now: `hasys status` tells of the last poll."""
        return self.role_told(server) == "ACTIVE" and self.has_all(server)

    def moved_to(self, server: str, within_s: float = 20) -> None:
        until(lambda: self.is_active(server), f"{server} is ACTIVE", within_s)

    def role_told(self, server: str) -> str:
        """By its guard, as the loop sees it."""
        return str(self.standing().get("roles", {}).get(server, ""))

    def is_standby(self, server: str) -> bool:
        """By its guard's word, and it has nothing that only an active may have."""
        return self.role_told(server) == "STANDBY" and not self.holds(server)

    def silent(self, server: str) -> bool:
        age = self.standing()["age_s"][server]
        return age is None or age > 3.0

    def goes_on_alone(self) -> bool:
        """Whether the active has a term without end."""
        return bool(self.standing().get("solo"))

    # --- by the servers' own word, whatever the controller thinks ---

    def guard_of(self, server: str) -> int | None:
        unit = "systemctl list-units --plain --no-legend 'hasys-guard-*' | cut -d' ' -f1"
        found = self._ask(server, f"systemctl show -P MainPID $({unit}) 2>/dev/null || true")
        return int(found) if found.isdigit() and found != "0" else None

    def lives_by(self, lease_s: float) -> bool:
        """Whether this is the length on record at both servers, and no other one may be out."""
        kept = (self._ask(name, "cat /var/lib/hasys/web/guard") for name in ("linux1", "linux2"))
        return all(f'"lease": {lease_s}, "lease_max": {lease_s}' in text for text in kept)

    def signal_guard(self, server: str, name: str) -> None:
        self.site.on(server, "kill", f"-{name}", str(self.guard_of(server)))

    def runs_service(self, server: str) -> bool:
        return bool(self._ask(server, "pgrep -o -f '[l]ab-http --port' || true"))

    def kill_service(self, server: str) -> None:
        self.site.on(server, "pkill", "-9", "-f", "[l]ab-http --port")

    def has_address(self, server: str) -> bool:
        address = self.site.lab.description.service.address
        return self._ask(server, f"ip -o addr show | grep -c ' {address}/' || true") != "0"

    def has_all(self, server: str) -> bool:
        return self.has_address(server) and self.runs_service(server)

    def holds(self, server: str) -> bool:
        """Whether it has the service address, or runs the service."""
        try:
            return self.has_address(server) or self.runs_service(server)
        except ProgramFailed:  # it may have been reset in this moment
            return self.site.lab.powered(server)

    def _ask(self, server: str, script: str) -> str:
        return self.site.on(server, "sh", "-c", script).strip()

    # --- time ---

    def settled(self) -> None:
        """The time after a start in which failed checks do not count is over."""
        until(lambda: "active-well" in self.reasons(), "the loop says active-well", 30)
        time.sleep(2)

    def outlives_a_lease(self) -> None:
        """Long enough for a lease that nobody renews to end, and for the demotion after it."""
        time.sleep(5)

    def kills_daemon_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.kill_daemon()

    def reasons(self) -> list[str]:
        return [one["reason"] for one in self.standing().get("reasons", [])]

    def was_told(self, words: str) -> bool:
        """In an event."""
        events = self.site.done("events", "-o", "json").document["events"]
        return any(words in one["text"] for one in events)

    def explains(self, reason: str, within_s: float = 20) -> None:
        until(lambda: reason in self.reasons(), f"the loop says {reason}", within_s)

    @contextlib.contextmanager
    def observed(self) -> Iterator[Observed]:
        seen = Observed()
        with Witness(self.site.lab.description) as witness:
            yield seen
        seen.timeline = witness.timeline
