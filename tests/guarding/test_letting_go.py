"""The emergency demotion on this machine's kernel: everything goes, at once."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from remote_helpers.guarding.letting_go import LettingGo
from remote_helpers.guarding.looking import Looker
from remote_helpers.guarding.places import Places
from tests.helpers.enclosed import Neighbour, enclosed, run, with_neighbour
from tests.helpers.service import Service, alive


class Bench:
    """A group with these resources, and a guard's eyes and hands."""

    def __init__(self, folder: Path, group: str, *wanted: dict[str, Any]) -> None:
        places = Places(str(folder), str(folder))
        self.looker = Looker(group, places, list(wanted))
        self.letting_go = LettingGo(group, places, list(wanted))

    def let_go(self, seconds: float = 5.0) -> None:
        for _, job in self.letting_go.jobs(time.monotonic() + seconds):
            job()

    @property
    def held(self) -> bool | None:
        return self.looker.look(True)


def resource(kind: str, **spec: Any) -> dict[str, Any]:
    return {"type": kind, "name": kind, "spec": spec}


def test_an_address_goes_and_the_others_stay(root: None, tmp_path: Path):
    def body(_neighbour: Neighbour) -> None:
        run("ip", "addr", "add", "10.9.0.70/24", "dev", "near")
        bench = Bench(tmp_path, "web", resource("ip", interface="10.9.0.70/24", device="near"))
        before = bench.held

        bench.let_go()

        assert (before, bench.held) == (True, False)
        assert "10.9.0.1/24" in run("ip", "addr", "show", "near")

    with_neighbour(body)


def test_a_process_that_ignores_signals_goes_with_its_children(service: Service, tmp_path: Path):
    service.python(FAMILY)
    started = service.start(service.spec())
    spec = resource("process", **service.spec()) | {"name": "api"}
    bench = Bench(tmp_path, service.group, spec)
    marked = service.marked()
    before = bench.held

    bench.let_go()

    assert started["state"] == "started"
    assert (before, bench.held) == (True, False)
    assert len(marked) == 2
    assert not any(alive(pid) for pid in marked)


FAMILY = """
import os, signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.execv("/bin/sleep", ["sleep", "300"])
while True: signal.pause()
"""


def mounted(body: Callable[[Path, Bench], None], tmp_path: Path) -> None:
    def inside() -> None:
        place = tmp_path / "data"
        place.mkdir()
        run("mount", "-t", "tmpfs", "shared", str(place))
        spec = resource("mount", path=str(place), device="shared", fstype="tmpfs")
        body(place, Bench(tmp_path, "web", spec))

    enclosed(inside)


def test_a_mount_goes(root: None, tmp_path: Path):
    def body(_place: Path, bench: Bench) -> None:
        before = bench.held

        bench.let_go()

        assert (before, bench.held) == (True, False)

    mounted(body, tmp_path)


def test_who_keeps_a_mount_busy_is_killed(root: None, tmp_path: Path):
    def body(place: Path, bench: Bench) -> None:
        stranger = subprocess.Popen(["sleep", "300"], cwd=place)

        bench.let_go()

        assert bench.held is False
        assert stranger.wait(5) == -9

    mounted(body, tmp_path)


def test_a_command_is_stopped_by_its_own(tmp_path: Path):
    on = tmp_path / "on"
    on.touch()
    spec = {"start": "true", "stop": f"rm {on}", "check": f"test -e {on} || exit 3"}
    bench = Bench(tmp_path, "web", resource("command", **spec))
    before = bench.held

    bench.let_go()

    assert (before, bench.held) == (True, False)


def test_what_hangs_is_under_way_once(tmp_path: Path):
    bench = Bench(tmp_path, "web", resource("command", start="true", stop="true", check="true"))
    until = time.monotonic() + 1.0

    first = [name for name, _ in bench.letting_go.jobs(until)]
    second = [name for name, _ in bench.letting_go.jobs(until)]
    bench.letting_go.has_ended("resource command")
    third = [name for name, _ in bench.letting_go.jobs(until)]

    assert first == ["addresses", "resource command"]
    assert second == []
    assert third == ["resource command"]


def test_what_cannot_be_looked_at_is_unknown_not_free(tmp_path: Path):
    bench = Bench(tmp_path, "web", resource("command", start="true", stop="true", check="exit 127"))

    assert bench.held is None
