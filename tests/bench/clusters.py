"""Who keeps a service on one of two servers: keepalived and HA_SYS, each in a lab of its own.

keepalived has the easier part: its service runs on both servers all the time, and only the address
moves. HA_SYS starts the service where it goes.
"""

from __future__ import annotations

import contextlib
import dataclasses
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol

from tests.lab import addresses, programs
from tests.lab.namespaces.lab import NamespacesLab
from tests.live.site import Site, until

READY_S = 60.0
_KEEPALIVED = """\
global_defs {{
  vrrp_version 3
}}
vrrp_instance web {{
  state BACKUP
  interface {device}
  virtual_router_id 51
  priority {priority}
  advert_int {interval}
  virtual_ipaddress {{
    {address}/{prefix} dev eth0
  }}
}}
"""
PRIORITIES = dict(zip(addresses.SERVERS, (150, 100), strict=True))


class Cluster(Protocol):
    """`serving`: linux1 has the address and answers while the block lasts, but for faults."""

    @property
    def name(self) -> str: ...

    def serving(self, lab: NamespacesLab, folder: Path) -> AbstractContextManager[None]: ...


@dataclasses.dataclass(frozen=True, kw_only=True)
class Keepalived:
    """As its manual sets up a pair: VRRP by multicast, one server with the higher priority."""

    interval_s: float = 1.0
    device: str = "eth0"
    """What its adverts go over: eth0 is public, eth1 the heartbeat network."""

    @property
    def name(self) -> str:
        network = "" if self.device == "eth0" else ", over the heartbeat network"
        return f"keepalived, adverts every {self.interval_s * 1000:.0f} ms{network}"

    @contextlib.contextmanager
    def serving(self, lab: NamespacesLab, folder: Path) -> Iterator[None]:
        del folder
        for server, priority in PRIORITIES.items():
            text = _KEEPALIVED.format(
                device=self.device,
                priority=priority,
                interval=self.interval_s,
                address=lab.network.addresses.service,
                prefix=addresses.PREFIX,
            )
            enter = lab.description.server(server).enter
            programs.run([*enter, "tee", "/etc/keepalived/keepalived.conf"], stdin=text)
            program = ["/usr/local/bin/lab-http", "--port", str(addresses.SERVICE_PORT)]
            lab.run(server, ["systemd-run", "--quiet", "--unit=web", *program])
            lab.run(server, ["systemctl", "restart", "keepalived"])
        _until(lambda: answer(lab) == "linux1", f"{self.name} to serve")
        yield


@dataclasses.dataclass(frozen=True, kw_only=True)
class HaSys:
    """The daemon on the controller. There are no watchdogs in namespaces: nothing resets a server
    whose guard is dead, and the group says that it accepts this.
    """

    name: str
    timing: Mapping[str, str]

    @contextlib.contextmanager
    def serving(self, lab: NamespacesLab, folder: Path) -> Iterator[None]:
        site = Site(lab, folder)
        settings: dict[str, Any] = {"watchdog": "none", "accept_unfenced": True}
        site.change_group(lambda document: document.update(settings, timing=dict(self.timing)))
        with site.begun("run") as daemon:
            assert daemon.stdout is not None
            daemon.stdout.readline()  # it says when it looks after the group
            _until(lambda: site.hasys("start", "web").code == 0, f"{self.name} to start")
            _until(lambda: answer(lab) == "linux1", f"{self.name} to serve")
            _until(lambda: site.status()["safety"] != "manual", f"{self.name} to act by itself")
            yield


def _until(condition: Callable[[], bool], what: str) -> None:
    until(condition, what, within_s=READY_S)


def answer(lab: NamespacesLab) -> str:
    """Who answers a client at the service address now; empty: nobody."""
    description = lab.description
    curl = [*description.client.enter, "curl", "-sS", "--max-time", "1", description.service.url]
    return subprocess.run(curl, capture_output=True, text=True, check=False).stdout.strip()
