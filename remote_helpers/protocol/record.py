"""What a server keeps on disk for a group: small, fsynced, counted.

What is volatile (promises, withdrawal, lease, gate) lives in /run and ends with the boot.
"""

from typing import Any, Dict, NamedTuple, Optional

from remote_helpers.protocol.words import NOBODY, Registration, Reign


class Record(NamedTuple):
    """promised: orders of this epoch and below are refused (taken or burned); reign: the last one
    whose order was taken; lease: what answers promise now, and the longest lease that is taken;
    lease_max: the longest that may still be out; solo, solo_number: of `reign` only; counter: rises
    with every write, so that a controller which remembers it notices a restored file.
    """

    promised: int
    reign: Optional[Reign]
    registered: Registration
    membership: int
    lease: float
    lease_max: float
    solo: bool
    solo_number: int
    counter: int


def blank(lease: float, membership: int) -> Record:
    """A server seen for the first time. Whether it *is* the first time nobody here can know."""
    return Record(0, None, NOBODY, membership, lease, lease, False, 0, 0)


def encode(record: Record) -> Dict[str, Any]:
    """As JSON values."""
    data = dict(record._asdict())  # type: Dict[str, Any]
    data["reign"] = None if record.reign is None else list(record.reign)
    data["registered"] = list(record.registered)
    return data


def decode(data: Dict[str, Any]) -> Optional[Record]:
    """None for anything that is not a whole record: the caller treats it as lost."""
    try:
        reign = data["reign"]
        return Record(
            promised=int(data["promised"]),
            reign=None if reign is None else Reign(*reign),
            registered=Registration(*data["registered"]),
            membership=int(data["membership"]),
            lease=float(data["lease"]),
            lease_max=float(data["lease_max"]),
            solo=bool(data["solo"]),
            solo_number=int(data["solo_number"]),
            counter=int(data["counter"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
