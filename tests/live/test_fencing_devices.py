"""Fencing devices of live servers: looked at by `check --live`, used by the loop.

Here a file is the plug, or the lab's own power cuts are; a real IPMI device is asked in the kernel
lab (tests/fencing/test_power_switch.py).
"""

import pytest

from tests.fencing.devices import lab_device, needs_agents
from tests.lab.witness import Thing, Witness
from tests.live.site import until

pytestmark = [pytest.mark.lab, needs_agents]


@pytest.fixture
def plugs(site, tmp_path):
    found = {server: tmp_path / server for server in ("linux1", "linux2")}
    for plug in found.values():
        plug.write_text("on")
    devices = {
        server: [{"agent": "fence_dummy", "type": "file", "status_file": str(plug)}]
        for server, plug in found.items()
    }
    site.change_group(lambda document: document.update(fencing=devices))
    return found


def about_devices(answer):
    findings = answer.document["findings"]
    return [one for one in findings if one["what"].startswith("fencing device")]


def test_devices_that_answer_are_not_mentioned(site, plugs):
    answer = site.hasys("check", "--live", "web", "-o", "json")

    assert about_devices(answer) == []
    assert {plug.read_text() for plug in plugs.values()} == {"on"}, "nothing is switched"


def test_a_plug_that_reads_off_while_its_server_answers_is_another_servers(site, plugs):
    plugs["linux2"].write_text("off")

    answer = site.hasys("check", "--live", "web", "-o", "json")

    (found,) = about_devices(answer)
    assert answer.code == 5
    assert found["server"] == "linux2"
    assert "it is off, while the server answers" in found["what"]


@pytest.fixture
def switched(site, tmp_path):
    """The service runs on linux1, a daemon looks after it; both servers have a power switch, and
    nothing else ends a lease.
    """
    devices = {name: [lab_device(site.lab, name, tmp_path)] for name in ("linux1", "linux2")}
    site.change_group(lambda document: document.update(fencing=devices, watchdog="none"))
    with site.begun("run") as daemon:
        daemon.stdout.readline()  # it says when it looks after the group
        until(lambda: site.hasys("start", "web").code == 0, "the start", within_s=30)
        until(lambda: site.status()["safety"] == "fenced", "the level fenced", within_s=30)
        yield site


def events_of_fencing(site):
    found = site.done("events", "-o", "json").document["events"]
    return [(one["kind"], one["server"]) for one in found if "fence" in one["kind"]]


@pytest.mark.mission("A1")
def test_an_isolated_active_is_switched_off_before_the_other_one_begins(switched):
    with Witness(switched.lab.description) as witness:
        switched.lab.isolate("linux1")
        until(lambda: switched.status()["active"] == "linux2", "the failover", within_s=60)

    assert not switched.lab.powered("linux1")
    assert events_of_fencing(switched)[:2] == [
        ("fence-ordered", "linux1"),
        ("server-fenced", "linux1"),
    ]
    assert switched.fetch().strip() == "linux2"
    witness.timeline.assert_never_both(Thing.ADDRESS)


@pytest.mark.mission("A1")
def test_an_active_whose_public_link_is_cut_hands_over_in_order_and_keeps_its_power(switched):
    """It is asked through its peer, and so can confirm its stop: nobody has to be fenced."""
    with Witness(switched.lab.description) as witness:
        switched.lab.cut_public("linux1")
        until(lambda: switched.status()["active"] == "linux2", "the move", within_s=60)

    assert switched.lab.powered("linux1")
    assert events_of_fencing(switched) == []
    assert switched.fetch().strip() == "linux2"
    witness.timeline.assert_never_both(Thing.ADDRESS, Thing.SERVICE)


@pytest.mark.mission("A1")
def test_by_hand_the_daemon_is_asked(switched):
    off = switched.hasys("fence", "web", "linux2", "--action", "off", typed="linux2\n")

    assert off.code == 0, off.err
    assert not switched.lab.powered("linux2")
    assert switched.status()["active"] == "linux1"
    assert switched.hasys("fence", "web", "linux2", "--action", "on").code == 0


@pytest.mark.mission("A1")
def test_without_a_daemon_a_playbook_fences_the_lost_server_and_starts_the_other(site, tmp_path):
    devices = {name: [lab_device(site.lab, name, tmp_path)] for name in ("linux1", "linux2")}
    site.change_group(lambda document: document.update(fencing=devices))
    site.done("start", "web")
    site.on("linux1", "systemctl", "stop", "ssh")  # it serves, and takes no login any more

    with Witness(site.lab.description) as witness:
        checked = site.hasys("play", "web", "fenced-failover", "--check")
        powered = site.lab.powered("linux1")
        played = site.hasys("play", "web", "fenced-failover", "-o", "json")

    witness.timeline.assert_never_both(Thing.ADDRESS)
    assert "linux1 is on; its devices answer" in checked.out
    assert powered
    assert not site.lab.powered("linux1")
    assert played.document["state"] == "done"
    assert played.document["lost"]["linux1"]["state"] == "fenced"
    assert site.fetch().strip() == "linux2"
    assert events_of_fencing(site) == [("fence-ordered", "linux1"), ("server-fenced", "linux1")]


@pytest.mark.soak
@pytest.mark.mission("A4")
def test_in_maintenance_a_playbook_ends_a_term_without_end_by_fencing(switched):
    """Nothing but the power switch can end it: the loop believes what the playbook had done."""
    switched.done("maintenance", "web", "on")
    until(lambda: switched.status().get("solo"), "the active goes on alone", within_s=30)
    with Witness(switched.lab.description) as witness:
        switched.lab.isolate("linux1")
        until(lambda: silent(switched, "linux1"), "linux1 is silent", within_s=30)
        played = switched.hasys("play", "web", "fenced-failover")

    assert played.code == 0, played.out + played.err
    assert not switched.lab.powered("linux1")
    assert switched.fetch().strip() == "linux2"
    witness.timeline.assert_never_both(Thing.ADDRESS)


def silent(site, server):
    return site.status()["roles"].get(server) == "UNKNOWN"
