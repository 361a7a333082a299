"""The library that is preloaded into user-mode-linux, built at need and kept in the cache."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from tests.lab import programs, rootfs

SOURCE = Path(__file__).parent / "umlshim.c"


def library() -> Path:
    built = rootfs.cache() / f"umlshim-{hashlib.sha256(SOURCE.read_bytes()).hexdigest()[:12]}.so"
    if not built.is_file():
        # gencat stands for the C library's headers, which are no program
        programs.require_programs({"gcc": "gcc", "gencat": "libc6-dev"})
        built.parent.mkdir(parents=True, exist_ok=True)
        building = built.with_suffix(f".{os.getpid()}.making")
        command = ["gcc", "-O2", "-Wall", "-shared", "-fPIC", "-o", str(building), str(SOURCE)]
        programs.run([*command, "-ldl"])
        building.rename(built)
    return built
