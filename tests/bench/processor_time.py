"""Processor time of groups of processes, as the kernel counts it: wall time depends on others.

Where control groups cannot be used (not root, none mounted) there is no such figure.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


class ProcessorTime:
    """Of all processes in one control group and of those they start."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, process: int) -> None:
        (self._folder / "cgroup.procs").write_text(str(process))

    def seconds(self) -> float:
        usage = self._folder / "cpuacct.usage"
        if usage.exists():
            return int(usage.read_text()) / 1e9
        for line in (self._folder / "cpu.stat").read_text().splitlines():
            if line.startswith("usage_usec"):
                return int(line.split()[1]) / 1e6
        raise OSError(f"no usage_usec in {self._folder}/cpu.stat")


@contextlib.contextmanager
def group() -> Iterator[ProcessorTime | None]:
    """An empty one, version 1 or 2, gone at the end; its processes must have ended by then."""
    parent = ROOT / "cpuacct" if (ROOT / "cpuacct").is_dir() else ROOT
    folder = parent / f"hasys-bench-{os.getpid()}"
    try:
        folder.mkdir()
    except OSError:
        yield None
        return
    try:
        yield ProcessorTime(folder)
    finally:
        with contextlib.suppress(OSError):
            folder.rmdir()
