"""`hosts.yaml` to hosts, groups and their variables, as Ansible reads YAML inventories.

Where Ansible only warns (an unknown key beside `hosts`, `vars` and `children`) this refuses: what
is skipped silently is found in the outage. `variables` adds group_vars/ and host_vars/.
"""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from orchestrator.config.host_ranges import expand
from orchestrator.config.problems import Path as YamlPath
from orchestrator.config.problems import Position, Problems, did_you_mean
from orchestrator.config.strict_yaml import Mapping, Node, Scalar, read

ALL = "all"
UNGROUPED = "ungrouped"
SECTIONS = ("vars", "children", "hosts")
"""In the order in which Ansible reads them: what comes later wins."""
FILES = ("hosts.yaml", "hosts.yml")
INI_FILES = ("hosts", "hosts.ini", "inventory.ini", "inventory")


@dataclasses.dataclass(slots=True)
class InventoryGroup:
    position: Position
    variables: dict[str, Node] = dataclasses.field(default_factory=dict)
    hosts: dict[str, None] = dataclasses.field(default_factory=dict)
    """Those named in the group itself, in the order of the file."""
    children: dict[str, None] = dataclasses.field(default_factory=dict)
    parents: dict[str, None] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class InventoryHost:
    position: Position
    variables: dict[str, Node] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(slots=True)
class Inventory:
    groups: dict[str, InventoryGroup] = dataclasses.field(default_factory=dict)
    hosts: dict[str, InventoryHost] = dataclasses.field(default_factory=dict)
    _depths: dict[str, int] = dataclasses.field(default_factory=dict)

    def hosts_of(self, group: str) -> tuple[str, ...]:
        """All hosts of a group and of the groups below it."""
        if group == ALL:
            return tuple(self.hosts)
        found = dict(self.groups[group].hosts)
        for child in self._walk(group, lambda one: one.children):
            found |= self.groups[child].hosts
        return tuple(found)

    def ancestors(self, group: str) -> frozenset[str]:
        return frozenset(self._walk(group, lambda one: one.parents)) | {ALL} - {group}

    def groups_of(self, host: str) -> frozenset[str]:
        """All groups that a host is in, whether named there or in a group below."""
        direct = {name for name, group in self.groups.items() if host in group.hosts}
        return frozenset(direct).union({ALL}, *(self.ancestors(name) for name in direct))

    def depth(self, group: str) -> int:
        """The longest way down from `all`; a child's variables win over its parents'."""
        if group not in self._depths:
            parents = (self.depth(name) for name in self.groups[group].parents)
            self._depths[group] = 0 if group == ALL else 1 + max(parents, default=0)
        return self._depths[group]

    def _walk(
        self, group: str, following: Callable[[InventoryGroup], dict[str, None]]
    ) -> dict[str, None]:
        seen: dict[str, None] = {}
        waiting = list(following(self.groups[group]))
        while waiting:
            name = waiting.pop(0)
            if name not in seen:
                seen[name] = None
                waiting.extend(following(self.groups[name]))
        return seen


def read_inventory(directory: Path, problems: Problems) -> Inventory:
    """The hosts file of a directory; an empty inventory where there is none that can be read."""
    reader = _Reader(problems)
    found = [directory / name for name in FILES if (directory / name).is_file()]
    if not found:
        _report_missing(directory, problems)
        return reader.inventory
    if len(found) > 1:
        hint = "keep one of them"
        problems.add_to_file(str(found[1]), f"stands beside {found[0].name}", hint=hint)
    parsed = read(found[0], str(found[0]))
    problems.extend(parsed.problems)
    if parsed.root is not None:
        reader.read_top(parsed.root)
    if not reader.inventory.hosts and not problems:
        hint = "write them below all: hosts:, each name with a colon"
        problems.add_to_file(str(found[0]), "lists no hosts", hint=hint)
    return reader.inventory


def _report_missing(directory: Path, problems: Problems) -> None:
    for name in INI_FILES:
        if (directory / name).is_file():
            problems.add_to_file(
                str(directory / name),
                "an INI inventory is not read here",
                hint=f"convert it: ansible-inventory -i {name} --list --yaml --export"
                " --output hosts.yaml",
            )
            return
    hint = "list the servers there, or write an example with: hasys init"
    problems.add_to_file(str(directory / FILES[0]), "does not exist", hint=hint)


class _Reader:
    def __init__(self, problems: Problems) -> None:
        self.inventory = Inventory()
        self._problems = problems

    def read_top(self, root: Node) -> None:
        nowhere = Position(root.position.file, 1, 1)
        for name in (ALL, UNGROUPED):
            self.inventory.groups[name] = InventoryGroup(nowhere)
        if not isinstance(root, Mapping):
            self._problems.add(root.position, "an inventory begins with the line all:")
            return
        if (plugin := root.key("plugin")) is not None:
            hint = "write its answer to hosts.yaml: ansible-inventory --list --yaml --export"
            self._problems.add(plugin.position, "inventory plugins are not run here", hint=hint)
            return
        for key, node in root.entries:
            self._group(key, node, (key.text,))
        groups = self.inventory.groups
        for name, group in groups.items():
            if name != ALL and not group.parents:
                self._link(ALL, name)
        named = {host for name, group in groups.items() if name != ALL for host in group.hosts}
        groups[UNGROUPED].hosts |= dict.fromkeys(set(groups[ALL].hosts) - named)

    def _group(self, key: Scalar, node: Node, path: YamlPath) -> None:
        group = self.inventory.groups.setdefault(key.text, InventoryGroup(key.position))
        content = self._mapping(node, path, "a group holds hosts:, vars: or children:")
        if content is None:
            return
        for name, _ in content.entries:
            if name.text not in SECTIONS:
                self._problems.add(
                    name.position,
                    f"{name.text} is not part of a group",
                    path=(*path, name.text),
                    hint=did_you_mean(name.text, SECTIONS),
                )
        for section in SECTIONS:
            below = content.get(section)
            if below is not None:
                self._section(key.text, group, section, below, (*path, section))

    def _section(
        self, name: str, group: InventoryGroup, section: str, node: Node, path: YamlPath
    ) -> None:
        hint = "each name is a key with a colon: linux1:" if section != "vars" else ""
        content = self._mapping(node, path, hint)
        if content is None:
            return
        for key, value in content.entries:
            if section == "vars":
                group.variables[key.text] = value
            elif section == "hosts":
                self._hosts(group, key, value, (*path, key.text))
            elif self._would_be_a_ring(name, key.text):
                message = f"the group {key.text} would stand inside itself"
                self._problems.add(key.position, message, path=(*path, key.text))
            else:
                # Linked first: what stands below must not name this group's ancestors.
                self.inventory.groups.setdefault(key.text, InventoryGroup(key.position))
                self._link(name, key.text)
                self._group(key, value, (*path, key.text))

    def _hosts(self, group: InventoryGroup, key: Scalar, value: Node, path: YamlPath) -> None:
        try:
            expanded = expand(key.text)
        except ValueError as error:
            self._problems.add(key.position, str(error), path=path)
            return
        content = self._mapping(value, path, "below a host stand its variables")
        for name in expanded.names:
            host = self.inventory.hosts.setdefault(name, InventoryHost(key.position))
            group.hosts[name] = None
            if expanded.port is not None:
                port = Scalar(key.position, expanded.port, str(expanded.port))
                host.variables["ansible_port"] = port
            if content is not None:
                host.variables |= {name.text: node for name, node in content.entries}

    def _mapping(self, node: Node, path: YamlPath, hint: str) -> Mapping | None:
        """None where there is nothing to read, with a problem if there should be."""
        if isinstance(node, Mapping):
            return node
        if not (isinstance(node, Scalar) and node.value is None):
            what = "a list" if not isinstance(node, Scalar) else repr(node.text)
            message = f"expected keys with values, found {what}"
            self._problems.add(node.position, message, path=path, hint=hint)
        return None

    def _link(self, parent: str, child: str) -> None:
        self.inventory.groups[parent].children[child] = None
        self.inventory.groups[child].parents[parent] = None

    def _would_be_a_ring(self, parent: str, child: str) -> bool:
        if child in (parent, ALL):
            return True
        return child in self.inventory.groups and child in self.inventory.ancestors(parent)
