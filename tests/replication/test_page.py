"""The page about DRBD's states is written from the table that rules: `pytest --rewrite`."""

from pathlib import Path

from remote_helpers.replication import kernel_log, promotion
from remote_helpers.replication.words import Alone, Connection, Disk, Replicating, Role

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "drbd-states.md"
HEAD = """\
# DRBD's states, and what HA_SYS makes of them

Written from the code. DRBD 8.4 is asked by `drbdsetup events2 --now --statistics` and /proc/drbd,
9 by `drbdsetup status --json --statistics`; both become one observation. A word that is not below
is never guessed at: the state is then unknown, and the text quotes it.

"""
_NO_ROW = (
    "No row: its disk is UpToDate or Consistent, and it may be promoted as far as it can tell;",
    "whether its data is the newest, [the controller](../explanation/freshness.md) knows.",
    "The kernel may still refuse: `peer-primary` (-1), `not-up-to-date` (-2), `held-open` (-12),",
    "`not-cleared` (-7: the fence-peer handler did not say yes).",
)
WORDS = {"role": Role, "connection": Connection, "disk": Disk, "replication": Replicating}
ALONE = {
    Alone.SPLIT_BRAIN: "both copies were written to without each other",
    Alone.UNRELATED: "the two disks never belonged together",
    Alone.AUTHENTICATION: "the shared secret differs",
    Alone.INCOMPATIBLE: "settings or sizes differ",
    Alone.OPERATOR: "somebody disconnected it",
    Alone.NEVER_CONNECTED: "it was not told to connect since it is up",
    Alone.UNKNOWN: "the kernel's log says nothing of it any more",
}


def page() -> str:
    lines = [
        HEAD + "## Not promoted, and why\n",
        "The first row that holds for any volume decides.",
    ]
    lines += ["", "| reason | when | what now |", "|---|---|---|"]
    lines += [f"| `{row.reason}` | {row.when} | {row.advice} |" for row in promotion.TABLE]
    lines += [
        "",
        *_NO_ROW,
        "",
        "## Why a copy stands alone\n",
        "DRBD says StandAlone for all of them; the kernel's log and the events tell them apart.",
        "",
        "| word | means | read from |",
        "|---|---|---|",
    ]
    phrases = {one: [text for word, text in kernel_log._PHRASES if word is one] for one in Alone}
    lines += [
        f"| `{one.value}` | {means} | {', '.join(phrases[one]) or '-'} |"
        for one, means in ALONE.items()
    ]
    lines += ["", "## The words that are known", ""]
    lines += [f"* {name}: {', '.join(word.value for word in kind)}" for name, kind in WORDS.items()]
    return "\n".join(lines) + "\n"


def test_the_page_says_what_the_table_rules(rewrite):
    if rewrite:
        PAGE.write_text(page())

    assert PAGE.read_text() == page()


def test_every_reason_to_stand_alone_is_explained():
    assert set(ALONE) == set(Alone)
