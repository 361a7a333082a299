"""What a person is told about a wrong playbook, word for word: `invalid/` by itself, `unfit/` on a
group. `pytest --rewrite` writes the answers; read the difference."""

from pathlib import Path

import pytest

from orchestrator.errors import ConfigInvalid
from orchestrator.playbooks.compile import compile_program
from orchestrator.playbooks.parse import parse
from tests.graph.groups import billing

HERE = Path(__file__).parent
INVALID = sorted((HERE / "invalid").glob("*.yaml"))
UNFIT = sorted((HERE / "unfit").glob("*.yaml"))


@pytest.mark.parametrize("case", INVALID, ids=lambda case: case.stem)
def test_a_playbook_that_is_wrong(case: Path, *, rewrite: bool):
    with pytest.raises(ConfigInvalid) as caught:
        parse(case.read_text(), case.name)

    compare(case, caught.value, rewrite=rewrite)


@pytest.mark.parametrize("case", UNFIT, ids=lambda case: case.stem)
def test_a_playbook_that_does_not_fit_the_group(case: Path, *, rewrite: bool):
    playbook = parse(case.read_text(), case.name)

    with pytest.raises(ConfigInvalid) as caught:
        compile_program(playbook, billing())

    compare(case, caught.value, rewrite=rewrite)


def compare(case: Path, invalid: ConfigInvalid, *, rewrite: bool) -> None:
    answer = "\n".join(invalid.problems) + "\n"
    expected = case.with_suffix(".problems.txt")
    if rewrite:
        expected.write_text(answer)
    assert answer == expected.read_text()
