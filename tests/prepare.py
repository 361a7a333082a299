"""Installs what the tests need of a Debian or Ubuntu machine; not as root, it says what to install.

`make test` calls it. Nothing here is needed to use the product.
"""

import os
import shutil
import subprocess
import sys

from tests.support.ansible import ansible_playbook

PACKAGES = {
    "/usr/sbin/sshd": "openssh-server",
    "/usr/bin/ssh": "openssh-client",
    "/usr/bin/sudo": "sudo",
    "/usr/bin/curl": "curl",
    "/usr/sbin/ip": "iproute2",
    "/usr/sbin/nft": "nftables",
    "/usr/bin/mmdebstrap": "mmdebstrap",
    "/usr/bin/spin": "spin",
    "/usr/bin/gcc": "gcc",
    "/usr/bin/linux": "user-mode-linux",
    "/usr/sbin/mke2fs": "e2fsprogs",
    "/usr/bin/ipmi_sim": "openipmi",
    "/usr/sbin/fence_ipmilan": "fence-agents",
    "/usr/bin/ipmitool": "ipmitool",
}


def missing() -> list[str]:
    return sorted({package for path, package in PACKAGES.items() if not shutil.which(path)})


def main() -> int:
    ansible_playbook()
    packages = missing()
    if not packages:
        return 0
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        print(
            f"the labs need: apt-get install {' '.join(packages)}\n"
            "without them their tests are skipped (and fail where CI is set)",
            file=sys.stderr,
        )
        return 0
    print(f"installing {' '.join(packages)}", file=sys.stderr)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "-qq", "update"], env=environment, check=True)
    # A package that starts a server must not start one on this machine.
    install = ["apt-get", "-qq", "-y", "--no-install-recommends", "install", *packages]
    subprocess.run(install, env={**environment, "RUNLEVEL": "1"}, check=True, stdout=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
