"""Packs `remote_helpers` into the text that a server's Python executes; its digest is its version.

Only sorted `*.py` of the package: pip leaves `__pycache__` beside them, editors leave worse.
"""

import dataclasses
import functools
import hashlib
import json
import zlib
from pathlib import Path

import remote_helpers

FOLDER = Path(remote_helpers.__file__).parent


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pack:
    """`payload` is what goes over the line; the digest is of the text, whatever zlib made of it."""

    payload: bytes
    digest: str


@functools.cache
def helper_pack() -> Pack:
    return pack(FOLDER)


def pack(folder: Path) -> Pack:
    """Same folder contents, same pack."""
    modules: dict[str, tuple[str, bool, str]] = {}
    for path in sorted(folder.rglob("*.py")):
        inside = path.relative_to(folder)
        if not all(part.isidentifier() for part in inside.with_suffix("").parts):
            continue  # an editor's backup, a hidden folder: not a module
        if "__pycache__" in inside.parts:
            continue
        parts = ("remote_helpers", *inside.with_suffix("").parts)
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        # no path of the server's own, else tracebacks would show the lines of another file
        file_name = f"hasys:remote_helpers/{inside.as_posix()}"
        modules[name] = (file_name, is_package, path.read_text(encoding="utf-8"))
    starter = (folder / "memory_import.py").read_text(encoding="utf-8")
    table = json.dumps(modules, sort_keys=True)
    text = f"{starter}\nimport json\nstart(json.loads({table!r}))\n".encode()
    return Pack(payload=zlib.compress(text, 9), digest=hashlib.sha256(text).hexdigest())
