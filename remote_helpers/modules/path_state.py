"""`file.state`: a path that is a file, a folder, a link, or not there, with its attributes."""

import contextlib
import functools
import os
import shutil
import stat
from typing import Any, Callable, Dict, List, Optional, Tuple

from remote_helpers.modules import attributes, precious
from remote_helpers.modules.atomic import NEW_FILE, sync_folder
from remote_helpers.modules.change import Args, Change
from remote_helpers.modules.content import Target
from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.mounts import mounted

Steps = List[Callable[[], None]]

MOST_BELOW = 100000
"""Paths that `recurse` looks at."""
_KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "link"}


def plan(_context: Context, args: Args) -> Change:
    if not os.path.isabs(str(args["path"])):
        raise OperationError("failed", "{} is no absolute path".format(args["path"]))
    path = precious.followed(str(args["path"]))
    if args["state"] == "absent" or args.get("recurse"):
        _keep(path)
    seen = _look(path)
    return _PLANS[args["state"]](path, seen, args)


def _look(path: str) -> Optional[os.stat_result]:
    try:
        return os.lstat(path)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise OperationError("failed", "{}: {}".format(path, problem.strerror)) from problem


def kind_of(seen: Optional[os.stat_result]) -> str:
    return "absent" if seen is None else _KINDS.get(stat.S_IFMT(seen.st_mode), "other")


def _absent(path: str, seen: Optional[os.stat_result], _args: Args) -> Change:
    result: Dict[str, Any] = {"path": path, "state": "absent"}
    if seen is None:
        return Change("{} is not there".format(path), [], result)
    kind = kind_of(seen)
    detail = "{} ({}) is there".format(path, kind)
    if kind == "directory":
        return Change(detail, [lambda: _remove_tree(path)], result, before=_of_folder(path))
    before = {"kind": kind}
    if kind == "file" and seen.st_size <= 1024 * 1024:
        before = Target(path).before()
    elif kind == "link":
        before["src"] = os.readlink(path)
    return Change(detail, [lambda: os.unlink(path)], result, before=before)


def _of_folder(path: str) -> Dict[str, Any]:
    """Only an empty one can be put back."""
    shown = attributes.shown(os.lstat(path))
    kept = {"mode": shown["mode"], "owner": shown["uid"], "group": shown["gid"]}
    return {**kept, "kind": "directory", "empty": not os.listdir(path)}


def _keep(path: str) -> None:
    """Raises for what must stay: asked before anything is foretold, and again as it is removed."""
    why = precious.why_kept(path, [one.path for one in mounted()])
    if why:
        raise OperationError("failed", "{} is left as it is: {}".format(path, why))


def _remove_tree(path: str) -> None:
    """What was mounted below it since the look would lose its data: the other server's, maybe."""
    _keep(path)
    shutil.rmtree(path)


def _file(path: str, seen: Optional[os.stat_result], args: Args) -> Change:
    if seen is None:
        message = "{} is not there; `copy`, or `state: touch`, would make it".format(path)
        raise OperationError("failed", message)
    steps, words = _attributes(path, seen, args)
    return _changed(path, seen, steps, words, kind_of(seen))


def _touch(path: str, seen: Optional[os.stat_result], args: Args) -> Change:
    steps: Steps = []
    words = []
    if seen is None:
        steps.append(lambda: _make_file(path))
        steps.append(lambda: attributes.set_on(path, attributes.wanted_of(args)))
        words.append("an empty file is made")
    else:
        steps.append(lambda: os.utime(path))
        words.append("its times become now")
        more, said = _attributes(path, seen, args)
        steps += more
        words += said
    return _changed(path, seen, steps, words, "file")


def _make_file(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, NEW_FILE))
    os.chmod(path, NEW_FILE)
    sync_folder(os.path.dirname(path))


def _directory(path: str, seen: Optional[os.stat_result], args: Args) -> Change:
    is_folder = os.path.isdir(path)  # a link to one is one
    if seen is not None and not is_folder:
        raise OperationError("failed", "{} is there and no folder".format(path))
    steps: Steps = []
    words = []
    if seen is None:
        steps.append(lambda: _make_folder(path, attributes.wanted_of(args)))
        words.append("the folder is made")
    else:
        more, said = _attributes(path, os.stat(path), args)
        steps += more
        words += said
        if args.get("recurse"):
            steps += _below(path, args)
    return _changed(path, seen, steps, words or ["what is below it changes"], "directory")


def _make_folder(path: str, wanted: attributes.Attributes) -> None:
    """As in Ansible, the folders above it that are missing get the same attributes."""
    missing = []
    above = path
    while not os.path.exists(above):
        missing.append(above)
        above = os.path.dirname(above)
    for one in reversed(missing):
        os.mkdir(one)
        os.chmod(one, 0o755)  # noqa: S103 - as mkdir with the usual umask
        attributes.set_on(one, wanted)
    sync_folder(above)


def _below(path: str, args: Args) -> Steps:
    wanted = attributes.wanted_of(args)
    steps: Steps = []
    count = 0
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            count += 1
            if count > MOST_BELOW:
                message = "more than {} paths are below {}".format(MOST_BELOW, path)
                raise OperationError("failed", message)
            one = os.path.join(folder, name)
            with contextlib.suppress(FileNotFoundError):
                if attributes.differences(wanted, os.lstat(one)):
                    steps.append(functools.partial(attributes.set_on, one, wanted))
    return steps


def _link(path: str, seen: Optional[os.stat_result], args: Args) -> Change:
    source = str(args["src"])
    if seen is not None and kind_of(seen) == "link" and os.readlink(path) == source:
        return _changed(path, seen, [], [], "link")
    if kind_of(seen) not in ("absent", "link") and not args.get("force"):
        message = "{} is there and no link; `force: true` would replace a file".format(path)
        raise OperationError("failed", message)
    if kind_of(seen) == "directory":
        raise OperationError("failed", "{} is a folder: not replaced by a link".format(path))
    target = os.path.join(os.path.dirname(path), source)
    if not os.path.exists(target) and not args.get("force"):
        message = "{} points to nothing: {} is not there".format(path, source)
        raise OperationError("failed", message)
    words = ["it points to {}".format(source)]
    return _changed(path, seen, [lambda: _replace(path, source, os.symlink)], words, "link")


def _hard(path: str, seen: Optional[os.stat_result], args: Args) -> Change:
    source = str(args["src"])
    if not os.path.isfile(source):
        raise OperationError("failed", "{} is no file on this server".format(source))
    if seen is not None and os.path.samefile(path, source):
        return _changed(path, seen, [], [], "hard")
    if seen is not None and not args.get("force"):
        raise OperationError("failed", "{} is there; `force: true` would replace it".format(path))
    words = ["it is another name of {}".format(source)]
    return _changed(path, seen, [lambda: _replace(path, source, os.link)], words, "hard")


def _replace(path: str, source: str, make: Callable[[str, str], None]) -> None:
    temporary = "{}.hasys-{}".format(path, os.getpid())
    make(source, temporary)
    os.rename(temporary, path)
    sync_folder(os.path.dirname(path))


def _attributes(path: str, seen: os.stat_result, args: Args) -> Tuple[Steps, List[str]]:
    wanted = attributes.wanted_of(args)
    words = attributes.differences(wanted, seen)
    return ([lambda: attributes.set_on(path, wanted)] if words else []), words


def _changed(
    path: str, seen: Optional[os.stat_result], steps: Steps, words: List[str], state: str
) -> Change:
    result: Dict[str, Any] = {"path": path, "dest": path, "state": state}
    if not steps:
        if seen is not None:
            result.update(attributes.shown(seen))
        return Change("{} is as wanted".format(path), [], result)
    before: Dict[str, Any] = {"kind": kind_of(seen)}
    if seen is not None:
        shown = attributes.shown(seen)
        before.update(mode=shown["mode"], owner=shown["uid"], group=shown["gid"])
        before["same_content"] = state not in ("link", "hard")
    if before["kind"] == "link":
        before["src"] = os.readlink(path)
    return Change("{}: {}".format(path, ", ".join(words)), steps, result, before=before)


_PLANS: Dict[str, Callable[[str, Optional[os.stat_result], Args], Change]] = {
    "absent": _absent,
    "directory": _directory,
    "file": _file,
    "hard": _hard,
    "link": _link,
    "touch": _touch,
}
