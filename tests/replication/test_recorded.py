"""What real DRBD 8.4 and 9 said in every state that was made on real pairs, and what we read in it.

The recordings are in tests/helpers/drbd; observed.txt says what each becomes, what is ruled,
and why no sync comes about.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from remote_helpers.replication import drbd9, drbd84, kernel_log, promotion
from remote_helpers.replication.words import Alone, Replication, Unreadable, from_json, to_json

RECORDED = Path(__file__).parent.parent / "helpers" / "drbd"
OBSERVED = Path(__file__).parent / "observed.txt"


def of_84(name: str) -> Replication:
    base = RECORDED / "8.4" / name
    events = Path(f"{base}.events2").read_text()
    return drbd84.parse("r0", events, Path(f"{base}.proc").read_text())


def of_9(name: str) -> Replication:
    return drbd9.parse("r0", (RECORDED / "9" / f"{name}.json").read_text(), "9.1.7")


def everything() -> dict[str, Replication]:
    old = sorted(path.stem for path in (RECORDED / "8.4").glob("*.events2"))
    new = sorted(path.stem for path in (RECORDED / "9").glob("*.json"))
    return {
        **{f"8.4 {name}": of_84(name) for name in old},
        **{f"9 {name}": of_9(name) for name in new},
    }


def line(name: str, seen: Replication) -> str:
    ruling = None if seen.is_primary else promotion.refusal(seen)
    verdict = "it is" if seen.is_primary else f"no, {ruling.reason}" if ruling else "yes"
    standstill = promotion.standstill(seen)
    last = f"  no sync: {standstill}\n" if standstill else ""
    return f"{name}\n  {promotion.described(seen)}\n  promote: {verdict}\n{last}"


def test_every_recorded_state_is_read_as_it_was(rewrite):
    read = "".join(line(name, seen) for name, seen in everything().items())
    if rewrite:
        OBSERVED.write_text(read)

    assert OBSERVED.read_text() == read


@pytest.mark.parametrize("name", sorted(everything()))
def test_what_is_seen_survives_the_way_to_the_controller(name: str):
    seen = everything()[name]

    assert from_json(to_json(seen)) == seen


def test_events2_of_drbd_9_says_what_its_json_says():
    for path in sorted((RECORDED / "9").glob("*.events2")):
        if path.stem.startswith("02-"):
            continue  # recorded a moment apart, while it synced
        by_events = drbd84.parse("r0", path.read_text(), "version: 9.1.7 (api:2)")
        by_json = drbd9.parse("r0", path.with_suffix(".json").read_text(), "9.1.7")

        assert by_events == by_json, path.name


def test_a_split_brain_is_told_from_the_kernel_log():
    for side in "AB":
        log = (RECORDED / "8.4" / f"12-split-brain.dmesg-events.{side}.log").read_text()

        assert kernel_log.parse_alone("r0", [0], log) is Alone.SPLIT_BRAIN


DISCONNECT = """\
[  10.1] drbd r0: conn( Unconnected -> WFConnection )
[  10.2] drbd r0: conn( WFConnection -> WFReportParams )
[  12.0] drbd r0: peer( Primary -> Unknown ) conn( Connected -> Disconnecting )
[  12.1] drbd r0: conn( Disconnecting -> StandAlone )
"""


@pytest.mark.parametrize(
    ("log", "alone"),
    [
        (DISCONNECT, Alone.OPERATOR),
        (
            DISCONNECT.replace(
                "[  12.0]", "[  11.9] drbd r0: Authentication of peer failed\n[  12.0]"
            ),
            Alone.AUTHENTICATION,
        ),
        (
            DISCONNECT.replace(
                "[  12.0]", "[  11.9] block drbd0: The peer's disk size is too small!\n[  12.0]"
            ),
            Alone.INCOMPATIBLE,
        ),
        (
            "[ 1.0] block drbd0: Split-Brain detected but unresolved, dropping connection!\n"
            "[ 1.1] drbd r0: conn( Disconnecting -> StandAlone )\n" + DISCONNECT,
            Alone.OPERATOR,  # the split brain was repaired before
        ),
        ("[ 1.0] drbd r1: conn( Disconnecting -> StandAlone )\n", Alone.NEVER_CONNECTED),
        ("[ 1.0] drbd r0: Starting worker thread\n", Alone.UNKNOWN),
    ],
)
def test_why_a_side_is_alone_is_read_of_its_last_attempt(log: str, alone: Alone):
    assert kernel_log.parse_alone("r0", [0], log) is alone


def test_a_word_that_nobody_knows_is_not_guessed_at():
    events = "exists resource name:r0 role:Leader suspended:no\n"
    with pytest.raises(Unreadable, match="'Leader', which is no role that is known"):
        drbd84.parse("r0", events, "version: 8.4.11")


def test_a_third_node_is_said_and_not_ignored():
    text = (RECORDED / "9" / "01-connected-uptodate.ha1.json").read_text()
    connection = text[
        text.index('"connections": [') + len('"connections": [') : text.rindex("}\n]")
    ]
    twice = text.replace(connection, f"{connection.rstrip().rstrip(']')},{connection}")
    with pytest.raises(Unreadable, match="r0 has 2 connections"):
        drbd9.parse("r0", twice, "9.1.7")
