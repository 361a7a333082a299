"""`wait_for`: until a TCP port answers or a path is there, or no longer; seen from the server."""

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator.model import Outcome, Prediction, Status, Verdict
from orchestrator.playbooks.arguments import (
    Kind,
    Parameter,
    Parameters,
    WrongArgument,
    is_template,
)
from orchestrator.playbooks.module import Call, Module, failed
from orchestrator.playbooks.modules.python_program import python_request
from orchestrator.transport import Done, Request

# A path is opened without blocking, or a FIFO would hold the program till it is killed. A file is
# read from its end, which a long log needs, and from the begin of a line, so that `^` means one.
# Of what a port says only so much is heard: a server may talk for ever.
_PROGRAM = """
import os, re, socket, sys, time
host, port, path, regex, wanted, timeout, delay, pause = sys.argv[1:]
pattern = re.compile(regex.encode(), re.MULTILINE)
end = time.monotonic() + float(timeout)
LIMIT = 1 << 24
def look_at_path():
    if not regex:
        os.stat(path)
        return True
    opener = lambda name, flags: os.open(name, flags | os.O_NONBLOCK)
    with open(path, "rb", opener=opener) as file:
        beyond = os.fstat(file.fileno()).st_size - LIMIT
        if beyond > 0:
            file.seek(beyond)
            file.readline()
        return bool(pattern.search(file.read(LIMIT) or b""))
def look_at_port():
    with socket.create_connection((host, int(port)), 2) as connection:
        if not regex:
            return True
        heard = b""
        while len(heard) < LIMIT:
            connection.settimeout(max(min(end - time.monotonic(), 5), 0.1))
            piece = connection.recv(65536)
            heard += piece
            if pattern.search(heard):
                return True
            if not piece or time.monotonic() >= end:
                break
        return False
time.sleep(float(delay))
while True:
    try:
        found = look_at_path() if path else look_at_port()
        seen, why = ("present", "it is still there") if found else ("neither", "nothing fits there")
    except OSError as error:
        seen, why = "absent", str(error)
        if path and wanted == "absent" and not isinstance(
            error, (FileNotFoundError, NotADirectoryError)
        ):
            seen = "neither"
    if seen == wanted:
        sys.exit(0)
    if time.monotonic() >= end:
        sys.exit(why)
    time.sleep(float(pause))
"""
_ABSENT = ("absent", "stopped")


class WaitFor(Module):
    name = "wait_for"
    summary = (
        "Waits until a TCP port accepts connections or a path is there (or no longer), tried on "
        "the server."
    )
    mutates = True  # it changes nothing, but runs a program, and that takes a reign
    parameters: ClassVar[Parameters] = {
        "port": Parameter(kind=Kind.WHOLE_NUMBER, summary="TCP port; this or `path`"),
        "host": Parameter(
            kind=Kind.TEXT, summary="address or name, from the server", default="127.0.0.1"
        ),
        "path": Parameter(kind=Kind.TEXT, summary="file or folder on the server; this or `port`"),
        "search_regex": Parameter(
            kind=Kind.TEXT,
            summary="that the file (its last 16 MiB) holds, or the port says by itself; `^` and "
            "`$` are of each line",
        ),
        "state": Parameter(
            kind=Kind.TEXT,
            summary="what to wait for; `present` is `started`, `absent` is `stopped`",
            default="started",
            choices=("started", "present", *reversed(_ABSENT)),
        ),
        "timeout": Parameter(
            kind=Kind.SECONDS, summary="fail after so long (never beyond the task's)", default=300.0
        ),
        "delay": Parameter(kind=Kind.SECONDS, summary="wait before the first try", default=0.0),
        "sleep": Parameter(kind=Kind.SECONDS, summary="wait between tries", default=1.0),
        "msg": Parameter(kind=Kind.TEXT, summary="what is said when it did not come true"),
    }

    foretold = "that it waits; whether that comes true shows when it does"

    def find_problems(self, args: Mapping[str, Any]) -> tuple[WrongArgument, ...]:
        found = super().find_problems(args)
        if ("port" in args) == ("path" in args):
            found = (*found, WrongArgument("", "say one of 'port' and 'path'"))
        regex = args.get("search_regex")
        if isinstance(regex, str) and not is_template(regex):
            try:
                re.compile(regex.encode())
            except (re.error, UnicodeEncodeError) as error:
                message = f"'search_regex': {regex!r} is no regular expression: {error}"
                found = (*found, WrongArgument("search_regex", message))
        if regex and args.get("state") in _ABSENT:
            message = "'search_regex' does not go with a state in which nothing is there"
            found = (*found, WrongArgument("search_regex", message))
        return found

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
            call.args["path"] or "",
            call.args["search_regex"] or "",
            "absent" if call.args["state"] in _ABSENT else "present",
            timeout,
            call.args["delay"],
            call.args["sleep"],
        ]
        return python_request(_PROGRAM, words, call.deadline_s)

    def conclude(self, call: Call, done: Done) -> Outcome:
        where = call.args["path"] or f"{call.args['host']}:{call.args['port']}"
        if done.data.get("rc") == 0:
            return Outcome(status=Status.OK, message=f"{where} is {call.args['state']}")
        seen = f"{where}: {str(done.data.get('stderr', '')).strip()}"
        return failed(call.args["msg"] or seen, done.data)
