"""Which labs are up: one folder each, so that any process finds them and cleans up after others."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import itertools
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.lab import addresses

STATE = Path("/run/hasys-lab")
DISKS = Path("/var/tmp/hasys-lab")
"""For large files: /run is in memory."""
_LAB_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,18}[a-z0-9])?")

_number = itertools.count(1)


class NoSuchLab(LookupError):
    """No lab of that name (or none at all, or more than one without a name) is up."""


class LabExists(RuntimeError):
    """A lab of that name is up already."""


@dataclasses.dataclass(frozen=True)
class ProcessMark:
    """A process, told apart from a later one with the same number."""

    pid: int
    started: int

    @classmethod
    def of(cls, pid: int) -> ProcessMark | None:
        try:
            # the name in parentheses may hold anything; the 22nd field is the start time
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return cls(pid, int(fields[19]))

    def alive(self) -> bool:
        return ProcessMark.of(self.pid) == self


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabRecord:
    """What another process needs to find a lab, use it and take it away."""

    lab: str
    kind: str
    index: int
    boot_id: str
    owner: ProcessMark | None
    """The lab goes when this process has gone; None: it stays until `down`."""
    description: Mapping[str, Any] | None = None
    """None while it is coming up."""

    @property
    def folder(self) -> Path:
        return STATE / self.lab

    @property
    def disks(self) -> Path:
        """The lab's disk images; not there until somebody makes it."""
        return DISKS / self.lab

    def abandoned(self) -> bool:
        if self.boot_id != machine_boot_id():
            return True
        return self.owner is not None and not self.owner.alive()


def machine_boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def unique_lab_id() -> str:
    """No other process, and no other call in this one, has it."""
    return f"t{os.getpid()}-{next(_number)}"


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """One process at a time adds, removes or sweeps labs."""
    # a folder that is there anyway: a lock file of our own would be left behind
    held = os.open(STATE.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        STATE.mkdir(mode=0o755, exist_ok=True)
        yield
        with contextlib.suppress(OSError):  # labs are up
            STATE.rmdir()
    finally:
        os.close(held)


def reserve(lab_id: str, kind: str) -> LabRecord:
    """A folder and a free subnet, owned by this process until `publish`. Hold the lock."""
    if not _LAB_ID.fullmatch(lab_id):
        raise ValueError(f"lab {lab_id!r}: up to 20 lower-case letters, digits and inner hyphens")
    taken = records()
    if any(record.lab == lab_id for record in taken):
        raise LabExists(f"lab {lab_id!r} is up: take it down first, or choose another --lab")
    free = set(range(1, addresses.HIGHEST_INDEX + 1)) - {record.index for record in taken}
    record = LabRecord(
        lab=lab_id,
        kind=kind,
        index=min(free),
        boot_id=machine_boot_id(),
        owner=ProcessMark.of(os.getpid()),
    )
    for left_over in (record.disks, record.folder):  # made, but never recorded
        shutil.rmtree(left_over, ignore_errors=True)
    record.folder.mkdir(mode=0o755)
    _write(record)
    return record


def publish(record: LabRecord, description: Mapping[str, Any], *, stays: bool) -> LabRecord:
    """The lab is ready; `stays`: it outlives this process."""
    owner = None if stays else record.owner
    published = dataclasses.replace(record, description=description, owner=owner)
    _write(published)
    return published


def records() -> list[LabRecord]:
    """Every lab that is recorded, ready or not, in order of name."""
    found = []
    for file in sorted(STATE.glob("*/lab.json")):
        with contextlib.suppress(FileNotFoundError):  # taken away just now
            found.append(_read(file))
    return found


def find(lab_id: str | None = None, kind: str | None = None) -> LabRecord:
    """The lab of that name; without one, the only lab that is up."""
    known = [record for record in records() if kind in (None, record.kind)]
    if lab_id is not None:
        known = [record for record in known if record.lab == lab_id]
    if len(known) == 1:
        return known[0]
    what = f"{kind + ' ' if kind else ''}lab"
    if known:
        names = ", ".join(record.lab for record in known)
        raise NoSuchLab(f"more than one {what} is up: say which with --lab ({names})")
    raise NoSuchLab(f"no {what}{f' {lab_id!r}' if lab_id else ''} is up")


def forget(record: LabRecord) -> None:
    """Last step of taking a lab away. Hold the lock."""
    for folder in (record.disks, record.folder):
        shutil.rmtree(folder, ignore_errors=True)
    for base in (DISKS, STATE):
        with contextlib.suppress(OSError):  # other labs are up, or it is not there
            base.rmdir()


def _write(record: LabRecord) -> None:
    written = record.folder / "lab.json.new"
    written.write_text(json.dumps(dataclasses.asdict(record), indent=2) + "\n")
    written.rename(record.folder / "lab.json")


def _read(file: Path) -> LabRecord:
    read = json.loads(file.read_text())
    owner = ProcessMark(**read.pop("owner")) if read["owner"] else read.pop("owner")
    return LabRecord(**read, owner=owner)
