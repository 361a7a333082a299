"""A group that `hasys run` looks after: begun, waited for, watched by client and witness."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from orchestrator.demo.outage import OutageReport
from tests.lab.outage import measure_outage
from tests.lab.programs import ProgramFailed
from tests.lab.witness import Thing, Timeline, Witness
from tests.live.site import Answer, Site, until

LEVELS = ("leased", "leased without reset", "fenced")


@dataclasses.dataclass
class Observed:
    """What client and witness saw; there once the block has ended."""

    outage: OutageReport | None = None
    timeline: Timeline | None = None

    @property
    def outage_s(self) -> float:
        assert self.outage is not None
        return self.outage.longest_s

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
        return self.site.status()

    def is_protected(self) -> bool:
        """Whether the loop has its vote on both servers."""
        return self.group()["safety"] in LEVELS

    def active(self) -> str | None:
        found = self.group()["active"]
        assert found is None or isinstance(found, str)
        return found

    def serving(self) -> None:
        """The service was started, and a standby is ready to take it over."""
        until(self.is_protected, "the vote is registered on both servers", 40)
        self.site.done("start", self.site.group)
        assert self.active() == "linux1"

    def is_active(self, server: str) -> bool:
        return self.active() == server

    def moved_to(self, server: str, within_s: float = 20) -> None:
        until(lambda: self.is_active(server), f"{server} is ACTIVE", within_s)

    def role(self, server: str) -> str:
        """By what the server holds."""
        return str(self._server(server)["role"])

    def role_told(self, server: str) -> str:
        """By its guard, as the loop sees it."""
        return str(self.group().get("roles", {}).get(server, ""))

    def silent(self, server: str) -> bool:
        return self._server(server)["reachable"] is False

    def _server(self, name: str) -> dict[str, Any]:
        servers: list[dict[str, Any]] = self.group()["servers"]
        return next(one for one in servers if one["name"] == name)

    def goes_on_alone(self) -> bool:
        """Whether the active has a term without end."""
        return bool(self.group().get("solo"))

    # --- by the servers' own word, whatever the controller thinks ---

    def guard_of(self, server: str) -> int | None:
        unit = "systemctl list-units --plain --no-legend 'hasys-guard-*' | cut -d' ' -f1"
        found = self._ask(server, f"systemctl show -P MainPID $({unit}) 2>/dev/null || true")
        return int(found) if found.isdigit() and found != "0" else None

    def signal_guard(self, server: str, name: str) -> None:
        self.site.on(server, "kill", f"-{name}", str(self.guard_of(server)))

    def runs_service(self, server: str) -> bool:
        return bool(self._ask(server, "pgrep -o -f '[l]ab-http --port' || true"))

    def kill_service(self, server: str) -> None:
        self.site.on(server, "pkill", "-9", "-f", "[l]ab-http --port")

    def holds(self, server: str) -> bool:
        """Whether it has the service address, or runs the service."""
        address = self.site.lab.description.service.address
        try:
            has = self._ask(server, f"ip -o addr show | grep -c ' {address}/' || true")
            return has != "0" or self.runs_service(server)
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
        time.sleep(8)

    def kills_daemon_after(self, seconds: float) -> None:
        time.sleep(seconds)
        self.kill_daemon()

    def reasons(self) -> list[str]:
        return [one["reason"] for one in self.group().get("reasons", [])]

    def explains(self, reason: str, within_s: float = 20) -> None:
        until(lambda: reason in self.reasons(), f"the loop says {reason}", within_s)

    @contextlib.contextmanager
    def observed(self) -> Iterator[Observed]:
        seen = Observed()
        description = self.site.lab.description
        with Witness(description) as witness, measure_outage(description) as measured:
            yield seen
        seen.outage, seen.timeline = measured.report, witness.timeline
