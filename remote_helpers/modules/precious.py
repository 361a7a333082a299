"""Paths that no task may remove or give to somebody else as a whole: pure, from a path to why not.

An empty variable in `path: /{{ x }}`, a path with two slashes or with `..` in it, a link on the
way: each must not cost the server. So the path is judged as the kernel would follow it, never as
it is written, and what is near the root is kept whatever it is called.
"""

import os
from typing import Iterable

_KERNELS_OWN = ("/dev", "/proc", "/sys")
_ITS_FOLDERS = frozenset(
    ("/boot", "/etc", "/home", "/lib", "/lib64", "/root", "/run", "/usr", "/var")
)
"""Of these the folders directly below are kept, too: `/etc/ssh`, `/usr/bin`, `/home/kim`."""


def followed(path: str) -> str:
    """As the kernel follows it to the last name, which itself is not followed: a link is a link."""
    folder, name = os.path.split(os.path.normpath("/" + path.lstrip("/")))
    return os.path.join(os.path.realpath(folder), name) if name else "/"


def why_kept(path: str, mounted: Iterable[str]) -> str:
    """Empty: it may be removed. `path` is as `followed` returns it, of a folder or of a file."""
    names = [name for name in path.split("/") if name]
    if len(names) < 2:
        return "it stands at the top of the server's file system"
    if "/" + names[0] in _KERNELS_OWN:
        return "it is the kernel's"
    if len(names) == 2 and "/" + names[0] in _ITS_FOLDERS and os.path.isdir(path):
        return "it is one of the server's own folders"
    real = os.path.realpath(path)
    if real != path and os.path.isdir(path) and not os.path.islink(path):
        return "it is {} under another name".format(real)
    for place in mounted:
        if place == path or place.startswith(path + "/"):
            return "{} is mounted there".format(place)
    return ""
