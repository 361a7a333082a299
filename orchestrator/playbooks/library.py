"""Where playbooks are found: the site's own first, then those that are shipped.

A site's playbook of the same name replaces the shipped one: that is how people change it.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from orchestrator import resources
from orchestrator.config.problems import did_you_mean
from orchestrator.errors import UsageError
from orchestrator.playbooks.beside import OnDisk, read_text
from orchestrator.playbooks.model import Playbook
from orchestrator.playbooks.parse import parse

SITE_FOLDER = "playbooks"
"""Inside the inventory's directory."""
_ENDINGS = (".yaml", ".yml")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class PlaybookFile:
    """A playbook that can be played by its name."""

    name: str
    path: Path
    is_shipped: bool

    def text(self) -> str:
        """Raises UsageError where the file cannot be read."""
        return read_text(self.path)

    @property
    def summary(self) -> str:
        """The sentence that its first comment begins with."""
        sentence = ""
        for line in self.text().splitlines():
            words = line.removeprefix("#").strip()
            if not line.startswith("#") or not words:
                break
            sentence = f"{sentence} {words}".lstrip()
        return sentence.partition(". ")[0].rstrip(".")


def find_all(inventory: Path | None) -> tuple[PlaybookFile, ...]:
    """All that can be played by name, sorted; `inventory`: whose `playbooks` folder comes first."""
    found = {file.name: file for file in _in_folder(resources.playbook_library(), is_shipped=True)}
    if inventory is not None:
        site = _in_folder(inventory / SITE_FOLDER, is_shipped=False)
        found.update({file.name: file for file in site})
    return tuple(found[name] for name in sorted(found))


def find(name: str, inventory: Path | None) -> PlaybookFile:
    """By name, or by the path of a file: whatever has a slash or an ending. Raises UsageError."""
    if "/" in name or name.endswith(_ENDINGS):
        path = Path(name)
        return PlaybookFile(name=path.stem, path=path, is_shipped=False)
    known = {file.name: file for file in find_all(inventory)}
    if name not in known:
        raise UsageError(f"there is no playbook {name!r}", hint=did_you_mean(name, known))
    return known[name]


def read(name: str, inventory: Path | None) -> Playbook:
    """Raises UsageError where there is none, ConfigInvalid where it is wrong."""
    file = find(name, inventory)
    return parse(file.text(), str(file.path), OnDisk())


def copy(name: str, inventory: Path) -> Path:
    """A shipped playbook into the site's folder, to be changed there; the path it now has."""
    target = inventory / SITE_FOLDER / f"{name}.yaml"
    text = find(name, None).text()
    try:
        target.parent.mkdir(exist_ok=True)
        with target.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageError(f"{target} is there already", hint="edit it, or remove it") from None
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return target


def _in_folder(folder: Path, *, is_shipped: bool) -> Iterator[PlaybookFile]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix in _ENDINGS and path.is_file():
                yield PlaybookFile(name=path.stem, path=path, is_shipped=is_shipped)
