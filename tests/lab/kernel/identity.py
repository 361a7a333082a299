"""What makes a machine of the common image this machine of this lab, as a tar archive."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

from tests.lab import addresses
from tests.lab.addresses import Addresses
from tests.lab.credentials import Credentials

DATA_DEVICE = "/dev/mapper/data"
DRBD_RESOURCE = "r0"
SERVICE_LINK = "oob0"
Files = Mapping[str, tuple[int, str]]


def service_address(server: str) -> str:
    """Of a link that no fault touches, from the switch only: how tests look into any machine."""
    return f"169.254.{_number(server)}.2"


def service_gateway(server: str) -> str:
    """The switch's end of that link; the shared array answers there."""
    return f"169.254.{_number(server)}.1"


def write_archive(target: Path, server: str, plan: Addresses, credentials: Credentials) -> None:
    """To be given to the machine as its fourth disk."""
    files: dict[str, tuple[int, str]] = {
        **credentials.host_files(server, plan),
        "etc/lab/network": (0o644, _network(server, plan)),
        f"etc/drbd.d/{DRBD_RESOURCE}.res": (0o644, _drbd(plan)),
        "etc/lvm/lvmlocal.conf": (0o644, _lvm(server)),
        "etc/iscsi/initiatorname.iscsi": (0o600, f"InitiatorName={initiator(server)}\n"),
    }
    with tarfile.open(target, "w") as archive:
        for name, (mode, text) in files.items():
            content = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(content), mode
            archive.addfile(entry, io.BytesIO(content))


def initiator(server: str) -> str:
    return f"iqn.2000-01.lab.hasys:{server}"


def _number(server: str) -> int:
    return 11 + addresses.SERVERS.index(server)


def _network(server: str, plan: Addresses) -> str:
    """For `ip -batch`. The kernel calls its cards vec0 and so on; people do not."""
    cards = {
        "vec0": ("eth0", f"{plan.public(server)}/{addresses.PREFIX}"),
        "vec1": ("eth1", f"{plan.heartbeat(server)}/{addresses.PREFIX}"),
        "vec2": (SERVICE_LINK, f"{service_address(server)}/30"),
    }
    lines = ["link set lo up"]
    for kernel_name, (name, address) in cards.items():
        lines += [
            f"link set {kernel_name} name {name}",
            f"address add {address} dev {name}",
            f"link set {name} up",
        ]
    return "\n".join([*lines, f"route add default via {plan.gateway}"]) + "\n"


def _drbd(plan: Addresses) -> str:
    """Timeouts for tests: a lost peer is seen within three seconds. Set here, not while it runs:
    the kernel was seen to take 20 seconds after a change of live options.
    """
    hosts = "\n".join(
        f"  on {server} {{ address {plan.heartbeat(server)}:7789; }}"
        for server in addresses.SERVERS
    )
    return f"""\
resource {DRBD_RESOURCE} {{
  protocol C;
  device    /dev/drbd0;
  disk      {DATA_DEVICE};
  meta-disk internal;
  net {{ ping-int 2; ping-timeout 5; timeout 20; connect-int 2; }}
  disk {{ on-io-error detach; resync-rate 100M; c-plan-ahead 0; }}
{hosts}
}}
"""


def _lvm(server: str) -> str:
    """No udev runs here, so LVM makes its device nodes itself."""
    return f"""\
global {{ system_id_source = "lvmlocal" }}
local {{ system_id = "{server}" }}
activation {{ udev_sync = 0 udev_rules = 0 monitoring = 0 }}
devices {{ obtain_device_list_from_udev = 0 external_device_info_source = "none" }}
"""
