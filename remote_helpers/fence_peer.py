"""DRBD's `fence-peer` handler, and the token by which the controller lets it say yes.

With `fencing resource-and-stonith` the kernel asks the handler twice: on the side that writes, when
it loses its peer (writes are frozen meanwhile), and on a side that is to become Primary without
seeing its peer. The race it prevents: a link that breaks leaves two sides that both look UpToDate,
and the one that did not get the last writes would serve. Yes is only said where the controller has
proof, and says so here; the token lives in /run, so no boot inherits one, and for seconds only.
"""

import contextlib
import os
import re
from typing import Iterator

from remote_helpers.operation import Context, OperationError

RUN_DIRECTORY = "/run/hasys"
STOPPED, OUTDATED = "stopped", "outdated"
"""The peer cannot write (DRBD's 7); the peer is known to be out of date (DRBD's 4)."""
VALID_FOR_S = 15
_RESOURCE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}\Z")

SCRIPT = """\
#!/bin/sh
# DRBD's fence-peer handler, written by hasys. It says yes only by a word of the controller;
# without one it says no: the kernel then promotes nothing, and lets no write through.
# Waits for that word where this side is Primary, at most PATIENCE seconds.
PATIENCE=60
group=$(basename "$(dirname "$0")")
token="/run/hasys/$group/cleared-$DRBD_RESOURCE"
# 8.4 names one minor, 9 several; where the kernel does not show its role, a few seconds will do
minor=${DRBD_MINOR%% *}
if grep -q "^version: 8" /proc/drbd; then
    grep -q "^ *$minor: .* ro:Primary" /proc/drbd || PATIENCE=0
else
    PATIENCE=5
fi
read -r began rest </proc/uptime
while :; do
    read -r now rest </proc/uptime
    if [ -r "$token" ] && read -r word until rest <"$token" && [ "${now%.*}" -le "$until" ]; then
        case $word in
            stopped) exit 7 ;;
            outdated) exit 4 ;;
        esac
    fi
    [ $((${now%.*} - ${began%.*})) -lt "$PATIENCE" ] || exit 1
    sleep 0.1
done
"""


def path_of(context: Context, group: str) -> str:
    return os.path.join(context.state_directory, group, "fence-peer")


def install(context: Context, group: str) -> bool:
    """Whether it was not there, or another one; the directory is the group's own."""
    path = path_of(context, group)
    try:
        with open(path, encoding="utf-8") as file:
            if file.read() == SCRIPT and os.access(path, os.X_OK):
                return False
    except FileNotFoundError:
        pass
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    _write(path, SCRIPT, 0o700)
    return True


def clear(context: Context, resource: str, word: str) -> None:
    """From now on, and for `VALID_FOR_S`, the handler of this resource says yes."""
    path = _token(context, resource)
    with open("/proc/uptime") as file:
        until = int(float(file.read().split()[0])) + VALID_FOR_S
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    _write(path, "{} {}\n".format(word, until), 0o600)


def withdraw(context: Context, resource: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(_token(context, resource))


@contextlib.contextmanager
def cleared(context: Context, resource: str) -> Iterator[None]:
    """While the block lasts a promotion without the peer is allowed.

    Only a step may use this that was sent after the proof that the peer cannot write.
    """
    clear(context, resource, STOPPED)
    try:
        yield
    finally:
        withdraw(context, resource)


def _token(context: Context, resource: str) -> str:
    if not _RESOURCE.match(resource):
        raise OperationError("bad-request", "no name of a DRBD resource: {!r}".format(resource))
    return os.path.join(RUN_DIRECTORY, context.group, "cleared-" + resource)


def _write(path: str, text: str, mode: int) -> None:
    """Whole or not at all: the kernel may call the handler at any moment."""
    made = "{}.{}".format(path, os.getpid())
    descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
    try:
        os.write(descriptor, text.encode())
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(made, path)
