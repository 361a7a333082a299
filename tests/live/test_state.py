"""Where the controller and the servers keep what they must not forget, and what damages it."""

import re
import sqlite3

import pytest

from tests.lab.programs import run
from tests.live import gate
from tests.live.gate import Gate

pytestmark = pytest.mark.lab

FULL = re.compile("database or disk is full|disk I/O error")
"""What SQLite says of it, by whether the journal or its index did not fit."""


def fill(folder):
    """Until not one byte more fits."""
    with (folder / "ballast").open("wb", buffering=0) as file:
        for size in (65536, 4096, 512, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue


@pytest.fixture
def small_state(site):
    """The state directory on a disk of its own, which a test can fill."""
    site.state.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(site.state)])
    yield site
    run(["umount", "--lazy", str(site.state)])


def test_with_a_full_disk_the_controller_stops_before_it_acts(small_state):
    small_state.hasys("status")
    fill(small_state.state)

    answer = small_state.hasys("start", "web")
    before = holding(small_state)
    (small_state.state / "ballast").unlink()
    small_state.done("start", "web")

    assert answer.code == 1
    assert f"state file {small_state.state}/hasys.db" in answer.err
    assert FULL.search(answer.err)
    assert "free space" in answer.err
    assert before == 0
    assert small_state.fetch().strip() == "linux1"


def test_a_disk_that_fills_in_the_middle_stops_the_run_there_and_it_is_resumed(small_state):
    gate.between_site_and_address(small_state)
    small_state.done("start", "web")
    held = Gate(small_state, "linux1", "stop")
    held.hold()
    with small_state.begun("switchover", "web") as controller:
        held.wait_until_reached()
        fill(small_state.state)
        held.let_go()
        answer = small_state.end_of(controller)

    (small_state.state / "ballast").unlink()
    run_id = small_state.runs()[0]["run"]
    reached = small_state.states("linux1")
    small_state.done("resume", run_id)

    assert answer.code == 1
    assert FULL.search(answer.err)
    assert reached == {"site": "started", "gate": "stopped", "address": "stopped"}
    assert small_state.fetch().strip() == "linux2"


def holding(site):
    """How many of both servers run any of it, as their own tools say."""
    return sum(
        "lab-http" in site.on(server, "sh", "-c", "pgrep -af '[l]ab-http' || true")
        for server in ("linux1", "linux2")
    )


def test_a_state_file_that_cannot_be_used_is_named_and_nothing_is_touched(site):
    site.hasys("status")
    file = site.state / "hasys.db"
    good = file.read_bytes()
    file.write_bytes(b"this was a data base" * 300)
    damaged = site.hasys("start", "web")
    file.write_bytes(good)
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    newer = site.hasys("start", "web")

    assert damaged.code == 1
    assert f"state file {file}: file is not a database" in damaged.err
    assert newer.code == 1
    assert f"state file {file} is of version 99" in newer.err
    assert "use the newer hasys" in newer.err
    assert holding(site) == 0


def test_a_state_directory_that_cannot_be_written_is_named(site):
    site.state.mkdir()
    run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(site.state)])
    try:
        answer = site.hasys("start", "web")
    finally:
        run(["umount", str(site.state)])
    site.state.rmdir()
    site.state.write_text("a file")
    in_the_way = site.hasys("start", "web")

    assert answer.code == 1
    assert str(site.state) in answer.err
    assert "Read-only file system" in answer.err
    assert in_the_way.code == 1
    assert f"state directory {site.state}: File exists" in in_the_way.err
    assert "--state" in in_the_way.err


@pytest.mark.parametrize("trouble", ["read-only", "full"])
def test_a_server_that_cannot_write_its_record_is_not_acted_on(site, trouble):
    site.on("linux2", "mkdir", "-p", "/var/lib/hasys")
    site.on("linux2", "mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", "/var/lib/hasys")
    site.on("linux2", "sh", "-c", "head -c 4096 /dev/zero > /var/lib/hasys/ballast")
    if trouble == "read-only":
        site.on("linux2", "mount", "-o", "remount,ro", "/var/lib/hasys")

    answer = site.hasys("start", "web")
    before = holding(site)
    site.on("linux2", "umount", "/var/lib/hasys")
    site.done("start", "web")

    assert answer.code == 3
    assert "refused (not-registered): linux2 does not take epoch 1" in answer.err
    assert {"read-only": "Read-only file system", "full": "No space left"}[trouble] in answer.err
    assert before == 0
    assert site.fetch().strip() == "linux1"


def test_a_damaged_record_of_a_server_stops_every_run_until_a_person_removed_it(site):
    site.done("start", "web")
    record = "/var/lib/hasys/web/epoch.json"
    site.on("linux2", "sh", "-c", f"head -c 20 {record} > /tmp/half; cp /tmp/half {record}")

    refused = site.hasys("switchover", "web")
    site.on("linux2", "rm", record)
    site.done("switchover", "web")

    assert refused.code == 3
    assert f"the record {record} is damaged" in refused.err
    assert "then remove the file" in refused.err
    assert site.fetch().strip() == "linux2"


def test_a_controller_without_its_memory_goes_on_above_what_the_servers_promised(site, tmp_path):
    site.done("start", "web")
    site.done("switchover", "web")
    site.state = tmp_path / "fresh"
    before = site.status()["epoch"]

    site.done("switchover", "web")

    assert before == 2
    assert site.status()["epoch"] == 3
    assert site.fetch().strip() == "linux1"
