"""A planned move as a client sees it, beside what the service itself takes to stop and to start.

On two servers of the namespaces lab, with a real address and a real web service; the client
connects all the time. What the product adds to the outage is the difference.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from pathlib import Path

from tests.bench.figures import Figure, figures
from tests.lab import addresses, kinds, programs
from tests.lab.interface import Lab
from tests.lab.outage import measure_outage
from tests.live.site import Site

MOVES = 6
BUDGET_S = 60.0
OWN_TIME = """
import json, os, signal, subprocess, sys, time, urllib.request
program, port = sys.argv[1:]
def running():
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            words = open("/proc/" + process + "/cmdline").read().split(chr(0))
        except OSError:
            continue
        if int(process) != os.getpid() and any(word.endswith("/lab-http") for word in words):
            yield int(process)
found = list(running())
began = time.monotonic()
for process in found:
    os.kill(process, signal.SIGTERM)
while list(running()):
    time.sleep(0.001)
stopped = time.monotonic()
subprocess.Popen(program, shell=True, start_new_session=True, stdin=subprocess.DEVNULL,
                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while True:
    try:
        urllib.request.urlopen("http://127.0.0.1:" + port, timeout=1).read()
        break
    except OSError:
        time.sleep(0.001)
print(json.dumps([(stopped - began) * 1000, (time.monotonic() - stopped) * 1000]))
"""


async def measure(folder: Path) -> list[Figure]:
    try:
        lab = kinds.up("namespaces", f"bench-{os.getpid()}")
    except (programs.CannotRun, RuntimeError) as problem:
        print(f"bench: switchover is left out, there is no lab: {problem}", file=sys.stderr)
        return []
    try:
        return await asyncio.to_thread(_moves, lab, Site(lab, folder))
    finally:
        lab.down()


def _moves(lab: Lab, site: Site) -> list[Figure]:
    site.done("start", "web")
    names = ("service's own stop and start", "outage seen by the client", "whole command")
    samples: dict[str, list[float]] = {name: [] for name in names}
    end = time.monotonic() + BUDGET_S
    for number in range(MOVES):
        if number > 1 and time.monotonic() > end:
            break
        with measure_outage(lab.description) as measurement:
            began = time.perf_counter()
            answer = site.done("switchover", "web", "-o", "json")
            took_s = time.perf_counter() - began
            time.sleep(0.3)  # the client must have seen the service again
        samples[names[0]].append(_own_time_ms(lab, answer.document["target"]))
        samples[names[1]].append(measurement.report.longest_s * 1000)
        samples[names[2]].append(took_s * 1000)
    return figures(samples, "ms", to=(names[0],))


def _own_time_ms(lab: Lab, server: str) -> float:
    """The service alone, on the server where it now runs: ended, and started until it answers."""
    program = f"/usr/local/bin/lab-http --port {addresses.SERVICE_PORT}"
    argv = ["python3", "-c", OWN_TIME, program, str(addresses.SERVICE_PORT)]
    return float(sum(json.loads(lab.run(server, argv))))
