"""`python -m orchestrator.demo.isolate net,mount,pid,... -- ARGV`: runs ARGV in new namespaces.

What unshare(1) does, for machines that do not have it, and stricter: everything in the namespaces
ends with the process that started this one, even if that one is killed. They have no names, so
nothing of them can stay behind.
"""

import ctypes
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

FLAGS = {
    "mount": 0x00020000,
    "uts": 0x04000000,
    "ipc": 0x08000000,
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
}
"""CLONE_NEW... of <linux/sched.h>."""

MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36

_libc = ctypes.CDLL(None, use_errno=True)


def isolated(kinds: str, argv: list[str]) -> list[str]:
    """The command that runs another one in new namespaces."""
    return [sys.executable, "-m", "orchestrator.demo.isolate", kinds, "--", *argv]


def mount(source: str, target: str, kind: str | None, flags: int = 0, options: str = "") -> None:
    result = _libc.mount(
        source.encode(),
        target.encode(),
        kind.encode() if kind else None,
        ctypes.c_ulong(flags),
        options.encode() or None,
    )
    _check(result, f"mount {kind or source} on {target}")


def adopt_orphans() -> None:
    """From now on this process is the parent of those of its descendants that lose theirs."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "become a subreaper")


def _die_with_parent() -> None:
    """The kernel forgets this at every change of credentials: call it after the last one."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "die with the parent")


def _unshare(kinds: list[str]) -> None:
    flags = sum(FLAGS[kind] for kind in kinds)
    _check(_libc.unshare(flags), f"new namespaces ({', '.join(kinds)})")


def _become_root_inside(uid: int, gid: int) -> None:
    """One user is all that an ordinary user may map without help of a privileged program."""
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def _first_process(argv: list[str]) -> NoReturn:
    """Process 1 of the new PID namespace: it must reap, and its end is the end of all others."""
    _die_with_parent()
    mount("proc", "/proc", "proc")
    child = os.fork()
    if child == 0:
        os.execvp(argv[0], argv)  # noqa: S606 - this is what the program is for
    while True:
        pid, status = os.wait()
        if pid == child:
            os._exit(_exit_code(status))


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def main() -> None:
    names, _, *argv = sys.argv[1:]
    kinds = names.split(",")
    parent, uid, gid = os.getppid(), os.getuid(), os.getgid()
    try:
        _unshare(kinds)
        if "user" in kinds:
            _become_root_inside(uid, gid)
        if "mount" in kinds:
            mount("none", "/", None, MS_REC | MS_PRIVATE)
        _die_with_parent()
        if os.getppid() != parent:
            sys.exit("the parent has ended")
        if "pid" not in kinds:
            os.execvp(argv[0], argv)  # noqa: S606 - this is what the program is for
        child = os.fork()
        if child == 0:
            _first_process(argv)
    except OSError as error:
        print(error.strerror or error, file=sys.stderr, flush=True)  # noqa: T201
        os._exit(125)
    sys.exit(_exit_code(os.waitpid(child, 0)[1]))


if __name__ == "__main__":
    main()
