"""What a live check asks of a server before anybody relies on it."""

from __future__ import annotations

import json
import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from remote_helpers import survey
from tests.helpers.enclosed import Neighbour, a_context, run, with_neighbour


def ask(**args: Any) -> dict[str, Any]:
    return json.loads(json.dumps(survey.survey(a_context(), args)))


def test_programs_are_found_where_a_resource_would_find_them():
    found = ask(programs=["sh", "ip", "/bin/sh", "nosuchprogram", "/nonexistent/x"])["programs"]

    assert found["sh"] in ("/bin/sh", "/usr/bin/sh")
    assert found["ip"].endswith("sbin/ip")
    assert found["/bin/sh"] == "/bin/sh"
    assert found["nosuchprogram"] is None
    assert found["/nonexistent/x"] is None


def test_paths_tell_what_they_are_and_how_much_room_they_have(tmp_path: Path):
    found = ask(paths=[str(tmp_path), "/proc", "/nonexistent"])["paths"]

    here, proc, nowhere = found[str(tmp_path)], found["/proc"], found["/nonexistent"]
    assert (here["exists"], here["directory"], here["mounted"]) == (True, True, None)
    assert 0 < here["free_bytes"] <= here["size_bytes"]
    assert proc["mounted"] == "proc"
    assert nowhere["exists"] is False
    assert "free_bytes" not in nowhere


def test_what_the_system_mounts_by_itself_is_told_from_what_it_does_not(tmp_path: Path):
    fstab = tmp_path / "fstab"
    fstab.write_text(
        "# /dev/sda9 /old ext4 defaults 0 0\n"
        "/dev/sda1 / ext4 defaults 0 1\n"
        "/dev/drbd0 /data ext4 noatime,noauto 0 0\n"
        "/dev/sdb1 /a\\040b ext4 nofail 0 0\n\n"
    )

    assert survey.mounted_at_boot(str(fstab)) == {"/": "/dev/sda1", "/a b": "/dev/sdb1"}


def test_ports_name_who_listens():
    with socket.socket() as listener, socket.socket(socket.AF_INET6) as other:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        other.bind(("::1", 0))
        silent = other.getsockname()[1]
        found = ask(ports=[port, silent])["ports"]

    (one,) = found[str(port)]
    assert one["address"] == "127.0.0.1"
    assert one["pid"] == os.getpid()
    assert found[str(silent)] == []


@pytest.mark.usefixtures("root")
def test_devices_and_addresses_are_found():
    def body(_: Neighbour) -> None:
        run("ip", "addr", "add", "10.9.0.70/24", "dev", "near")
        found = ask(devices=["near", "ens192"], addresses=["10.9.0.70/24", "10.9.0.71/24"])

        assert found["devices"]["ens192"] is None
        assert (found["devices"]["near"]["up"], found["devices"]["near"]["carrier"]) == (True, True)
        assert found["addresses"]["10.9.0.70/24"]["on"] == ["near"]
        assert found["addresses"]["10.9.0.71/24"]["on"] == []

    with_neighbour(body)


def test_a_file_that_brings_the_address_back_at_boot_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "10-lan.network").write_text("[Network]\nAddress=10.9.0.70/24\n")
    (tmp_path / "20-other.network").write_text("Address=10.9.0.7/24\nAddress=110.9.0.71/24\n")
    monkeypatch.setattr(survey, "_NETWORK_FILES", (str(tmp_path), "/nonexistent"))
    found = ask(addresses=["10.9.0.70/24", "10.9.0.7", "10.9.0.71"])["addresses"]

    assert found["10.9.0.70/24"]["configured_in"] == [str(tmp_path / "10-lan.network")]
    assert found["10.9.0.7"]["configured_in"] == [str(tmp_path / "20-other.network")]
    assert found["10.9.0.71"]["configured_in"] == []


def test_units_of_a_server_without_systemd_are_unknown_and_say_why():
    if Path("/run/systemd/system").exists():
        pytest.skip("this machine has systemd; the lab shows that side")
    found = ask(units=["cron.service"])["units"]

    assert found["cron.service"]["load"] == "unknown"
    assert found["cron.service"]["why"]


def test_python_and_the_clock_are_told():
    found = ask()

    assert found["python"]["version"].startswith("3.")
    assert found["now"] == pytest.approx(time.time(), abs=2.0)
    assert set(found) == {"python", "now"}
