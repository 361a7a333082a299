"""The same playbook run by Ansible and by us, compared task by task and server by server.

`compare/*.yaml` hold what must be equal; `compare/different/*.yaml` what differs on purpose: there
the page for Ansible users must say so, and the difference must be there.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.site import Site
from tests.playbooks.compare.engines import Outcomes, arguments_of, by_ansible, by_hasys
from tests.support import ansible

HERE = Path(__file__).parent / "compare"
PAGE = Path(__file__).parents[2] / "docs/explanation/playbooks-for-ansible-users.md"
DIFFERS = "# differs:"
WITHOUT = "# without:"
RUNS = [
    pytest.param(file, arguments, id=" ".join([file.stem, *arguments]))
    for file in sorted(HERE.glob("*.yaml"))
    for arguments in arguments_of(file)
]
DIFFERENT = sorted((HERE / "different").glob("*.yaml"))

pytestmark = pytest.mark.lab


@pytest.fixture(scope="module")
def executable() -> Path:
    found = ansible.installed()
    if found is None:
        message = "ansible-core is not there: python -m tests.prepare"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return found


@pytest.fixture(scope="module")
def site(namespaces_lab_of_module, tmp_path_factory) -> Site:
    site = Site(namespaces_lab_of_module, tmp_path_factory.mktemp("compare"))
    site.done("start", site.group)
    return site


@pytest.mark.parametrize(("playbook", "arguments"), RUNS)
def test_both_do_the_same(executable, site, playbook, arguments, tmp_path):
    theirs = by_ansible(executable, site, playbook, arguments, tmp_path)
    ours = by_hasys(site, playbook, arguments, tmp_path)

    assert ours.tasks, ours.output
    assert ours.tasks == theirs.tasks, told(ours, theirs)
    assert ours.is_good == theirs.is_good, told(ours, theirs)


@pytest.mark.parametrize("playbook", DIFFERENT, ids=lambda playbook: playbook.stem)
def test_what_differs_on_purpose_does_and_is_written_down(executable, site, playbook, tmp_path):
    (words,) = said_in(playbook, DIFFERS)
    (arguments,) = arguments_of(playbook)
    with without(site, said_in(playbook, WITHOUT)):
        theirs = by_ansible(executable, site, playbook, arguments, tmp_path)
        ours = by_hasys(site, playbook, arguments, tmp_path)

    assert (ours.tasks, ours.is_good) != (theirs.tasks, theirs.is_good), told(ours, theirs)
    assert words in " ".join(PAGE.read_text().split())


def said_in(playbook: Path, mark: str) -> list[str]:
    lines = playbook.read_text().splitlines()
    return [line.removeprefix(mark).strip() for line in lines if line.startswith(mark)]


@contextlib.contextmanager
def without(site: Site, servers: list[str]) -> Iterator[None]:
    """With these servers refusing every login; one without power is waited for much longer."""
    for server in servers:
        site.on(server, "systemctl", "stop", "ssh")
        site.on(server, "sh", "-c", "pkill sshd || true")  # sessions of earlier runs
    try:
        yield
    finally:
        for server in servers:
            site.on(server, "systemctl", "start", "ssh")


def told(ours: Outcomes, theirs: Outcomes) -> str:
    return f"ours:\n{ours.output[-3000:]}\ntheirs:\n{theirs.output[-3000:]}"
