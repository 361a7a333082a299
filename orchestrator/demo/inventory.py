"""Writes the files that a person would write for the demo's two servers."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path

from orchestrator.demo import network
from orchestrator.demo.credentials import Credentials
from orchestrator.demo.host import SITE

GROUP = "demo"
PORT = 8080


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where a server's SSH answers."""

    address: str
    port: int


_HOSTS = """\
# As Ansible reads it: how to log in to each server.
all:
  vars:
    ansible_user: root
    ansible_python_interpreter: {python}
    ansible_ssh_private_key_file: {key}
    ansible_ssh_common_args: -o UserKnownHostsFile={known_hosts}
  children:
    {group}:
      hosts:
"""

_HOST = "        {name}: {{ansible_host: {address}, ansible_port: {port}}}\n"

_WITH_ADDRESS = """\
# What keeps running on one of two servers, and in which order it starts.
group: {group}
servers: [linux1, linux2]
preferred_active: linux1
networks:
  public:    {{interface: {public}}}
  heartbeat: {{interface: {heartbeat}}}
resources:
  site:
    process: {site}/site\\.py
    count: 1
    start: {site}/serve --port {port}
  address:
    ip: {service}/{prefix}
    network: public
    after: [site]
"""

_WITHOUT_ADDRESS = """\
# What keeps running on one of two servers. Both are this machine here, so the address of the
# service cannot move, and commands tell which server's service is meant.
group: {group}
servers: [linux1, linux2]
preferred_active: linux1
resources:
  site:
    command:
      start: {site}/serve start --address {service} --port {port}
      stop: {site}/serve stop
      check: {site}/serve check
"""


def write_hosts(
    folder: Path, python: str, credentials: Credentials, reached: Mapping[str, Reached]
) -> None:
    text = _HOSTS.format(
        group=GROUP, python=python, key=credentials.key_file, known_hosts=credentials.known_hosts
    )
    for name, where in reached.items():
        text += _HOST.format(name=name, address=where.address, port=where.port)
    (folder / "hosts.yaml").write_text(text)


def write_group(folder: Path) -> Path:
    """For servers with networks, processes and files of their own."""
    text = _WITH_ADDRESS.format(
        group=GROUP,
        site=SITE,
        port=PORT,
        service=network.SERVICE,
        prefix=network.PREFIX,
        public=network.CARDS[network.PUBLIC],
        heartbeat=network.CARDS[network.HEARTBEAT],
    )
    return _write_group(folder, text)


def write_group_on_loopback(folder: Path, *, site: Path, service: str, port: int) -> Path:
    """For servers that are this machine, both."""
    text = _WITHOUT_ADDRESS.format(group=GROUP, site=site, service=service, port=port)
    return _write_group(folder, text)


def _write_group(folder: Path, text: str) -> Path:
    (folder / "groups").mkdir(exist_ok=True)
    file = folder / "groups" / f"{GROUP}.yaml"
    file.write_text(text)
    return file
