"""A shared disk array: one SCSI disk that both machines reach by iSCSI, with reservations.

The array is a `tgtd` of the labs' own root tree, on the switch; machines reach it by the cable that
no fault touches, so it has faults of its own. The plain shared disk (/dev/ubdc on both machines)
needs none of this, but knows no reservations.
"""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import time
from pathlib import Path

from tests.lab import programs
from tests.lab.kernel import build, identity
from tests.lab.kernel.lab import KernelLab

TARGET = "iqn.2000-01.lab.hasys:array"
SIZE_MB = 64
_DEADLINE_S = 10.0


class SharedArray:
    """The array of one lab; ends with the lab."""

    def __init__(self, lab: KernelLab, tree: Path) -> None:
        """`tree`: the root tree that has tgtd, see `tests.lab.rootfs.tree`."""
        self._lab = lab
        self._tree = tree
        self._run_folder = lab.record.folder / "array"

    def start(self) -> None:
        """One disk, offered to both."""
        self._run_folder.mkdir()
        with (self._lab.record.disks / "array.img").open("wb") as disk:
            disk.truncate(SIZE_MB << 20)
        with (self._lab.record.folder / "array.log").open("wb") as log:
            process = subprocess.Popen(
                self._inside("tgtd", "--foreground"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        process.returncode = 0  # it outlives this process; nobody waits for it
        self._wait()
        self._tell("--mode", "target", "--op", "new", "--tid", "1", "--targetname", TARGET)
        unit = ("--mode", "logicalunit", "--op", "new", "--tid", "1", "--lun", "1")
        self._tell(*unit, "--backing-store", "/mnt/array.img")
        self._tell("--mode", "target", "--op", "bind", "--tid", "1", "--initiator-address", "ALL")

    def connect(self, server: str) -> str:
        """The disk's name on that machine."""
        portal = identity.service_gateway(server)
        said = self._lab.shell(
            server,
            "modprobe -a iscsi_tcp sd_mod sg; systemctl start iscsid; "
            f"iscsiadm --mode discovery --type sendtargets --portal {portal} >/dev/null; "
            f"iscsiadm --mode node --targetname {TARGET} --portal {portal} --login >/dev/null; "
            "until ls /sys/class/iscsi_session/*/device/target*/*/block/ 2>/dev/null; "
            "do sleep 0.1; done",
        )
        return f"/dev/{said.split()[-1]}"

    def cut(self, server: str) -> None:
        """That machine's path to the array is lost: its requests get no answer."""
        self._path(server, "add")

    def join(self, server: str) -> None:
        self._path(server, "delete")

    def _path(self, server: str, verb: str) -> None:
        table = (
            "add table inet array; add set inet array cut { type ifname; }; "
            "add chain inet array in { type filter hook input priority 0; }; "
            "flush chain inet array in; "
            "add rule inet array in iifname @cut tcp dport 3260 drop; "
        )
        element = f'element inet array cut {{ "{build.service_tap(server)}" }}'
        change = f"add {element}" if verb == "add" else f"add {element}; delete {element}"
        self._lab.network.on_switch("nft", table + change)

    def _wait(self) -> None:
        until = time.monotonic() + _DEADLINE_S
        while True:
            with contextlib.suppress(programs.ProgramFailed):
                self._tell("--mode", "system", "--op", "show")
                return
            if time.monotonic() > until:
                raise TimeoutError(f"tgtd does not answer within {_DEADLINE_S} s")
            time.sleep(0.05)

    def _tell(self, *arguments: str) -> str:
        return programs.run(self._inside("tgtadm", "--lld", "iscsi", *arguments))

    def _inside(self, *argv: str) -> list[str]:
        """In the root tree, on the switch's network, with a /run and a /mnt of the lab's own."""
        script = "; ".join(
            [
                "set -e",
                shlex.join(["mount", "--bind", str(self._run_folder), f"{self._tree}/run"]),
                shlex.join(["mount", "--bind", str(self._lab.record.disks), f"{self._tree}/mnt"]),
                f"mount -t proc proc {shlex.quote(str(self._tree))}/proc",
                shlex.join(["exec", "chroot", str(self._tree), *argv]),
            ]
        )
        return [*self._lab.network.enter("sw"), "unshare", "--mount", "sh", "-c", script]
