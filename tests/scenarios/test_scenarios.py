"""Every transcript says today what it said when a reader accepted it."""

from pathlib import Path

import pytest

from orchestrator.simulation.transcript import play_file

FILES = sorted(Path(__file__).parent.glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_transcript(path: Path, *, rewrite: bool):
    played = play_file(path)
    if rewrite:
        path.write_text(played, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == played
