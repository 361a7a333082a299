"""`stat`, `slurp`, `find`: what is on the server's disk."""

from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Status
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters, WrongArgument
from orchestrator.playbooks.module import Call, Module
from orchestrator.transport import Done, Request


class _Looking(Module):
    op: ClassVar[str]
    where: ClassVar[str]
    """The parameter that names the path."""

    def ask(self, call: Call) -> Request:
        args = {name: value for name, value in call.args.items() if value is not None}
        return Request(op=self.op, args=args, deadline_s=call.deadline_s)

    def touches(self, call: Call) -> frozenset[str]:
        """It only looks; but what it sees is another thing once a step has been there."""
        paths = call.args[self.where]
        return frozenset(f"path:{one}" for one in ([paths] if isinstance(paths, str) else paths))

    def conclude(self, call: Call, done: Done) -> Outcome:
        del call
        return Outcome(status=Status.OK, result=done.data)


class Stat(_Looking):
    name = "stat"
    op = "file.stat"
    where = "path"
    summary = "What a path is; that it is not there is no failure."
    parameters: ClassVar[Parameters] = {
        "path": Parameter(kind=Kind.TEXT, summary="on the server", required=True),
        "follow": Parameter(kind=Kind.YES_NO, summary="where a link points to", default=False),
        "get_checksum": Parameter(kind=Kind.YES_NO, summary="read the file for it", default=True),
        "checksum_algorithm": Parameter(
            kind=Kind.TEXT,
            summary="of it",
            default="sha1",
            choices=("md5", "sha1", "sha224", "sha256", "sha384", "sha512"),
        ),
    }
    returns: ClassVar[Mapping[str, str]] = {
        "stat": "`exists`, and where it does: `isreg isdir islnk isblk ischr isfifo issock mode "
        "size uid gid pw_name gr_name inode dev nlink atime mtime ctime checksum lnk_target "
        "lnk_source readable writeable executable path`"
    }


class Slurp(_Looking):
    name = "slurp"
    op = "file.read"
    where = "src"
    summary = "Reads a file of the server, to 1 MiB: `(result.content | b64decode)`."
    parameters: ClassVar[Parameters] = {
        "src": Parameter(kind=Kind.TEXT, summary="the file on the server", required=True),
    }
    returns: ClassVar[Mapping[str, str]] = {
        "content": "in base64",
        "encoding": "`base64`",
        "source": "the file",
    }


class Find(_Looking):
    name = "find"
    op = "file.find"
    where = "paths"
    summary = "Paths on the server that fit; to 5000 of them."
    parameters: ClassVar[Parameters] = {
        "paths": Parameter(kind=Kind.TEXTS, summary="folders to look in", required=True),
        "patterns": Parameter(kind=Kind.TEXTS, summary="names, with `*` and `?`"),
        "excludes": Parameter(kind=Kind.TEXTS, summary="names that are left out"),
        "use_regex": Parameter(
            kind=Kind.YES_NO, summary="the patterns are expressions", default=False
        ),
        "recurse": Parameter(kind=Kind.YES_NO, summary="in folders below, too", default=False),
        "depth": Parameter(kind=Kind.WHOLE_NUMBER, summary="how many folders deep, with `recurse`"),
        "file_type": Parameter(
            kind=Kind.TEXT,
            summary="what is meant",
            default="file",
            choices=("file", "directory", "link", "any"),
        ),
        "hidden": Parameter(kind=Kind.YES_NO, summary="names with a dot, too", default=False),
        "age": Parameter(
            kind=Kind.TEXT, summary="at least so old, like `2d`, `1h`; `-1h`: at most so old"
        ),
        "size": Parameter(
            kind=Kind.TEXT, summary="at least so large, like `10m`, `1g`; `-10m`: at most"
        ),
    }
    returns: ClassVar[Mapping[str, str]] = {
        "files": "a mapping for each, as `stat`",
        "matched": "how many fit",
        "examined": "how many were looked at",
        "skipped_paths": "folders that are not there",
    }

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        for name, units in (("age", _AGES), ("size", _SIZES)):
            value = args.get(name)
            if value is not None and "{" not in str(value):
                try:
                    _amount(str(value), units)
                except ValueError:
                    message = f"'{name}': {value!r} is no number with one of {' '.join(units)}"
                    found = (*found, WrongArgument(name, message))
        return found

    def read(self, args: Mapping[str, Any]) -> dict[str, Any]:
        found = super().read(args)
        for name, units in (("age", _AGES), ("size", _SIZES)):
            if found[name] is not None:
                found[name] = _amount(found[name], units)
        return found


_AGES = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_SIZES = {"b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def _amount(value: str, units: Mapping[str, int]) -> float:
    """Raises ValueError for what is no number with a unit."""
    unit = value[-1:].lower()
    return float(value[:-1]) * units[unit] if unit in units else float(value)
