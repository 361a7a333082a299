"""All group definitions together: each one checked, and what two of them claim at once."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path

from orchestrator.config import schema
from orchestrator.config.ansible_inventory import Inventory
from orchestrator.config.definition import Definition, read_definition
from orchestrator.config.group_checks import GroupChecks
from orchestrator.config.problems import Problems
from orchestrator.config.sharing import SharedServers
from orchestrator.model import Server, ServerName

EXTENSIONS = (".yaml", ".yml")


def read_groups(directory: Path, problems: Problems) -> list[Definition]:
    """Those that can be checked further, by name; one that cannot hides no problem of another."""
    folder = directory / "groups"
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    files = [file for file in files if file.suffix in EXTENSIONS and file.name[0] != "."]
    if not files:
        hint = "write groups/NAME.yaml, or an example with: hasys init"
        problems.add_to_file(str(folder), "holds no group definition", hint=hint)
    found = [read_definition(file, problems) for file in files]
    return [definition for definition in found if definition is not None]


def check_pairs(
    definitions: list[Definition],
    inventory: Inventory,
    servers: Mapping[ServerName, Server],
    problems: Problems,
) -> None:
    peers: dict[str, tuple[str, str]] = {}
    addresses: dict[str, str] = {}
    logins = {server.login.address: server.name for server in servers.values()}
    stems: dict[str, Definition] = {}
    shared = SharedServers(problems)
    for definition in definitions:
        GroupChecks(definition, inventory, problems).run()
        first = stems.setdefault(definition.stem, definition)
        if first is not definition:
            message = f"stands beside {Path(first.file).name}"
            problems.add_to_file(definition.file, message, hint="keep one of them")
        _check_peers(definition, peers, problems)
        _check_same_machine(definition, servers, problems)
        shared.check(definition)
        _check_addresses(definition, addresses, logins, problems)


def _check_peers(
    definition: Definition, peers: dict[str, tuple[str, str]], problems: Problems
) -> None:
    """Two groups may share both servers. A shared single server would tie the fates of three
    machines together: one group's reset of it would take the other group down.
    """
    names = definition.model.servers
    if not definition.has("servers") or len(set(names)) != 2:
        return
    for number, name in enumerate(names):
        other = names[1 - number]
        peer, group = peers.setdefault(name, (other, definition.model.group))
        if peer != other:
            path = ("servers", number)
            problems.add(
                definition.position(path),
                f"{name} is the peer of {peer} in the group {group}",
                path=path,
                hint="groups may share both servers of a pair, not one of them",
            )


def _check_same_machine(
    definition: Definition, servers: Mapping[ServerName, Server], problems: Problems
) -> None:
    logins = [
        (server.login.address, server.login.port)
        for name in dict.fromkeys(definition.model.servers)
        if (server := servers.get(ServerName(name))) is not None
    ]
    if len(logins) == 2 and logins[0] == logins[1]:
        address, port = logins[0]
        problems.add(
            definition.position(("servers",)),
            f"both servers are reached at {address} port {port}",
            path=("servers",),
            hint="correct ansible_host of one of them",
        )


def _check_addresses(
    definition: Definition,
    addresses: dict[str, str],
    logins: Mapping[str, ServerName],
    problems: Problems,
) -> None:
    for name, resource in definition.model.resources.items():
        if not isinstance(resource, schema.IpResource):
            continue
        path = ("resources", name, "ip")
        address = str(ipaddress.ip_interface(resource.ip).ip)
        label = f"{name} of the group {definition.stem}"
        first = addresses.setdefault(address, label)
        if first != label:
            message = f"{address} is the address of {first} already"
            hint = "a service address belongs to one resource"
            problems.add(definition.position(path), message, path=path, hint=hint)
        if address in logins:
            message = f"{address} is the address of the server {logins[address]} itself"
            hint = "choose an address that may move"
            problems.add(definition.position(path), message, path=path, hint=hint)
