"""The root disk that all machines start from: the labs' root tree, the kernel's modules, our files.

Machines write into a copy-on-write layer of their own, so one image serves all labs at once.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab import programs, rootfs

NODE_FILES = Path(__file__).parent / "node"
SIZES_MB = {"base": 1500, "mariadb": 2500, "keepalived": 1500}
MODULES = Path("/usr/lib/uml/modules")
MASKED_UNITS = (
    *("systemd-binfmt.service", "proc-sys-fs-binfmt_misc.automount", "getty@tty1.service"),
    *("systemd-ask-password-console.path", "systemd-ask-password-wall.path"),
    *("systemd-repart.service", "systemd-pcrphase.service", "systemd-pcrphase-sysinit.service"),
)
"""What costs seconds at each start here and does nothing; so do all of systemd's generators."""
_TOOLS = {"linux": "user-mode-linux", "mke2fs": "e2fsprogs", "unshare": "util-linux"}


def image(variant: str = "base") -> Path:
    """The finished image, built now where it is not there yet. Nothing ever writes into it."""
    try:
        programs.require_programs(_TOOLS)
    except programs.ProgramFailed as error:
        raise programs.CannotRun(f"no user-mode-linux here: {error}") from error
    tree = rootfs.tree(variant)
    found = rootfs.cache() / f"kernel-{variant}-{_digest(tree)}.ext4"
    if not found.is_file():
        programs.require_root()
        with _alone(rootfs.cache() / "kernel-build.lock"):
            if not found.is_file():  # another builder may have been first
                _build(tree, found, SIZES_MB[variant])
    return found


def kernel_version() -> str:
    return programs.run(["linux", "--version"]).split()[-1]


def _digest(tree: Path) -> str:
    summed = hashlib.sha256(f"{tree.name} {kernel_version()} {SIZES_MB}".encode())
    summed.update(Path(__file__).read_bytes())
    for file in sorted(NODE_FILES.rglob("*")):
        if file.is_file():
            summed.update(f"{file.relative_to(NODE_FILES)} {file.stat().st_mode:o} ".encode())
            summed.update(file.read_bytes() + b"\0")
    return summed.hexdigest()[:12]


def _build(tree: Path, target: Path, size_mb: int) -> None:
    started = time.monotonic()
    programs.tell("building the kernel lab's disk image: once, a few seconds")
    building = target.with_suffix(".making")
    building.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix="kernel-layer-") as work:
        layer = Path(work) / "layer"
        _fill_layer(layer, tree)
        # Merged in a mount namespace of its own: it goes with this command, however that ends.
        merged = f"{work}/merged"
        options = f"lowerdir={layer}:{tree}"
        os.mkdir(merged)  # noqa: PTH102
        script = (
            f"mount -t overlay overlay -o {shlex.quote(options)} {shlex.quote(merged)} && "
            f"mke2fs -q -t ext4 -E lazy_itable_init=1,lazy_journal_init=1 "
            f"-d {shlex.quote(merged)} {shlex.quote(str(building))} {size_mb}M"
        )
        programs.run(["unshare", "--mount", "sh", "-c", script], timeout_s=300)
    building.rename(target)
    used_mb = target.stat().st_blocks * 512 >> 20
    programs.tell(
        f"image ready after {time.monotonic() - started:.0f} s, {used_mb} MB on disk: {target}"
    )


def _fill_layer(layer: Path, tree: Path) -> None:
    shutil.copytree(NODE_FILES, layer)
    layer.chmod(0o755)
    modules = MODULES / kernel_version()
    shutil.copytree(modules, layer / "usr/lib/modules" / modules.name, symlinks=True)
    systemd = layer / "etc/systemd"
    for generator in (tree / "usr/lib/systemd/system-generators").iterdir():
        _mask(systemd / "system-generators" / generator.name)
    for unit in MASKED_UNITS:
        _mask(systemd / "system" / unit)


def _mask(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to("/dev/null")


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
