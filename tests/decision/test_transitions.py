"""The role table, its drawing in the docs, and that silence never leads to 'off'."""

from pathlib import Path

from orchestrator.decision.transitions import TABLE, Happening, after, can_follow, render
from orchestrator.model import Role

DRAWING = Path(__file__).parents[2] / "docs" / "explanation" / "role-states.md"


def test_the_drawing_is_that_of_the_table(*, rewrite: bool):
    if rewrite:
        DRAWING.write_text(render(), encoding="utf-8")
    assert DRAWING.read_text(encoding="utf-8") == render()


def test_silence_leads_to_unknown_and_only_a_confirmed_off_to_offline():
    for role in Role:
        assert after(role, Happening.SILENT) in (None, Role.UNKNOWN)
    assert {happening for (_, happening), to in TABLE.items() if to is Role.OFFLINE} == {
        Happening.OFF
    }


def test_every_role_is_reached_and_left():
    assert set(TABLE.values()) | {Role.UNKNOWN} == set(Role)
    assert {role for role, _ in TABLE} == set(Role)
    assert can_follow(Role.STANDBY, Role.ACTIVE)
    assert after(Role.STANDBY, Happening.STARTED) is None, "only through PROMOTING"
