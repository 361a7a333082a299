"""Ansible to compare with. `tests.prepare` installs it for the tests, the benchmark when it is
first asked for.
"""

from __future__ import annotations

from pathlib import Path

from tests.support.peers import ANSIBLE


def installed() -> Path | None:
    return ANSIBLE.installed()


def ansible_playbook() -> Path | None:
    """None, and a word about it, where it is not there and cannot be installed."""
    return ANSIBLE.ready()
