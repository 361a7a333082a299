"""What a guard leaves in /run for its successor on this boot: itself and its clocks.

Written before the effect of a change leaves the process, several times a second: one pwrite on a
tmpfs. A guard that finds no whole state starts without one, which the protocol makes safe.
"""

import binascii
import errno
import json
import os
from typing import Any, Dict, NamedTuple, Optional

from remote_helpers.protocol import record as records
from remote_helpers.protocol.clocks import Clocks, Reading
from remote_helpers.protocol.gate import Gate
from remote_helpers.protocol.grantor import Grantor
from remote_helpers.protocol.guard import Guard
from remote_helpers.protocol.holder import Holder
from remote_helpers.protocol.messages import Beat, Question
from remote_helpers.protocol.words import Now, Registration, Reign, Terms


class Left(NamedTuple):
    guard: Guard
    clocks: Clocks
    cover: Dict[str, Any]
    """What the reset cover needs to go on."""


class StateFile:
    """Open for the life of the guard."""

    def __init__(self, path: str) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def write(self, left: Left) -> None:
        """Raises OSError; then nothing is left, for what was true before would mislead."""
        try:
            self._write(encode(left))
        except OSError:
            os.ftruncate(self._descriptor, 0)
            raise

    def _write(self, line: bytes) -> None:
        if os.pwrite(self._descriptor, line, 0) < len(line):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def close(self) -> None:
        os.close(self._descriptor)


def read(path: str, boot: str) -> Optional[Left]:
    """None: there is none, it is from another boot, or it is not whole."""
    try:
        with open(path, "rb") as file:
            return decode(file.readline(), boot)
    except OSError:
        return None


def encode(left: Left) -> bytes:
    """One line: checksum, then JSON. Named tuples become lists, infinities stay infinities."""
    guard: Dict[str, Any] = dict(left.guard._asdict())
    guard["record"] = records.encode(left.guard.record)
    guard["holder"] = dict(left.guard.holder._asdict())
    guard["grantor"] = dict(left.guard.grantor._asdict())
    body = json.dumps({"guard": guard, "clocks": left.clocks, "cover": left.cover}).encode("ascii")
    return b"%08x %s\n" % (binascii.crc32(body) & 0xFFFFFFFF, body)


def decode(line: bytes, boot: str) -> Optional[Left]:
    check, _, body = line.rstrip(b"\n").partition(b" ")
    if check != b"%08x" % (binascii.crc32(body) & 0xFFFFFFFF):
        return None
    try:
        data = json.loads(body.decode("ascii"))
        guard = _guard(data["guard"])
        clocks = Clocks(Reading(*data["clocks"][0]), Now(*data["clocks"][1]))
        return Left(guard, clocks, data["cover"]) if guard.boot == boot else None
    except (ValueError, KeyError, TypeError, IndexError):
        return None


def _guard(data: Dict[str, Any]) -> Guard:
    record = records.decode(data["record"])
    if record is None:
        raise ValueError("the record in it is not whole")
    holder = dict(data["holder"], reign=_reign(data["holder"]["reign"]))
    gate = data["gate"]
    return Guard(
        **dict(
            data,
            terms=Terms(*data["terms"]),
            record=record,
            holder=Holder(**holder),
            grantor=_grantor(data["grantor"]),
            gate=Gate(_reign(gate[0]), *gate[1:]),
        )
    )


def _grantor(data: Dict[str, Any]) -> Grantor:
    beat, last = data["beat"], data["last"]
    return Grantor(
        **dict(
            data,
            promises=tuple((_reign(reign), end) for reign, end in data["promises"]),
            withdrawn=_reign(data["withdrawn"]),
            beat=None if beat is None else _beat(beat),
            last=None if last is None else Question(Reign(*last[0]), *last[1:]),
        )
    )


def _beat(data: Any) -> Beat:
    boot, reign, running, registered, epoch = data
    return Beat(boot, _reign(reign), running, Registration(*registered), epoch)


def _reign(data: Any) -> Optional[Reign]:
    return None if data is None else Reign(*data)
