"""`python -m orchestrator.demo.host NAME`: one server of the demo, inside its namespaces if any.

It becomes a server from the outside in: name, directories, cards, then SSH. The stage tells it
what its keys are and when its cables are plugged in.
"""

import asyncio
import contextlib
import os
import shlex
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from orchestrator.demo import network
from orchestrator.demo.isolate import MS_BIND, mount
from orchestrator.demo.member import listen, say
from orchestrator.demo.own_directories import give_own

SSHD = "/usr/sbin/sshd"
SITE = Path("/var/lib/site")
"""Where the service lies on a server that has its own directories."""

_CONFIG = """\
ListenAddress {address}:22
HostKey {keys}/host_key
AuthorizedKeysFile {keys}/authorized_keys
AuthenticationMethods publickey
PermitRootLogin prohibit-password
StrictModes no
UsePAM no
UseDNS no
PidFile none
"""


def has_sshd() -> bool:
    return os.access(SSHD, os.X_OK)


def main() -> None:
    name = sys.argv[1]
    say(here=name)
    wish = listen()
    try:
        if wish["own_place"]:
            _furnish(name)
        if wish["ssh"] == "sshd":
            _run_sshd(wish)
        else:
            asyncio.run(_run_embedded(name, wish))
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        say(failed=str(error))


def _furnish(name: str) -> None:
    """What a machine of its own would have."""
    socket.sethostname(name)
    site = Path(__file__).with_name("site.py").read_text()
    give_own(("/run", "/tmp", "/var/lib"))  # noqa: S108 - mount points
    install_site(SITE, site, "site.py")
    network.set_up_cards(name, (network.PUBLIC, network.HEARTBEAT))


def install_site(folder: Path, text: str, program: str) -> None:
    """The service and a start script: Python is found here, whatever the PATH of a login is."""
    folder.mkdir()
    (folder / program).write_text(text)
    serve = folder / "serve"
    start = shlex.join([sys.executable, "-I", "-S", str(folder / program)])
    serve.write_text(f'#!/bin/sh\nexec {start} "$@"\n')
    serve.chmod(0o755)


def _run_sshd(wish: dict[str, Any]) -> None:
    keys = Path("/run/demo")
    keys.mkdir(mode=0o700)
    Path("/run/sshd").mkdir(mode=0o755)
    (keys / "host_key").touch(mode=0o600)
    (keys / "host_key").write_text(wish["host_key"])
    (keys / "authorized_keys").write_text(wish["authorized"])
    config = keys / "sshd_config"
    config.write_text(_CONFIG.format(address=wish["address"], keys=keys))
    _unlock_root(keys / "shadow")
    checked = subprocess.run(
        [SSHD, "-t", "-f", str(config)], capture_output=True, text=True, check=False
    )
    if checked.returncode != 0:
        say(failed=f"sshd: {checked.stderr.strip() or checked.returncode}")
        return
    with subprocess.Popen([SSHD, "-D", "-e", "-f", str(config)], stdout=sys.stderr) as sshd:
        if _answers(sshd, wish["address"]):
            say(port=22)
        sshd.wait()
    say(failed=f"sshd ended with {sshd.returncode}")


def _answers(sshd: subprocess.Popen[bytes], address: str) -> bool:
    """It needs a moment until it listens, more where many things run."""
    while sshd.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((address, 22), timeout=1):
            return True
        time.sleep(0.01)
    return False


def _unlock_root(shadow: Path) -> None:
    """Some systems lock root, and sshd lets no locked account in, not even with a key."""
    if not Path("/etc/shadow").exists():
        return
    shadow.touch(mode=0o600)
    shadow.write_text("root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n")
    mount(str(shadow), "/etc/shadow", None, MS_BIND)


async def _run_embedded(name: str, wish: dict[str, Any]) -> None:
    from orchestrator.demo import embedded_ssh  # noqa: PLC0415 - heavy, sshd needs none of it

    environment = {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "HOME": "/tmp" if wish["own_place"] else wish["root"],  # noqa: S108 - its own
        "USER": "root",
        "LOGNAME": "root",
        "SHELL": "/bin/sh",
        "DEMO_SERVER": name,
    }
    if not wish["own_place"]:
        environment["DEMO_ROOT"] = wish["root"]
    acceptor = await embedded_ssh.listen(
        wish["address"],
        wish["port"],
        host_key=wish["host_key"],
        authorized=wish["authorized"],
        environment=environment,
        state_directory=None if wish["own_place"] else f"{wish['root']}/hasys",
    )
    say(port=acceptor.get_port())
    await asyncio.get_running_loop().run_in_executor(None, listen)
    os._exit(0)


if __name__ == "__main__":
    main()
