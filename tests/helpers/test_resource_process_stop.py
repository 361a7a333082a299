"""A stop ends all that belongs to a service, whoever started it, and nothing else."""

from __future__ import annotations

import os
import signal
import time

from tests.helpers.enclosed import wait_for
from tests.helpers.service import FAMILY, STUBBORN, Service, alive, pid_in, words


def test_a_stop_takes_the_children_that_match_nothing(service: Service):
    service.python(FAMILY)
    service.start(service.spec())
    wait_for(lambda: len(service.marked()) == 2)
    service.stop(service.spec())

    assert service.marked() == []


def test_a_stop_lets_the_children_end_in_their_own_time(service: Service):
    ended_well = service.folder / "ended-well"
    worker = (
        f"trap 'sleep 0.3; touch {ended_well}; exit' TERM; echo up; while :; do sleep 0.05; done"
    )
    (service.folder / "worker").write_text(worker)
    service.python(
        "import os, signal, subprocess\n"
        f"argv = ['/bin/sh', '{service.folder}/worker']\n"
        "worker = subprocess.Popen(argv, stdout=subprocess.PIPE)\n"
        "worker.stdout.readline()\n"
        f"open('{service.folder}/up', 'w').close()\n"
        "while True: signal.pause()\n"
    )
    service.start(service.spec())
    wait_for((service.folder / "up").exists)
    service.stop(service.spec())

    assert ended_well.exists()


def test_a_stop_takes_the_orphans_of_a_dead_parent(service: Service):
    service.python(FAMILY)
    parent = pid_in(service.start(service.spec()))
    wait_for(lambda: len(service.marked()) == 2)
    os.kill(parent, signal.SIGKILL)
    wait_for(lambda: len(service.marked()) == 1)
    stopped = service.stop(service.spec())

    assert words([stopped]) == [("stopped", True)]
    assert service.marked() == []


def test_a_stop_spares_what_a_person_runs_in_the_same_session(service: Service):
    stranger = service.folder / "stranger"
    own = service.folder / "own"
    script = f"sleep 300 & echo $! > {stranger}\n{service.program} --serve & echo $! > {own}\nwait"
    shell = service.folder / "a-persons-shell"
    shell.write_text(script)
    leader = service.by_hand("/bin/sh", str(shell))
    wait_for(lambda: own.exists() and service.check(service.spec())["state"] == "started")
    service.cleanup.append(int(stranger.read_text()))
    service.stop(service.spec())

    assert not alive(int(own.read_text()))
    assert alive(int(stranger.read_text()))
    assert alive(leader)


def test_what_ignores_sigterm_is_killed_when_the_deadline_is_near(service: Service):
    service.python(STUBBORN)
    service.start(service.spec())
    began = time.monotonic()
    stopped = service.stop(service.spec(), 2.0)
    took = time.monotonic() - began

    assert stopped["state"] == "stopped"
    assert 1.4 < took < 10.0  # at 1.5 s; late only where the machine is


def test_what_is_frozen_is_stopped_all_the_same(service: Service):
    pid = pid_in(service.start(service.spec()))
    os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    service.stop(service.spec())

    assert time.monotonic() - began < 5.0
    assert not alive(pid)


def test_a_stop_command_does_it_and_is_helped_where_it_fails(service: Service):
    service.start(service.spec())
    done = service.stop(service.spec(stop=f"pkill -f '^[^ ]*python.*{service.name} --serve'"))
    service.start(service.spec())
    helped = service.stop(service.spec(stop="echo no such thing >&2; exit 4"))

    assert words([done, helped]) == [("stopped", True), ("stopped", True)]
    assert done["detail"] == f"no process matches {service.name} --serve"
    assert helped["detail"].endswith("; the stop command ended with 4: no such thing")


def test_a_service_known_by_its_check_alone_is_stopped_by_the_mark_of_its_start(service: Service):
    spec = {
        "start": f"exec {service.program} --serve",
        "check": f"pgrep -f '^[^ ]*python.*{service.name} --serve'",
    }
    answers = [service.start(spec), service.stop(spec)]

    assert words(answers) == [("started", True), ("stopped", True)]


def test_what_cannot_be_found_cannot_be_stopped_and_says_so(service: Service):
    spec = {"start": "true", "check": "true"}
    message = service.refusal(lambda: service.stop(spec, 1.0))

    assert "give it a stop command" in message
