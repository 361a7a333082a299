"""Who has which address in lab number N: 10.77.N.0/25 is public, 10.77.N.128/25 the heartbeat."""

from __future__ import annotations

import dataclasses

ALL_LABS = "10.77.0.0/16"
SERVERS = ("linux1", "linux2")
HIGHEST_INDEX = 254
SERVICE_PORT = 8080
PREFIX = 25


@dataclasses.dataclass(frozen=True)
class Addresses:
    """The address plan of one lab, for both kinds."""

    index: int

    @property
    def controller(self) -> str:
        return self._address(1)

    @property
    def client(self) -> str:
        return self._address(2)

    @property
    def service(self) -> str:
        return self._address(70)

    @property
    def gateway(self) -> str:
        """Answers as a router would, and lives with the client."""
        return self._address(126)

    @property
    def url(self) -> str:
        return f"http://{self.service}:{SERVICE_PORT}/"

    def public(self, server: str) -> str:
        return self._address(11 + SERVERS.index(server))

    def heartbeat(self, server: str) -> str:
        return self._address(128 + 11 + SERVERS.index(server))

    def public_mac(self, server: str) -> str:
        """Fixed, as a real card's is: a server that comes back has the same one."""
        return f"52:54:00:77:{self.index:02x}:{0x11 + SERVERS.index(server):02x}"

    def heartbeat_mac(self, server: str) -> str:
        return f"52:54:00:78:{self.index:02x}:{0x11 + SERVERS.index(server):02x}"

    def _address(self, host: int) -> str:
        return f"10.77.{self.index}.{host}"
