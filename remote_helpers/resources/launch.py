"""Starts a command that outlives us, and learns how it ended should it end while we watch.

What is let go on purpose is not our child, so nobody could tell us its exit status. A watcher
starts it instead, and ends as soon as the start is judged or the helper is gone; the service is
then nobody's child but the system's.
"""

import json
import os
import socket
import sys
from typing import Any, Dict, Mapping, NamedTuple, Optional

from remote_helpers.operation import Context, OperationError

# The command comes over the socket: in the watcher's arguments it would match the pattern that
# the service is known by.
_WATCHER = """
import json, os, select, socket, sys
helper = socket.socket(socket.AF_UNIX)
helper.connect("\\0" + sys.argv[1])
wish = json.loads(helper.makefile().readline())
pid = os.fork()
if pid == 0:
    try:
        os.setsid()
        if wish["user"] is not None:
            import pwd
            entry = pwd.getpwnam(wish["user"])
            os.initgroups(entry.pw_name, entry.pw_gid)
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            os.environ.update(HOME=entry.pw_dir, USER=entry.pw_name, LOGNAME=entry.pw_name)
        os.environ.update(wish["environment"])
        os.chdir(wish["directory"] or "/")
        os.execv("/bin/sh", ["/bin/sh", "-c", wish["command"]])
    except BaseException as problem:
        helper.sendall(json.dumps({"problem": str(problem)}).encode() + b"\\n")
    os._exit(127)
while not select.select([helper], [], [], 0.02)[0]:
    ended, status = os.waitpid(pid, os.WNOHANG)
    if ended:
        rc = os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)
        helper.sendall(json.dumps({"rc": rc}).encode() + b"\\n")
        break
"""


class How(NamedTuple):
    """A shell command and as what it runs."""

    command: str
    journal_name: str
    environment: Mapping[str, str]
    directory: Optional[str]
    user: Optional[str]


class Launched:
    """A command on its way; close it when the start is judged."""

    def __init__(self, watcher: socket.socket) -> None:
        self._watcher = watcher
        self._heard = b""
        self.problem = ""
        """Why it could not even be executed."""
        self._rc: Optional[int] = None

    def ended(self) -> Optional[int]:
        """Its exit status, negative for a signal; None while it runs."""
        try:
            while self._rc is None:
                data = self._watcher.recv(4096)
                if not data:
                    break
                self._heard += data
                self._understand()
        except (BlockingIOError, ConnectionError):
            pass  # nothing said yet, or the watcher was killed: the check alone tells then
        return self._rc

    def _understand(self) -> None:
        *whole, self._heard = self._heard.split(b"\n")
        for line in whole:
            said: Dict[str, Any] = json.loads(line.decode("utf-8"))
            self.problem = self.problem or said.get("problem", "")
            self._rc = said.get("rc")

    def close(self) -> None:
        self._watcher.close()


def launch(context: Context, how: How) -> Launched:
    token = "hasys-start-" + os.urandom(16).hex()
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind("\0" + token)
        listener.listen(1)
        listener.settimeout(context.remaining())
        context.spawn_detached(
            [sys.executable, "-I", "-S", "-c", _WATCHER, token], name=how.journal_name
        )
        try:
            watcher, _ = listener.accept()
        except socket.timeout as error:
            message = "nothing was started: the watcher of the start did not come up in time"
            raise OperationError("failed", message) from error
    wish = {
        "command": how.command,
        "user": how.user,
        "directory": how.directory,
        "environment": dict(how.environment),
    }
    try:
        watcher.sendall(json.dumps(wish).encode() + b"\n")
    except OSError as error:
        watcher.close()
        raise OperationError("failed", "the watcher of the start ended at once") from error
    watcher.setblocking(False)
    return Launched(watcher)


def output_of(context: Context, journal_name: str) -> str:
    """Where what it wrote can be read; where there is a journal, its last words too."""
    if not os.path.exists("/run/systemd/journal/stdout"):
        return "its output is lost, this server has no journal: redirect it in the start command"
    place = "journalctl -t " + journal_name
    try:
        done = context.run(
            ["journalctl", "--quiet", "--output=cat", "--lines=3", "--identifier=" + journal_name],
            timeout=min(2.0, context.remaining() / 2),
        )
    except OperationError:
        return "its output: " + place
    words = " | ".join(line.strip() for line in done.stdout.splitlines() if line.strip())
    return "its output: {}{}".format(place, ": " + words[-400:] if words else "")
