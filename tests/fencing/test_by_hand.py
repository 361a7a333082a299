"""`hasys fence` and `hasys check`, as a person types them; no server is needed for either."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orchestrator.store.lock import group_lock
from tests.fencing import devices
from tests.fencing.devices import agent, needs_agents
from tests.live.site import Controller

HOSTS = "all: {children: {web: {hosts: {linux1: {ansible_host: 192.0.2.1}, linux2: {}}}}}\n"


@pytest.fixture
def controller(tmp_path: Path) -> Controller:
    found = Controller(tmp_path, "web")
    (found.inventory / "groups").mkdir(parents=True)
    (found.inventory / "hosts.yaml").write_text(HOSTS)
    group = {
        "group": "web",
        "servers": ["linux1", "linux2"],
        "preferred_active": "linux1",
        "resources": {"site": {"systemd": "nginx"}},
    }
    found.group_file.write_text(yaml.safe_dump(group))
    return found


def fencing(controller: Controller, **settings: str) -> None:
    controller.change_group(lambda document: document.update(fencing={"linux1": [settings]}))


def plug_of(controller: Controller, folder: Path) -> Path:
    """linux1 gets a device whose plug is a file."""
    plug = folder / "plug"
    plug.write_text("on")
    fencing(controller, agent="fence_dummy", type="file", status_file=str(plug))
    return plug


def events(controller: Controller) -> list[tuple[str, str]]:
    found = controller.done("events", "-o", "json").document["events"]
    return [(one["kind"], one["server"]) for one in found]


@needs_agents
def test_a_server_is_switched_off_when_its_name_was_typed(controller: Controller, tmp_path: Path):
    plug = plug_of(controller, tmp_path)

    off = controller.hasys("fence", "web", "linux1", "--action", "off", typed="linux1\n")

    assert off.code == 0, off.err
    assert off.out.splitlines()[-1].startswith("linux1: fence_dummy (level 1): status: it is off")
    assert plug.read_text().strip() == "off"
    assert events(controller) == [("fence-ordered", "linux1"), ("server-fenced", "linux1")]
    asked = controller.done("fence", "web", "linux1", "-o", "json").document
    assert (asked["action"], asked["power"]) == ("status", "off")
    assert controller.hasys("fence", "web", "linux1", "--action", "on").code == 0
    assert plug.read_text().strip() == "on"
    assert events(controller)[-1] == ("server-switched-on", "linux1")


@needs_agents
def test_another_name_or_yes_does_nothing(controller: Controller, tmp_path: Path):
    plug = plug_of(controller, tmp_path)

    other = controller.hasys("fence", "web", "linux1", "--action", "off", typed="linux2\n")
    blind = controller.hasys("--yes", "fence", "web", "linux1", "--action", "off", typed="")

    assert other.code == 2
    assert "'linux2' was typed, not 'linux1': nothing was done" in other.err
    assert blind.code != 0
    assert plug.read_text() == "on"
    assert events(controller) == []


def test_a_device_that_lies_is_refused_and_written_down(controller: Controller, tmp_path: Path):
    liar = agent(tmp_path, "liar", devices.LIES)
    fencing(controller, agent=liar.agent, ip="192.0.2.11")

    answer = controller.hasys("fence", "web", "linux1", "--action", "off", typed="linux1\n")

    assert answer.code == 3
    assert "refused (fence-failed): linux1 is not known to be off" in answer.err
    assert "status: it still reads on" in answer.err
    assert events(controller) == [("fence-ordered", "linux1"), ("fence-failed", "linux1")]


def test_a_server_without_devices_is_refused(controller: Controller):
    answer = controller.hasys("fence", "web", "linux1")

    assert answer.code == 3
    assert "refused (fence-needed): linux1 has no fencing device" in answer.err


def test_a_server_of_another_group_is_no_server(controller: Controller):
    answer = controller.hasys("fence", "web", "linux3")

    assert answer.code == 2
    assert "it has linux1 and linux2" in answer.err


@needs_agents
def test_while_a_run_holds_the_group_nothing_is_switched(controller: Controller, tmp_path: Path):
    plug = plug_of(controller, tmp_path)
    with group_lock(controller.state, "web", "switchover"):  # type: ignore[arg-type]
        answer = controller.hasys("fence", "web", "linux1", "--action", "off", typed="linux1\n")

    assert answer.code == 75
    assert plug.read_text() == "on"


def test_check_compares_devices_with_their_agents(controller: Controller):
    fencing(controller, agent="fence_of_nobody", ip="192.0.2.11")

    answer = controller.hasys("check")

    assert answer.code == 65
    assert "fencing.linux1[0].agent: fence_of_nobody is not installed" in answer.err
