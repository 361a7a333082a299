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


def copy(name: str, inventory: Path) -> tuple[Path, ...]:
    """A shipped playbook into the site's folder, to be changed there; the paths of what is new.

    What it imports goes with it, unless the site has its own: that is then the one that is played.
    """
    playbook = read(name, None)
    folder = inventory / SITE_FOLDER
    target = folder / f"{name}.yaml"
    beside = {folder / Path(path).name: text for path, text in playbook.files.items()}
    try:
        folder.mkdir(exist_ok=True)
        _write_new(target, playbook.text)
        new = [path for path in beside if not path.exists()]
        for path in new:
            _write_new(path, beside[path])
    except FileExistsError:
        raise UsageError(f"{target} is there already", hint="edit it, or remove it") from None
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}") from None
    return (target, *new)


def _write_new(path: Path, text: str) -> None:
    with path.open("x", encoding="utf-8") as file:
        file.write(text)


def _in_folder(folder: Path, *, is_shipped: bool) -> Iterator[PlaybookFile]:
    if folder.is_dir():
        for path in sorted(folder.iterdir()):
            if path.suffix in _ENDINGS and path.is_file():
                yield PlaybookFile(name=path.stem, path=path, is_shipped=is_shipped)
