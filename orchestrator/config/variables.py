"""The variables of hosts and groups: inventory, `group_vars/` and `host_vars/`, in Ansible's order.

Low to high: `all`, groups (parents before children), group_vars/all, group_vars of the groups,
host, host_vars. A value replaces the one before it as a whole; nothing is merged inside.
"""

from collections.abc import Iterable
from pathlib import Path

from orchestrator.config.ansible_inventory import ALL, Inventory
from orchestrator.config.problems import Problems, did_you_mean
from orchestrator.config.strict_yaml import Mapping, Node, Scalar, read

EXTENSIONS = ("", ".yml", ".yaml", ".json")
"""In Ansible's order; it reads the first that exists and ignores the others silently."""
DEEPEST = 8


class Variables:
    """Reads the directories once; answers for every host and group of the inventory."""

    def __init__(self, directory: Path, inventory: Inventory, problems: Problems) -> None:
        self._inventory = inventory
        self._problems = problems
        groups, hosts = directory / "group_vars", directory / "host_vars"
        self._of_group = self._read_all(groups, inventory.groups, "group")
        self._of_host = self._read_all(hosts, inventory.hosts, "host")

    def of_host(self, host: str) -> dict[str, Node]:
        found = self._of_groups(self._inventory.groups_of(host))
        return found | self._inventory.hosts[host].variables | self._of_host.get(host, {})

    def of_group(self, group: str) -> dict[str, Node]:
        """What holds for the group as a whole: its own variables and those of its parents."""
        return self._of_groups({group, *self._inventory.ancestors(group)})

    def _of_groups(self, groups: Iterable[str]) -> dict[str, Node]:
        ordered = sorted(groups, key=self._rank)
        found: dict[str, Node] = {}
        for name in ordered:
            found |= self._inventory.groups[name].variables
        for name in ordered:
            found |= self._of_group.get(name, {})
        return found

    def _rank(self, group: str) -> tuple[int, int, str]:
        priority = self._inventory.groups[group].variables.get("ansible_group_priority")
        value = priority.value if isinstance(priority, Scalar) else 1
        return (
            self._inventory.depth(group),
            value if isinstance(value, int) and group != ALL else 1,
            group,
        )

    def _read_all(
        self, folder: Path, known: Iterable[str], what: str
    ) -> dict[str, dict[str, Node]]:
        if not folder.is_dir():
            return {}
        names = set(known)
        by_name: dict[str, list[Path]] = {}
        for entry in sorted(folder.iterdir()):
            name = entry.name if entry.name in names or entry.is_dir() else _stem(entry)
            if _is_read(entry) or name in names:
                by_name.setdefault(name, []).append(entry)
        found = {}
        for name, entries in by_name.items():
            if name not in names:
                message = f"there is no {what} {name} in the inventory"
                hint = did_you_mean(name, names)
                self._problems.add_to_file(str(entries[0]), message, hint=hint)
                continue
            if len(entries) > 1:
                message = f"stands beside {entries[0].name}: Ansible reads only one of them"
                self._problems.add_to_file(str(entries[1]), message, hint="keep one of them")
            found[name] = self._read_files(entries[0])
        return found

    def _read_files(self, path: Path) -> dict[str, Node]:
        found: dict[str, Node] = {}
        for file in _files_below(path, DEEPEST):
            parsed = read(file, str(file), may_be_empty=True)
            self._problems.extend(parsed.problems)
            if isinstance(parsed.root, Mapping):
                found |= {key.text: node for key, node in parsed.root.entries}
            elif parsed.root is not None:
                message = "a file of variables holds keys with values"
                self._problems.add(parsed.root.position, message, hint="write NAME: VALUE")
        return found


def _files_below(path: Path, depth: int) -> list[Path]:
    if not path.is_dir():
        return [path]
    if depth == 0:
        return []
    entries = [entry for entry in sorted(path.iterdir()) if _is_read(entry)]
    return [file for entry in entries for file in _files_below(entry, depth - 1)]


def _is_read(entry: Path) -> bool:
    """Not an editor's copy, not a hidden file, and of a kind that Ansible would read."""
    if entry.name.startswith(".") or entry.name.endswith("~"):
        return False
    return entry.is_dir() or entry.suffix in EXTENSIONS


def _stem(entry: Path) -> str:
    return entry.stem if entry.suffix in EXTENSIONS else entry.name
