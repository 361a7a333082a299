"""The kinds of lab, and how any of them is brought up, found again and taken down."""

from __future__ import annotations

import importlib
from typing import Protocol, cast

from tests.lab import network, programs, registry, teardown
from tests.lab.interface import Lab
from tests.lab.registry import LabRecord

_PACKAGES = {"namespaces": "tests.lab.namespaces", "kernel": "tests.lab.kernel"}
KINDS = tuple(_PACKAGES)


class Kind(Protocol):
    """What a kind's package offers."""

    def up(self, record: LabRecord, variant: str) -> Lab:
        """Builds the reserved lab in `record.folder`; returns when ssh answers on both servers."""
        ...

    def attach(self, record: LabRecord) -> Lab:
        """A handle on a lab that another process brought up."""
        ...


def up(kind: str, lab_id: str | None = None, *, stays: bool = False, variant: str = "base") -> Lab:
    """`stays`: it outlives this process, until `down`. `variant`: what is installed on the servers.

    What fails to come up is removed.
    """
    programs.require_root()
    for swept in teardown.sweep():
        programs.tell(f"removed lab {swept!r}, left behind by a process that has ended")
    with registry.locked():
        record = registry.reserve(lab_id or kind, kind)
        network.keep_stray_packets_here()
    try:
        lab = _package(kind).up(record, variant)
    except BaseException:
        teardown.remove(record)
        raise
    registry.publish(record, lab.description.as_json(), stays=stays)
    return lab


def attach(lab_id: str | None = None, kind: str | None = None) -> Lab:
    """The lab of that name; without one, the only lab that is up (of that kind)."""
    record = registry.find(lab_id, kind)
    if record.description is None:
        raise registry.NoSuchLab(f"lab {record.lab!r} is still coming up")
    return _package(record.kind).attach(record)


def down(lab_id: str | None = None, kind: str | None = None) -> str:
    """Takes a lab away, in whatever state it is; its name."""
    programs.require_root()
    record = registry.find(lab_id, kind)
    teardown.remove(record)
    return record.lab


def _package(kind: str) -> Kind:
    return cast(Kind, importlib.import_module(_PACKAGES[kind]))  # the kernel lab is slow to import
