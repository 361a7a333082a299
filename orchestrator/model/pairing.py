"""What the controller keeps of a pair for its guards: keys, links, what resets them."""

import dataclasses
from collections.abc import Mapping

from orchestrator.model.ids import ServerName


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way between the two servers for heartbeats."""

    name: str
    addresses: Mapping[ServerName, str]
    """Of each server on it."""
    port: int


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pairing:
    """Durable: at a start with one server dead the other's guard still needs all of it."""

    keys: tuple[str, ...]
    """Hexadecimal; the first one is used for sending, a second one is taken while keys change."""
    membership: int = 1
    links: tuple[Link, ...] = ()
    """In order of preference; addresses as last seen on the servers."""
    covers: Mapping[ServerName, str] = dataclasses.field(default_factory=dict)
    """What resets each server whose guard is dead: `device`, `systemd` or `none`."""

    @property
    def ways(self) -> Mapping[ServerName, tuple[str, ...]]:
        """Addresses of each server at which its peer reaches it."""
        servers = {server for link in self.links for server in link.addresses}
        return {
            server: tuple(dict.fromkeys(link.addresses[server] for link in self.links))
            for server in servers
        }

    @property
    def is_covered(self) -> bool:
        """Whether a lease ends on both servers even if its guard is dead."""
        return len(self.covers) == 2 and "none" not in self.covers.values()
