"""The root tree that every lab server starts from: Debian, built once, kept outside the project."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab import programs

SUITE = "bookworm"
FILES = Path(__file__).parent / "tree"
MACHINE_SOURCES = Path("/etc/apt/sources.list.d/debian.sources")
"""Only Debian's own: other sources of the machine have no place in a test host."""

BASE_PACKAGES = (
    *("systemd-sysv", "dbus", "openssh-server", "sudo", "util-linux", "kmod", "procps", "psmisc"),
    *("iproute2", "iputils-arping", "iputils-ping", "nftables", "iptables", "curl", "rsync"),
    *("python3", "python3-psutil", "e2fsprogs", "lvm2", "drbd-utils"),
    *("sg3-utils", "open-iscsi", "tgt"),
)
VARIANTS = {
    "base": BASE_PACKAGES,
    "mariadb": (*BASE_PACKAGES, "mariadb-server", "mariadb-client"),
    "keepalived": (*BASE_PACKAGES, "keepalived"),
}
_BUILD_TOOLS = {"mmdebstrap": "mmdebstrap", "chroot": "coreutils"}


def cache() -> Path:
    """Where trees are kept. Removing it is always safe while no lab is up."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "hasys-lab"


def digest(variant: str) -> str:
    """Changes with everything that goes into the tree, but for new versions of packages."""
    summed = hashlib.sha256()
    for text in (SUITE, *VARIANTS[variant], _sources().read_text()):
        summed.update(text.encode() + b"\0")
    for file in sorted(path for path in FILES.iterdir() if path.is_file()):
        summed.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return summed.hexdigest()[:12]


def tree(variant: str = "base") -> Path:
    """The finished tree, built now where it is not there yet. Never write into it."""
    found = cache() / f"root-{variant}-{digest(variant)}"
    if found.is_dir():
        return found
    programs.require_root()
    programs.require_programs(_BUILD_TOOLS)
    with _alone(cache() / "build.lock"):
        if not found.is_dir():  # another builder may have been first
            _build(variant, found)
    return found


def _sources() -> Path:
    named = Path(os.environ.get("HASYS_LAB_SOURCES", MACHINE_SOURCES))
    if not named.is_file():
        raise programs.CannotRun(
            f"no apt sources for Debian {SUITE} at {named}: name a file in HASYS_LAB_SOURCES"
        )
    return named


def _build(variant: str, target: Path) -> None:
    for left_over in cache().glob("*.building"):
        shutil.rmtree(left_over)
    building = target.with_suffix(".building")
    started = time.monotonic()
    programs.tell(f"building the root tree {variant!r}: once, about half a minute")
    command = [
        *("mmdebstrap", "--mode=root", "--variant=minbase", "--format=directory"),
        f"--include={','.join(VARIANTS[variant])}",
        '--aptopt=Apt::Install-Recommends "false"',
        *(
            f"--dpkgopt=path-exclude=/usr/share/{kind}/*"
            for kind in ("doc", "man", "locale", "info", "lintian")
        ),
        f'--customize-hook=sh "{FILES / "customise.sh"}" "$1" "{FILES}"',
        *(SUITE, str(building), str(_sources())),
    ]
    log = target.with_suffix(".log")
    with log.open("w") as output:
        done = subprocess.run(command, stdout=output, stderr=output, check=False)
    if done.returncode != 0:
        shutil.rmtree(building, ignore_errors=True)
        said = "\n".join(log.read_text(errors="replace").splitlines()[-15:])
        raise programs.ProgramFailed(f"mmdebstrap failed; the end of {log}:\n{said}")
    building.rename(target)
    programs.tell(f"root tree ready after {time.monotonic() - started:.0f} s: {target}")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
