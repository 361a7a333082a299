"""Directories of files: what they mean, or the exact text of every problem in them.

`invalid/CASE/problems.txt` and `valid/CASE/configuration.txt` are written by `pytest --rewrite`.
"""

import pprint
from pathlib import Path

import pytest

from orchestrator.config.load import Configuration, load
from orchestrator.errors import ConfigInvalid

HERE = Path(__file__).parent
HOME = Path("/home/operator")


def cases(kind: str) -> list[Path]:
    return sorted(path for path in (HERE / kind).iterdir() if path.is_dir())


def name_of(path: Path) -> str:
    return path.name


def rendered(configuration: Configuration, directory: Path) -> str:
    told = {
        "groups": configuration.groups,
        "servers": configuration.servers,
        "variables": configuration.variables,
    }
    # repr leaves passwords out; the directory is where this checkout happens to be.
    return pprint.pformat(told, width=100, sort_dicts=False).replace(str(directory), "DIR") + "\n"


def agree(expected: Path, found: str, *, rewrite: bool) -> None:
    if rewrite:
        expected.write_text(found)
    assert expected.read_text() == found, "pytest --rewrite writes it anew"


@pytest.mark.parametrize("directory", cases("invalid"), ids=name_of)
def test_every_problem_is_named_with_its_place_and_what_to_do(directory: Path, *, rewrite: bool):
    with pytest.raises(ConfigInvalid) as raised:
        load(directory, home=HOME)

    found = "".join(f"{problem}\n" for problem in raised.value.problems)
    agree(directory / "problems.txt", found.replace(f"{directory}/", ""), rewrite=rewrite)


@pytest.mark.parametrize("directory", cases("valid"), ids=name_of)
def test_files_mean_what_they_say(directory: Path, *, rewrite: bool):
    configuration = load(directory, home=HOME)

    agree(directory / "configuration.txt", rendered(configuration, directory), rewrite=rewrite)
