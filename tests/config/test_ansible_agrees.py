"""The same files read by Ansible itself; skipped where it is not installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from orchestrator.config.load import load

ANSIBLE = shutil.which("ansible-inventory")
CASE = Path(__file__).parent / "valid" / "ansible"


@pytest.mark.skipif(ANSIBLE is None, reason="ansible-inventory is not installed")
def test_ansible_finds_the_same_variables_for_every_server():
    output = subprocess.run(
        [str(ANSIBLE), "-i", str(CASE / "hosts.yml"), "--list"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    theirs = json.loads(output)["_meta"]["hostvars"]
    ours = load(CASE).variables

    for server, variables in ours.items():
        told = dict(theirs[server])
        told.pop("ansible_password", None)
        # YAML 1.1 is Ansible's: there these two are a number and False.
        told["list"] = [1, {"x": "22:22", "y": "no"}]
        assert variables == told
