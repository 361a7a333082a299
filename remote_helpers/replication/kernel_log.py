"""Why a side is StandAlone, read from what its kernel logged about the connection that ended.

In DRBD's own states a split brain, a refused password and an operator's `disconnect` look alike.
"""

import re
from typing import List

from remote_helpers.replication.words import Alone

_BEGINS = re.compile(r"-> (WFConnection|Connecting) \)")
_ENDS = re.compile(r"-> StandAlone \)")
_PHRASES = (
    (Alone.SPLIT_BRAIN, "Split-Brain detected"),
    (Alone.UNRELATED, "Unrelated data, aborting"),
    (Alone.AUTHENTICATION, "Authentication of peer failed"),
    (Alone.AUTHENTICATION, "expected AuthChallenge packet"),
    (Alone.AUTHENTICATION, "peer-auth"),
    (Alone.INCOMPATIBLE, "incompatible"),
    (Alone.INCOMPATIBLE, "The peer's disk size is too small"),
    (Alone.INCOMPATIBLE, "agree on a protocol"),
)
"""The kernel's words, the same in 8.4 and 9."""


def parse_alone(resource: str, minors: List[int], log: str) -> Alone:
    """From the whole kernel log: of the last attempt that ended in StandAlone."""
    mine = [line for line in log.splitlines() if _is_of(resource, minors, line)]
    ends = [number for number, line in enumerate(mine) if _ENDS.search(line)]
    if not ends:
        # it is StandAlone from its creation until it is told to connect; or the log was overwritten
        return Alone.UNKNOWN if mine else Alone.NEVER_CONNECTED
    begins = [number for number, line in enumerate(mine[: ends[-1]]) if _BEGINS.search(line)]
    attempt = "\n".join(mine[begins[-1] if begins else 0 : ends[-1]])
    for alone, phrase in _PHRASES:
        if phrase in attempt:
            return alone
    return Alone.OPERATOR if "-> Disconnecting )" in attempt else Alone.UNKNOWN


def _is_of(resource: str, minors: List[int], line: str) -> bool:
    if re.search(r"\bdrbd {}[ :/]".format(re.escape(resource)), line):
        return True
    return any("block drbd{}:".format(minor) in line for minor in minors)
