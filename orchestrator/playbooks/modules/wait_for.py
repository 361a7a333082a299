"""`wait_for`: until a TCP port answers, or no longer does, as seen from the server."""

from typing import ClassVar

from orchestrator.model import Outcome, Prediction, Status, Verdict
from orchestrator.playbooks.arguments import Kind, Parameter, Parameters
from orchestrator.playbooks.module import Call, Module, failed
from orchestrator.playbooks.modules.python_program import python_request
from orchestrator.transport import Done, Request

_PROGRAM = """
import socket, sys, time
host, port, wanted, timeout, delay, pause = sys.argv[1:]
begin = time.monotonic()
time.sleep(float(delay))
while True:
    try:
        socket.create_connection((host, int(port)), 2).close()
        seen = "started"
    except OSError as error:
        seen = "stopped"
        why = str(error)
    if seen == wanted:
        sys.exit(0)
    if time.monotonic() - begin >= float(timeout):
        sys.exit("still an answer" if seen == "started" else why)
    time.sleep(float(pause))
"""


class WaitFor(Module):
    name = "wait_for"
    summary = "Waits until a TCP port accepts connections (or no longer does), tried on the server."
    mutates = True  # it changes nothing, but runs a program, and that takes a reign
    parameters: ClassVar[Parameters] = {
        "port": Parameter(kind=Kind.WHOLE_NUMBER, summary="TCP port", required=True),
        "host": Parameter(
            kind=Kind.TEXT, summary="address or name, from the server", default="127.0.0.1"
        ),
        "state": Parameter(
            kind=Kind.TEXT,
            summary="what to wait for",
            default="started",
            choices=("started", "stopped"),
        ),
        "timeout": Parameter(
            kind=Kind.SECONDS, summary="fail after so long (never beyond the task's)", default=300.0
        ),
        "delay": Parameter(kind=Kind.SECONDS, summary="wait before the first try", default=0.0),
        "sleep": Parameter(kind=Kind.SECONDS, summary="wait between tries", default=1.0),
    }

    foretold = "that it waits; whether that comes true shows when it does"

    def check(self, call: Call) -> Prediction:
        del call
        return Prediction(verdict=Verdict.NOTHING, message="whether that comes true shows then")

    def may_repeat(self, call: Call) -> bool:
        del call
        return True

    def touches(self, call: Call) -> frozenset[str]:
        del call
        return frozenset()

    def ask(self, call: Call) -> Request:
        timeout = min(
            call.args["timeout"], max(call.deadline_s - 2.0, 0.0)
        )  # answers before it is killed
        words = [
            call.args["host"],
            call.args["port"],
            call.args["state"],
            timeout,
            call.args["delay"],
            call.args["sleep"],
        ]
        return python_request(_PROGRAM, words, call.deadline_s)

    def conclude(self, call: Call, done: Done) -> Outcome:
        where = f"{call.args['host']}:{call.args['port']}"
        if done.data.get("rc") == 0:
            return Outcome(status=Status.OK, message=f"{where} is {call.args['state']}")
        return failed(f"{where}: {str(done.data.get('stderr', '')).strip()}", done.data)
