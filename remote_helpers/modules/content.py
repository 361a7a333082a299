"""`file.write` and `file.edit`: a file with exactly this content, or with these lines in it."""

import hashlib
import os
import stat
import time
from typing import Any, Callable, Dict, List, Optional, Tuple

from remote_helpers.modules import atomic, attributes, lines
from remote_helpers.modules.change import LONGEST_SHOWN, Args, Change, difference
from remote_helpers.operation import Context, OperationError

LARGEST = 16 * 1024 * 1024
"""Bytes of a file that is compared or edited."""


class Target:
    """The file as it is."""

    def __init__(self, path: str) -> None:
        self.path = path
        try:
            self.seen: Optional[os.stat_result] = os.stat(path)
        except FileNotFoundError:
            self.seen = None
        except OSError as problem:
            raise OperationError("failed", "{}: {}".format(path, problem.strerror)) from problem
        if self.seen is not None and not stat.S_ISREG(self.seen.st_mode):
            raise OperationError("failed", "{} is there and no file".format(path))
        self.content = b"" if self.seen is None else atomic.read(path, LARGEST)

    @property
    def text(self) -> Optional[str]:
        try:
            return self.content.decode("utf-8")
        except UnicodeDecodeError:
            return None

    def before(self) -> Dict[str, Any]:
        """What puts it back; without `content` where that cannot be kept."""
        if self.seen is None:
            return {"kind": "absent"}
        shown = attributes.shown(self.seen)
        kept = {"kind": "file", "mode": shown["mode"], "owner": shown["uid"], "group": shown["gid"]}
        text = self.text
        if text is not None and len(text) <= LONGEST_SHOWN:
            kept["content"] = text
        return kept


def write(context: Context, args: Args) -> Change:
    """`path`, `content` or `from` (a file of this server); `mode owner group backup validate
    force`.
    """
    target = Target(_place(args))
    if "from" in args:
        content, source_mode = _source(args)
        if args.get("mode") == "preserve":
            args = {**args, "mode": source_mode}
    else:
        content = args["content"].encode("utf-8")
    if target.seen is not None and not args.get("force", True):
        return _unchanged(target, "is there and is left as it is", target.content)
    return _replacing(context, target, content, args)


def edit(context: Context, args: Args) -> Change:
    """`path`, `how` (line or block) with its words, `create`, and as `write`."""
    target = Target(args["path"])
    if target.seen is None and not args.get("create", False):
        if args["how"]["state"] == "absent":
            return Change("{} is not there".format(args["path"]), [], {"found": 0})
        message = "{} is not there; 'create: true' would make it".format(args["path"])
        raise OperationError("failed", message)
    text = target.text
    if text is None:
        raise OperationError("failed", "{} is not UTF-8: not edited".format(args["path"]))
    edited, said = lines.edited(text, args["how"])
    if target.seen is None and not edited:
        return Change("{} is not there, and need not be".format(args["path"]), [], {})
    change = _replacing(context, target, edited.encode("utf-8"), args)
    return change._replace(result={**change.result, "msg": said})


def _replacing(context: Context, target: Target, content: bytes, args: Args) -> Change:
    wanted = attributes.wanted_of(args)
    is_same = target.seen is not None and content == target.content
    differing = attributes.differences(wanted, target.seen) if target.seen else []
    if is_same and not differing:
        return _unchanged(target, "is as wanted", content)
    result: Dict[str, Any] = {
        "dest": target.path,
        "checksum": _checksum(content),
        "size": len(content),
    }
    steps: List[Callable[[], None]] = []
    if is_same:
        steps.append(lambda: attributes.set_on(os.path.realpath(target.path), wanted))
        steps.append(lambda: _note_attributes(result, target.path))
        detail = "{}: {}".format(target.path, ", ".join(differing))
        return Change(detail, steps, result, before=target.before())
    folder = os.path.dirname(os.path.realpath(target.path))
    if not os.path.isdir(folder):
        raise OperationError("failed", "the folder {} is not there".format(folder))
    if args.get("validate"):
        steps.append(lambda: _validate(context, content, args["validate"]))
    if args.get("backup") and target.seen is not None:
        backup = _backup_name(target.path)
        result["backup_file"] = backup
        kept = attributes.Attributes("{:o}".format(stat.S_IMODE(target.seen.st_mode)), None, None)
        steps.append(lambda: atomic.replace(backup, target.content, kept))
    steps.append(lambda: atomic.replace(target.path, content, wanted))
    steps.append(lambda: _note_attributes(result, target.path))
    words = "would be new" if target.seen is None else "has another content"
    before, after = _texts(target, content)
    shown = difference(before, after, target.path)
    return Change("{} {}".format(target.path, words), steps, result, shown, target.before())


def _note_attributes(result: Dict[str, Any], path: str) -> None:
    result.update(attributes.shown(os.stat(path)))


def _unchanged(target: Target, words: str, content: bytes) -> Change:
    result = {"dest": target.path, "checksum": _checksum(content)}
    if target.seen is not None:
        result.update(attributes.shown(target.seen))
    return Change("{} {}".format(target.path, words), [], result)


def _texts(target: Target, content: bytes) -> Tuple[str, str]:
    try:
        return target.content.decode("utf-8"), content.decode("utf-8")
    except UnicodeDecodeError:
        words = "({} bytes that are no text)\n"
        return words.format(len(target.content)), words.format(len(content))


def _place(args: Args) -> str:
    """A folder, or a path that ends with `/`: the file keeps its name there."""
    path = str(args["path"])
    if path.endswith("/") or os.path.isdir(path):
        if not args.get("name"):
            raise OperationError("failed", "{} is a folder: name a file".format(path))
        return os.path.join(path, args["name"])
    return path


def _source(args: Args) -> Tuple[bytes, str]:
    source = args["from"]
    try:
        mode = "{:04o}".format(stat.S_IMODE(os.stat(source).st_mode))
        return atomic.read(source, LARGEST), mode
    except OSError as problem:
        message = "{} cannot be read here: {}".format(source, problem.strerror)
        raise OperationError("failed", message) from problem


def _validate(context: Context, content: bytes, command: str) -> None:
    """The program sees the new content under another name before anybody else does."""
    import shlex  # noqa: PLC0415 - nobody else needs it
    import tempfile  # noqa: PLC0415

    with tempfile.NamedTemporaryFile(prefix="hasys-") as file:
        file.write(content)
        file.flush()
        done = context.run([word.replace("%s", file.name) for word in shlex.split(command)])
    if done.rc != 0:
        said = (done.stderr or done.stdout).strip()[-400:]
        message = "`{}` does not accept it (exit code {}): {}".format(command, done.rc, said)
        raise OperationError("failed", message + "; nothing was written", {"rc": done.rc})


def _backup_name(path: str) -> str:
    return "{}.{}~".format(path, time.strftime("%Y-%m-%d@%H:%M:%S"))


def _checksum(content: bytes) -> str:
    """SHA-1, as Ansible's `checksum`: to compare, not to trust."""
    return hashlib.sha1(content).hexdigest()  # noqa: S324 - as above
