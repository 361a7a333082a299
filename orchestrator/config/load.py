"""A directory of files to a frozen `Configuration`, or to all that is wrong with it at once.

Called by the command line and by the daemon when files change. Import it where it is called:
pydantic, which it needs, takes longer to import than a pair takes to load.
"""

import dataclasses
import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from orchestrator.config.ansible_inventory import read_inventory
from orchestrator.config.build import build_group
from orchestrator.config.configuration import Configuration
from orchestrator.config.definition import Definition
from orchestrator.config.directory import find_directory
from orchestrator.config.login import ALIASES, LoginReader
from orchestrator.config.pairs import check_pairs, read_groups
from orchestrator.config.problems import Problems
from orchestrator.config.strict_yaml import Node, to_python
from orchestrator.config.variables import Variables
from orchestrator.model import Group, GroupName, Server, ServerName

__all__ = ["Configuration", "find_directory", "load"]

SECRET = frozenset({"ansible_password", *ALIASES["ansible_password"]})
"""Kept out of what playbooks may print and journals may keep."""


def load(directory: Path, *, home: Path | None = None) -> Configuration:
    """`home`: what `~` means in paths. Raises ConfigInvalid with all problems of all files."""
    problems = Problems()
    inventory = read_inventory(directory, problems)
    variables = Variables(directory, inventory, problems)
    definitions = read_groups(directory, problems)
    names = {name for one in definitions for name in one.model.servers if name in inventory.hosts}
    servers = _servers(sorted(names), variables, directory, home or Path.home(), problems)
    check_pairs(definitions, inventory, servers, problems)
    problems.raise_if_any()
    return _configuration(directory, definitions, servers, variables)


def _servers(
    names: list[str], variables: Variables, directory: Path, home: Path, problems: Problems
) -> dict[ServerName, Server]:
    base = directory.absolute()
    return {
        ServerName(name): Server(
            name=ServerName(name),
            login=LoginReader(name, variables.of_host(name), base, home, problems).read(),
        )
        for name in names
    }


def _configuration(
    directory: Path,
    definitions: list[Definition],
    servers: dict[ServerName, Server],
    variables: Variables,
) -> Configuration:
    groups: dict[GroupName, Group] = {}
    digests: dict[GroupName, str] = {}
    of_server = {name: _plain(variables.of_host(name)) for name in servers}
    for definition in definitions:
        of_group = _plain(variables.of_group(definition.model.group))
        group = build_group(definition.model, servers, of_group)
        groups[group.name] = group
        digests[group.name] = _digest(
            {
                "definition": definition.content,
                "variables": of_group,
                "servers": {
                    server.name: [_login(server), of_server[server.name]]
                    for server in group.servers
                },
            }
        )
    return Configuration(
        directory=directory,
        groups=groups,
        servers=servers,
        variables=of_server,
        digests=digests,
        flows={
            GroupName(one.model.group): one.position(("resources",), key=True)
            for one in definitions
        },
        places={
            GroupName(one.model.group): functools.partial(one.position, key=True)
            for one in definitions
        },
    )


def _plain(variables: Mapping[str, Node]) -> dict[str, object]:
    return {name: to_python(node) for name, node in variables.items() if name not in SECRET}


def _login(server: Server) -> dict[str, object]:
    return dataclasses.asdict(dataclasses.replace(server.login, password=None))


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()
