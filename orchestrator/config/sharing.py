"""What two groups on one pair of servers must not both take: ports, watchdogs, copies, disks.

Called by `pairs`. Each group has a guard of its own on both servers.
"""

from orchestrator.config import schema
from orchestrator.config.definition import Definition
from orchestrator.config.problems import Problems
from orchestrator.model.group import last_resort_port


class SharedServers:
    """What the definitions so far have taken, by server."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._ports: dict[tuple[str, str, int], str] = {}
        self._last_resorts: dict[tuple[str, int], str] = {}
        self._watchdogs: dict[tuple[str, str], str] = {}
        self._data: dict[tuple[str, str, str], str] = {}

    def check(self, definition: Definition) -> None:
        if definition.has("servers"):
            self._check_ports(definition)
            self._check_last_resort(definition)
            self._check_watchdog(definition)
            self._check_data(definition)

    def _check_ports(self, definition: Definition) -> None:
        """Two guards cannot listen on one port of one address. Guards hear one another on every
        network, the public one as last resort.
        """
        taken_by_group = {port for (_, _, port) in self._ports}
        for name, network in definition.model.networks.items():
            for server in dict.fromkeys(definition.model.servers):
                device = _device(network, server)
                first = self._ports.setdefault((server, device, network.port), definition.stem)
                if device and first != definition.stem:
                    path = ("networks", name, "port")
                    free = next(p for p in range(network.port, 65536) if p not in taken_by_group)
                    self._problems.add(
                        definition.position(path),
                        f"the group {first} hears heartbeats on UDP port {network.port} of {device}"
                        f" on {server} already",
                        path=path,
                        hint=f"write another port, e.g. port: {free}",
                    )
                    break

    def _check_last_resort(self, definition: Definition) -> None:
        """Where no network is named the port follows from the group's name, rarely the same one."""
        if definition.model.networks:
            return
        port = last_resort_port(definition.stem)
        for server in dict.fromkeys(definition.model.servers):
            first = self._last_resorts.setdefault((server, port), definition.stem)
            if first != definition.stem:
                self._problems.add(
                    definition.position(("group",)),
                    f"the group {first} hears heartbeats on UDP port {port} of {server} already",
                    path=("group",),
                    hint="name the network they take, with a port:"
                    " networks: {public: {interface: eth0, port: 7407}}",
                )
                break

    def _check_watchdog(self, definition: Definition) -> None:
        device = definition.model.watchdog
        if not device.startswith("/") or not definition.has("watchdog"):
            return
        for server in dict.fromkeys(definition.model.servers):
            first = self._watchdogs.setdefault((server, device), definition.stem)
            if first != definition.stem:
                self._problems.add(
                    definition.position(("watchdog",)),
                    f"{device} on {server} is held by the guard of the group {first} already",
                    path=("watchdog",),
                    hint="name another device, or write watchdog: systemd",
                )
                break

    def _check_data(self, definition: Definition) -> None:
        """Two groups would promote, activate or mount one thing, each where it likes."""
        for name, resource in definition.model.resources.items():
            kind = next((one for one in ("drbd", "disk", "mount") if hasattr(resource, one)), "")
            if not kind:
                continue
            thing = getattr(resource, kind)
            for server in dict.fromkeys(definition.model.servers):
                first = self._data.setdefault((server, kind, thing), definition.stem)
                if first != definition.stem:
                    path = ("resources", name, kind)
                    self._problems.add(
                        definition.position(path),
                        f"the group {first} has {thing} on {server} already",
                        path=path,
                        hint="one group has it; or make one group of the two",
                    )
                    break


def _device(network: schema.Network, server: str) -> str:
    """Empty where the definition names none for this server: that has its own problem."""
    interface = network.interface
    return interface if isinstance(interface, str) else interface.get(server, "")
