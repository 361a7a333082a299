"""SCSI-3 persistent reservations of a disk: this server's key, and nobody else's.

Write Exclusive, Registrants Only (type 5): only who is registered may write. The side that takes
over removes the other one's key; from that moment the disk refuses its writes, whatever it does.
"""

import hashlib
import re
from typing import List, Optional

from remote_helpers.operation import Context, OperationError
from remote_helpers.resources.waiting import shown

TYPE = "5"
ASK_IN_S = 1.5
_KEY = re.compile(r"^\s*(0x[0-9a-f]+)\s*$", re.MULTILINE)
_HOLDER = re.compile(r"Key=(0x[0-9a-f]+)")


def key_of(volume_group: str, server: str) -> str:
    """The same at each boot: a server that comes back finds that its key is gone.

    Not by the machine's own identity: cloned machines share it.
    """
    said = "hasys reservation of {} by {}".format(volume_group, server)
    return hex(int(hashlib.sha256(said.encode()).hexdigest()[:16], 16) or 1)


def take(context: Context, device: str, mine: str) -> None:
    """Registered here alone, whoever held it before. Raises where the disk has none of this."""
    _out(context, device, ["--register-ignore", "--param-sark=" + mine])
    if holder(context, device) is None:
        _out(context, device, ["--reserve", "--param-rk=" + mine, "--prout-type=" + TYPE])
    for other in _keys(context, device):
        if other != mine:
            argv = ["--preempt", "--param-rk=" + mine, "--param-sark=" + other]
            _out(context, device, [*argv, "--prout-type=" + TYPE])
    if holder(context, device) != mine or _keys(context, device) != [mine]:
        message = "{}: reserved, but the disk says otherwise".format(device)
        raise OperationError("failed", message)


def give_back(context: Context, device: str, mine: str) -> None:
    """Nothing where it is lost already: then there is nothing to give."""
    if holder(context, device) == mine:
        _out(context, device, ["--release", "--param-rk=" + mine, "--prout-type=" + TYPE])
        _out(context, device, ["--register", "--param-rk=" + mine, "--param-sark=0"])


def holder(context: Context, device: str) -> Optional[str]:
    """Whose reservation it is, by key; None: nobody's."""
    found = _HOLDER.search(_ask(context, device, "--read-reservation"))
    return found.group(1) if found else None


def _keys(context: Context, device: str) -> List[str]:
    """Each once: with several paths a key is registered on each of them."""
    return sorted(set(_KEY.findall(_ask(context, device, "--read-keys"))))


def _ask(context: Context, device: str, what: str) -> str:
    done = context.run(["sg_persist", "--in", what, device], timeout=ASK_IN_S)
    if done.rc != 0:
        raise _failed(device, what, done.stderr or done.stdout, done.rc)
    return done.stdout


def _out(context: Context, device: str, argv: List[str]) -> None:
    done = context.run(["sg_persist", "--out", *argv, device])
    if done.rc != 0:
        raise _failed(device, argv[0], done.stderr or done.stdout, done.rc)


def _failed(device: str, what: str, said: str, rc: int) -> OperationError:
    message = "{}: sg_persist {}: {}".format(device, what, shown(said) or rc)
    return OperationError("failed", message, {"rc": rc})
