"""`file.stat`, `file.read`, `file.find`: what is on the server. They change nothing."""

import base64
import contextlib
import fnmatch
import hashlib
import os
import re
import stat
import time
from typing import Any, Dict, Iterator, List

from remote_helpers.modules import atomic, attributes
from remote_helpers.modules.change import Args
from remote_helpers.operation import Context, OperationError

LARGEST_READ = 1024 * 1024
MOST_FOUND = 5000
MOST_LOOKED_AT = 200000


def describe(context: Context, args: Args) -> Dict[str, Any]:
    """Under the names of Ansible's `stat`."""
    path = str(args["path"])
    try:
        seen = os.stat(path) if args.get("follow") else os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return {"stat": {"exists": False}}
    except OSError as problem:
        raise OperationError("failed", "{}: {}".format(path, problem.strerror)) from problem
    found = {"exists": True, **_described(path, seen)}
    if stat.S_ISLNK(seen.st_mode):
        target = os.readlink(path)
        found.update(lnk_target=target, lnk_source=os.path.realpath(path))
    if stat.S_ISREG(seen.st_mode) and args.get("get_checksum", True):
        found["checksum"] = _digest(context, path, args.get("checksum_algorithm") or "sha1")
    return {"stat": found}


def read(_context: Context, args: Args) -> Dict[str, Any]:
    path = str(args["src"])
    try:
        content = atomic.read(path, LARGEST_READ)
    except OSError as problem:
        message = "{} cannot be read: {}".format(path, problem.strerror)
        raise OperationError("failed", message) from problem
    return {
        "content": base64.b64encode(content).decode("ascii"),
        "encoding": "base64",
        "source": path,
    }


def find(context: Context, args: Args) -> Dict[str, Any]:
    matches: List[Dict[str, Any]] = []
    examined = 0
    skipped: Dict[str, str] = {}
    for path in _walked(args, skipped):
        examined += 1
        if examined % 256 == 0:
            context.proceed()
        if examined > MOST_LOOKED_AT:
            raise OperationError("failed", "more than {} paths to look at".format(MOST_LOOKED_AT))
        with contextlib.suppress(FileNotFoundError):
            seen = os.lstat(path)
            if _is_wanted(path, seen, args):
                matches.append({"path": path, **_described(path, seen)})
        if len(matches) > MOST_FOUND:
            raise OperationError("failed", "more than {} paths fit".format(MOST_FOUND))
    matches.sort(key=lambda one: str(one["path"]))
    return {
        "files": matches,
        "matched": len(matches),
        "examined": examined,
        "skipped_paths": skipped,
    }


def _walked(args: Args, skipped: Dict[str, str]) -> Iterator[str]:
    depth = args.get("depth")
    for top in args["paths"]:
        if not os.path.isdir(top):
            skipped[top] = "'{}' is not a directory".format(top)
            continue
        level = top.rstrip("/").count("/")
        for folder, folders, files in os.walk(top):
            for name in folders + files:
                yield os.path.join(folder, name)
            deep = folder.rstrip("/").count("/") - level + 1
            if not args.get("recurse") or (depth and deep >= depth):
                folders.clear()


def _is_wanted(path: str, seen: os.stat_result, args: Args) -> bool:
    name = os.path.basename(path)
    kinds = {"file": stat.S_ISREG, "directory": stat.S_ISDIR, "link": stat.S_ISLNK}
    wanted = args.get("file_type") or "file"
    if name.startswith(".") and not args.get("hidden"):
        return False
    if wanted != "any" and not kinds[wanted](seen.st_mode):
        return False
    if args.get("patterns") and not _fits(name, args["patterns"], bool(args.get("use_regex"))):
        return False
    if args.get("excludes") and _fits(name, args["excludes"], bool(args.get("use_regex"))):
        return False
    age, size = args.get("age"), args.get("size")
    if age is not None and not _at_least(time.time() - seen.st_mtime, age):
        return False
    return size is None or _at_least(seen.st_size, size)


def _at_least(value: float, limit: float) -> bool:
    """A negative limit means: at most."""
    return value >= limit if limit >= 0 else value <= -limit


def _fits(name: str, patterns: List[str], is_regex: bool) -> bool:  # noqa: FBT001 - the module's word
    if is_regex:
        return any(re.search(pattern, name) for pattern in patterns)
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _described(path: str, seen: os.stat_result) -> Dict[str, Any]:
    shown = attributes.shown(seen)
    return {
        "path": path,
        "mode": shown["mode"],
        "uid": shown["uid"],
        "gid": shown["gid"],
        "pw_name": shown["owner"],
        "gr_name": shown["group"],
        "size": shown["size"],
        "inode": seen.st_ino,
        "dev": seen.st_dev,
        "nlink": seen.st_nlink,
        "atime": seen.st_atime,
        "mtime": seen.st_mtime,
        "ctime": seen.st_ctime,
        "isreg": stat.S_ISREG(seen.st_mode),
        "isdir": stat.S_ISDIR(seen.st_mode),
        "islnk": stat.S_ISLNK(seen.st_mode),
        "isblk": stat.S_ISBLK(seen.st_mode),
        "ischr": stat.S_ISCHR(seen.st_mode),
        "isfifo": stat.S_ISFIFO(seen.st_mode),
        "issock": stat.S_ISSOCK(seen.st_mode),
        "readable": os.access(path, os.R_OK),
        "writeable": os.access(path, os.W_OK),
        "executable": os.access(path, os.X_OK),
    }


def _digest(context: Context, path: str, algorithm: str) -> str:
    digest = hashlib.new(algorithm)
    try:
        with open(path, "rb") as file:
            for part in iter(lambda: file.read(1024 * 1024), b""):
                context.proceed()
                digest.update(part)
    except OSError as problem:
        raise OperationError("failed", "{}: {}".format(path, problem.strerror)) from problem
    return digest.hexdigest()
