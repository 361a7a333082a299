"""What one group definition says against itself and against the inventory."""

import ipaddress

from orchestrator.config import schema, timing
from orchestrator.config.ansible_inventory import ALL, UNGROUPED, Inventory
from orchestrator.config.definition import Definition
from orchestrator.config.fencing_checks import check_fencing, check_watchdog
from orchestrator.config.problems import Path, Problems, did_you_mean

RESERVED = frozenset({"active", "standby", "source", "target", "group", "all", "localhost"})
"""What `hosts:` of a playbook means by itself."""


class GroupChecks:
    def __init__(self, definition: Definition, inventory: Inventory, problems: Problems) -> None:
        self._definition = definition
        self._model = definition.model
        self._inventory = inventory
        self._problems = problems

    def run(self) -> None:
        if self._definition.has("group"):
            self._check_name()
        if self._definition.has("servers"):
            self._check_servers()
        if self._definition.has("timing"):
            self._check_timing()
        check_watchdog(self._definition, self._problems)
        check_fencing(self._definition, self._problems)
        self._check_networks()
        self._check_resources()

    def _check_name(self) -> None:
        name, path = self._model.group, ("group",)
        if name != self._definition.stem:
            hint = "a file has the name of its group"
            self._add(path, f"{name} stands in the file {self._definition.stem}.yaml", hint)
        if name in RESERVED or name in self._inventory.hosts:
            self._add(path, f"{name} is also a word for servers", "choose another name")
        if not self._inventory.hosts:
            return  # The hosts file has problems of its own: no more can be said.
        if name not in self._inventory.groups:
            near = did_you_mean(name, set(self._inventory.groups) - {ALL, UNGROUPED})
            members = ", ".join(self._model.servers)
            hint = near if near.startswith("did") else f"add it there with the hosts {members}"
            self._add(path, f"there is no group {name} in the inventory", hint)
            return
        members_there = set(self._inventory.hosts_of(name))
        servers = set(self._model.servers)
        if len(servers) == 2 and members_there != servers:
            listed = ", ".join(sorted(members_there)) or "no hosts"
            hint = "make them the same"
            self._add(("servers",), f"in the inventory the group {name} has {listed}", hint)

    def _check_servers(self) -> None:
        servers = self._model.servers
        if len(servers) != 2 or len(set(servers)) != 2:
            message = f"a group has exactly two servers, not {len(set(servers))}"
            self._add(("servers",), message, "write [ONE, OTHER]")
        for number, name in enumerate(servers):
            path = ("servers", number)
            if name in RESERVED:
                self._add(path, f"{name} means something else in playbooks", "rename the server")
            elif self._inventory.hosts and name not in self._inventory.hosts:
                hint = did_you_mean(name, self._inventory.hosts)
                self._add(path, f"there is no host {name} in the inventory", hint)
        preferred = self._model.preferred_active
        if self._definition.has("preferred_active") and preferred not in servers:
            hint = f"write {' or '.join(servers)}"
            self._add(("preferred_active",), f"{preferred} is not one of the two servers", hint)

    def _check_timing(self) -> None:
        for setting, message, hint in timing.conflicts(timing.written(self._model.timing)):
            self._add(("timing", setting), message, hint)

    def _check_networks(self) -> None:
        for name, network in self._model.networks.items():
            if not isinstance(network.interface, dict) or len(set(self._model.servers)) != 2:
                continue
            path = ("networks", name, "interface")
            for server in network.interface:
                if server not in self._model.servers:
                    hint = did_you_mean(server, self._model.servers)
                    message = f"{server} is not a server of the group"
                    self._add((*path, server), message, hint, key=True)
            for server in self._model.servers:
                if server not in network.interface:
                    self._add(path, f"has no interface for {server}", f"write {server}: NAME")

    def _check_resources(self) -> None:
        names = self._definition.names("resources")
        if self._definition.has("resources") and not names:
            hint = "write at least one, e.g. web: {systemd: nginx}"
            self._add(("resources",), "a group without resources has nothing to keep running", hint)
        taken: dict[str, str] = {}
        for name, resource in self._model.resources.items():
            path = ("resources", name)
            self._check_after(name, resource, names)
            if isinstance(resource, schema.IpResource):
                self._check_ip(path, resource)
            elif isinstance(resource, schema.ProcessResource):
                self._check_process(path, resource)
            elif isinstance(resource, schema.MountResource):
                self._check_once(taken, (*path, "mount"), resource.mount, "mounted")
            elif isinstance(resource, schema.DrbdResource):
                self._check_once(taken, (*path, "drbd"), resource.drbd, "promoted")
            elif isinstance(resource, schema.DiskResource):
                self._check_once(taken, (*path, "disk"), resource.disk, "activated")

    def _check_once(self, taken: dict[str, str], path: Path, thing: str, how: str) -> None:
        _, name, kind = path
        first = taken.setdefault(f"{kind} {thing}", str(name))
        if first != name:
            hint = f"{kind} it once" if kind == "mount" else "name it once"
            self._add(path, f"{thing} is {how} by {first} already", hint)

    def _check_after(self, name: str, resource: schema.Resource, names: tuple[str, ...]) -> None:
        seen: set[str] = set()
        for number, item in enumerate(resource.after):
            target = item if isinstance(item, str) else item.resource
            path: Path = ("resources", name, "after", number)
            path = path if isinstance(item, str) else (*path, "resource")
            if target == name:
                self._add(path, f"{name} cannot come after itself", "take it out")
            elif target not in names:
                hint = did_you_mean(target, set(names) - {name})
                self._add(path, f"there is no resource {target}", hint)
            elif target in seen:
                self._add(path, f"{target} stands here twice", "take one out")
            seen.add(target)

    def _check_process(self, path: Path, resource: schema.ProcessResource) -> None:
        if resource.process is None and not (resource.pid_file or resource.check):
            hint = "write a pattern, or add pid_file or check"
            self._add((*path, "process"), "nothing says which processes are meant", hint)
        if resource.process is None and resource.count is not None:
            hint = "write a pattern, or leave count away"
            self._add((*path, "count"), "only what matches a pattern can be counted", hint)

    def _check_ip(self, path: Path, resource: schema.IpResource) -> None:
        if (resource.network is None) == (resource.interface is None):
            networks = ", ".join(self._definition.names("networks")) or "none yet"
            message = "needs a network or an interface, one of them"
            self._add(path, message, f"write network: NAME; networks: {networks}", key=True)
        known = self._definition.names("networks")
        if resource.network is not None and resource.network not in known:
            message = f"there is no network {resource.network}"
            hint = did_you_mean(resource.network, known) or "write it below networks:"
            self._add((*path, "network"), message, hint)
        network = self._model.networks.get(resource.network or "")
        if network is not None:
            self._check_subnet((*path, "ip"), resource.ip, network)

    def _check_subnet(self, path: Path, text: str, network: schema.Network) -> None:
        address = ipaddress.ip_interface(text)
        subnet = address.network
        if subnet.num_addresses > 2 and address.ip in (
            subnet.network_address,
            subnet.broadcast_address if subnet.version == 4 else None,
        ):
            self._add(path, f"{address.ip} is no host's address in {subnet}", "choose another")
        if network.gateway is None:
            return
        gateway = ipaddress.ip_address(network.gateway)
        if gateway == address.ip:
            self._add(path, f"{address.ip} is the gateway of the network", "choose another")
        elif gateway.version == subnet.version and gateway not in subnet:
            message = f"{subnet} does not hold the gateway {gateway} of the network"
            self._add(path, message, "correct the address, its prefix length or the gateway")

    def _add(self, path: Path, message: str, hint: str, *, key: bool = False) -> None:
        position = self._definition.position(path, key=key)
        self._problems.add(position, message, path=path, hint=hint)
