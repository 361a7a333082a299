"""A resource that stops in the middle of its start or stop until the test lets it go on.

So a test knows where a run is, without guessing by time.
"""

from __future__ import annotations

import contextlib
from typing import Any

from tests.lab.programs import ProgramFailed
from tests.live.site import Site, until

RESOURCE = "gate"
_HELD = "while test -e /run/gate.hold-{verb}; do sleep 0.02; done"
_START = f"touch /run/gate.begun-start; {_HELD.format(verb='start')}; touch /run/gate.on"
_STOP = f"touch /run/gate.begun-stop; {_HELD.format(verb='stop')}; rm -f /run/gate.on"


def command() -> dict[str, Any]:
    """Its state is in /run: a reboot stops it, as it stops any program."""
    return {"start": _START, "stop": _STOP, "check": "test -e /run/gate.on || exit 3"}


def between_site_and_address(site: Site) -> None:
    """The program, then the gate, then the address: a run held there has done half of its work."""

    def change(document: dict[str, Any]) -> None:
        document["resources"] = {
            "site": document["resources"]["site"],
            RESOURCE: {"command": command(), "after": ["site"]},
            "address": {**document["resources"]["address"], "after": [RESOURCE]},
        }

    site.change_group(change)


class Gate:
    """The gate on one server, for one verb: `start` or `stop`."""

    def __init__(self, site: Site, server: str, verb: str) -> None:
        self._site = site
        self._server = server
        self._verb = verb

    def hold(self) -> None:
        self._site.on(self._server, "touch", f"/run/gate.hold-{self._verb}")

    def let_go(self) -> None:
        self._site.on(self._server, "rm", "-f", f"/run/gate.hold-{self._verb}")

    def wait_until_reached(self) -> None:
        until(
            lambda: self._is_there(f"/run/gate.begun-{self._verb}"),
            f"the gate's {self._verb} on {self._server} to begin",
            within_s=30,
        )

    def wait_until_nobody_waits(self) -> None:
        """The shell that waited at the gate is gone."""
        until(
            lambda: not self._waits(),
            f"the gate's {self._verb} on {self._server} to be ended",
            within_s=30,
        )

    def _is_there(self, path: str) -> bool:
        with contextlib.suppress(ProgramFailed):
            self._site.on(self._server, "test", "-e", path)
            return True
        return False

    def _waits(self) -> bool:
        with contextlib.suppress(ProgramFailed):
            self._site.on(self._server, "pgrep", "-f", f"[g]ate.hold-{self._verb}")
            return True
        return False
