"""A run goes on when whoever watched it goes away: half a switchover is an outage."""

import os
import signal
import subprocess

import pytest

from tests.live.site import ENVIRONMENT, until

pytestmark = pytest.mark.lab


@pytest.mark.mission("A2")
def test_a_reader_that_leaves_does_not_end_the_run(site):
    site.done("start", "web")
    reading, writing = os.pipe()

    with subprocess.Popen(
        site.command("switchover", "web"), stdout=writing, stderr=writing, env=ENVIRONMENT
    ) as process:
        os.close(writing)
        os.read(reading, 10)
        os.close(reading)
        process.wait(timeout=30)

    assert site.status()["active"] == "linux2"
    assert site.done("history", "web", "-o", "json").document["runs"][0]["state"] == "done"


@pytest.mark.mission("A2")
def test_a_terminal_that_closes_does_not_end_the_run(site):
    site.done("start", "web")

    with site.begun("switchover", "web") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        until(lambda: process.poll() is not None, "the end of the run", within_s=30)

    assert process.returncode == 0
    assert site.status()["active"] == "linux2"
