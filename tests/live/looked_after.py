"""A group that `hasys run` looks after: begun, waited for, watched by client and witness."""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
from collections.abc import Iterator
from typing import Any

from orchestrator.demo.outage import OutageReport
from tests.lab.outage import measure_outage
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
