"""The guard's record on disk: two slots, written in turn, each in place.

In place, so that a full disk takes no update away; in turn, so that a power cut in the middle of
a write leaves the record before it whole. Each slot is a line of JSON with its checksum.

A slot that is not whole makes the record *lost*, even if the other one is: nobody can tell a
write that was cut off from a promise that was made and then damaged, and the older slot would be
a record gone back. A server that lost its record is amnesiac, which is safe.
"""

import binascii
import json
import os
from typing import Any, Dict, List, Optional

from remote_helpers.protocol import record as records
from remote_helpers.protocol.record import Record

SLOT = 4096
"""A disk writes so much at once or not at all."""


def load(path: str) -> Optional[Record]:
    """None: there is none, or it is damaged or cannot be read; all of which counts as lost."""
    try:
        with open(path, "rb") as file:
            text = file.read(2 * SLOT + 1)
    except OSError:
        return None
    slots = [_parsed(text[:SLOT]), _parsed(text[SLOT:])]
    if len(text) != 2 * SLOT or None in slots:
        return None
    found = [one for one in slots if one is not None]
    return max(found, key=lambda one: one.counter)


def save(path: str, record: Record) -> None:
    """On disk, file and name, before it returns. Raises OSError; the record before then stands."""
    line = _line(record)
    if not os.path.exists(path) or os.path.getsize(path) != 2 * SLOT:
        _create(path, line)
        return
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    try:
        os.pwrite(descriptor, line, _older_slot(descriptor) * SLOT)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _older_slot(descriptor: int) -> int:
    """The one to write next; a damaged one first, for it holds nothing."""
    text = os.pread(descriptor, 2 * SLOT, 0)
    slots = [_parsed(text[:SLOT]), _parsed(text[SLOT:])]
    counters: List[int] = [-1 if one is None else one.counter for one in slots]
    return counters.index(min(counters))


def _create(path: str, line: bytes) -> None:
    fresh = path + ".new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, line + line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.rename(fresh, path)
    directory = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _line(record: Record) -> bytes:
    body = json.dumps(records.encode(record), sort_keys=True)
    text = json.dumps({"check": _check(body), "record": records.encode(record)}, sort_keys=True)
    line = text.encode("ascii").ljust(SLOT - 1) + b"\n"
    if len(line) != SLOT:
        raise OSError("a record of {} bytes does not fit its slot".format(len(text)))
    return line


def _check(body: str) -> int:
    return binascii.crc32(body.encode("ascii")) & 0xFFFFFFFF


def _parsed(slot: bytes) -> Optional[Record]:
    try:
        data: Dict[str, Any] = json.loads(slot.decode("ascii"))
        body = json.dumps(data["record"], sort_keys=True)
        if data["check"] != _check(body):
            return None
        return records.decode(data["record"])
    except (ValueError, KeyError, TypeError):
        return None
