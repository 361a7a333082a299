"""Files that a playbook includes, by their paths: from the disk, or from a run's charter.

All are read before the run begins and kept in its charter, so that a resumed run is the run that
was begun, whatever was edited since.
"""

import dataclasses
import fnmatch
import posixpath
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from orchestrator.errors import UsageError

LARGEST = 1024 * 1024
MOST = 100
"""Files that one playbook may include."""
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class Beside(Protocol):
    def text(self, path: str) -> str:
        """Raises UsageError where there is none."""
        ...

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Paths that fit a pattern of `*`, sorted."""
        ...


@dataclasses.dataclass(frozen=True, slots=True)
class Nothing:
    """For a text without a place in a folder: nothing stands beside it."""

    def text(self, path: str) -> str:
        raise UsageError(f"{path} cannot be read: no file stands beside this playbook")

    def matching(self, pattern: str) -> tuple[str, ...]:
        del pattern
        return ()


@dataclasses.dataclass(frozen=True, slots=True)
class Kept:
    """The files of a charter."""

    files: Mapping[str, str]

    def text(self, path: str) -> str:
        if path not in self.files:
            raise UsageError(f"{path} is not among the files that the run was begun with")
        return self.files[path]

    def matching(self, pattern: str) -> tuple[str, ...]:
        return tuple(sorted(name for name in self.files if fnmatch.fnmatchcase(name, pattern)))


@dataclasses.dataclass(slots=True)
class OnDisk:
    """Reads files, and remembers their texts for the charter."""

    files: dict[str, str] = dataclasses.field(default_factory=dict)

    def text(self, path: str) -> str:
        if path not in self.files:
            if len(self.files) >= MOST:
                raise UsageError(f"more than {MOST} files are included")
            self.files[path] = read_text(Path(path))
        return self.files[path]

    def matching(self, pattern: str) -> tuple[str, ...]:
        """`*` stands for a part of a name, never for a folder's border."""
        anchor = Path(pattern).anchor
        relative = pattern.removeprefix(anchor)
        found = Path(anchor or ".").glob(relative)
        return tuple(sorted(posixpath.normpath(str(path)) for path in found if path.is_file()))


@dataclasses.dataclass(frozen=True, slots=True)
class FilesOf:
    """What tasks of one file of tasks may read: as it was when the run began."""

    file: str = ""
    texts: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def text(self, folder: str, name: str) -> str:
        """Raises ValueError where there is none."""
        for path in places_of(self.file, folder, name):
            if path in self.texts:
                return self.texts[path]
        raise ValueError(f"{name} is not among the files that the run was begun with")


def places_of(file: str, folder: str, name: str) -> tuple[str, str]:
    """Where a file is looked for that a task in `file` names, as Ansible does it."""
    return path_from(file, posixpath.join(folder, name)), path_from(file, name)


def path_from(file: str, name: str) -> str:
    """The path of `name` as it is meant in `file`."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(file), name))


def pattern_of(name: str) -> str:
    """Every template of a path may become anything."""
    return re.sub(r"\*+", "*", _TEMPLATE.sub("*", name))


def read_text(path: Path) -> str:
    """Raises UsageError where the file cannot be read as UTF-8."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not UTF-8", hint="save it as UTF-8") from None
    if len(data) > LARGEST:
        raise UsageError(f"{path} is larger than {LARGEST // 1024} KiB")
    return text
