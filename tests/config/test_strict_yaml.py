"""What text means, where it stands, and what is refused before it can do harm."""

import time
import tracemalloc
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config import strict_yaml
from orchestrator.config.problems import did_you_mean, excerpt, render_path
from orchestrator.config.strict_yaml import Mapping, parse, parse_bytes, position_of, to_python
from orchestrator.config.yaml_scalars import resolve
from orchestrator.errors import ConfigInvalid


def meaning(text: str) -> object:
    parsed = parse(text, "f.yaml")
    assert parsed.root is not None
    assert parsed.problems == ()
    return to_python(parsed.root)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("0E0", 0.0),
        ("True", True),
        ("FALSE", False),
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("off", "off"),
        ("y", "y"),
        ("22:22", "22:22"),
        ("1:30:00", "1:30:00"),
        ("0755", "0755"),
        ("0o17", "0o17"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        ("0", 0),
        ("-7", -7),
        ("+7", 7),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("12e4567", "12e4567"),
        ("e5", "e5"),
        (".", "."),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1.2.3", "1.2.3"),
        ("2024-01-31", "2024-01-31"),
        ("9" * 41, "9" * 41),
        ("null", None),
        ("~", None),
        ("", None),
        ("'true'", "true"),
        ('"12"', "12"),
        ("!!str 12", "12"),
        ("=", "="),
    ],
)
def test_a_scalar_means_what_it_looks_like(text: str, value: object):
    found = meaning(f"key: {text}")

    assert found == {"key": value}
    assert type(found["key"]) is type(value)


def is_no_number(text: str) -> bool:
    """`0E0` is a number in YAML 1.2 and none in 1.1: PyYAML writes it without quotes."""
    return text == "" or not isinstance(resolve(text), float)


TEXTS = st.text().filter(is_no_number)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**18), 10**18) | TEXTS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
        max_leaves=20,
    ).map(lambda value: {"key": value})
)
def test_whatever_pyyaml_writes_is_read_back(value: object):
    text = yaml.safe_dump(value)

    assert meaning(text) == value


def test_every_node_knows_its_place():
    root = parse("a:\n  - b: 1\n    cc: [x, 'y']\n", "f.yaml").root

    assert isinstance(root, Mapping)
    assert str(position_of(root, ("a", 0, "cc", 1))) == "f.yaml:3:13"
    assert str(position_of(root, ("a", 0, "cc"), key=True)) == "f.yaml:3:5"
    assert str(position_of(root, ("a", 0, "missing"))) == "f.yaml:2:5"
    assert strict_yaml.node_at(root, ("a", 5)) is None


def test_merge_keys_fill_in_what_is_not_written():
    text = "base: &base {a: 1, b: 1}\nmore: {<<: [*base, {b: 3, c: 3}], a: 9}\n"

    assert meaning(text) == {"base": {"a": 1, "b": 1}, "more": {"a": 9, "b": 1, "c": 3}}


def test_anchors_may_be_used_more_than_once():
    assert meaning("a: &x [1, 2]\nb: *x\nc: [*x, *x]") == {
        "a": [1, 2],
        "b": [1, 2],
        "c": [[1, 2], [1, 2]],
    }


def bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, levels)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        bomb(30),
        "a: &a " + "x" * 100_000 + "\nb: [" + "*a, " * 1000 + "*a]",
        "[" * 100_000,
        "{a: " * 100_000,
        "- " * 10_000 + "a",
        "a: &a [b]\n" + "".join(f"a{n}: &a [*a]\n" for n in range(1000)),
    ],
    ids=["bomb", "long text", "brackets", "braces", "dashes", "growing depth"],
)
def test_a_small_file_cannot_take_much_time_or_memory(text: str):
    tracemalloc.start()
    began = time.process_time()
    parsed = parse(text, "f.yaml")
    took_s = time.process_time() - began
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(parsed.problems) == 1
    assert took_s < 5
    assert peak_bytes < 100_000_000


def test_a_file_that_is_too_large_is_not_parsed():
    parsed = parse_bytes(b"#" * (strict_yaml.LARGEST_FILE + 1), "f.yaml")

    assert [str(problem) for problem in parsed.problems] == [
        "f.yaml: is larger than 4 MiB; split it up"
    ]


def test_a_file_of_comments_is_empty_only_where_that_is_wrong():
    assert parse("# nothing\n", "f.yaml").root is None
    assert parse("# nothing\n", "f.yaml", may_be_empty=True).root is not None


def test_a_file_that_cannot_be_read_is_a_problem_and_no_traceback(tmp_path: Path):
    missing = strict_yaml.read(tmp_path / "none.yaml", "none.yaml")
    folder = strict_yaml.read(tmp_path, "folder")

    assert str(missing.problems[0]) == "none.yaml: cannot be read: No such file or directory"
    assert str(folder.problems[0]) == "folder: cannot be read: Is a directory"


def test_variables_are_loaded_from_one_file_or_refused(tmp_path: Path):
    file = tmp_path / "vars.yaml"
    file.write_text("a: 1\n")
    assert strict_yaml.load_mapping(file) == {"a": 1}

    file.write_text("- a\n")
    with pytest.raises(ConfigInvalid) as raised:
        strict_yaml.load_mapping(file)

    assert raised.value.problems[0].endswith(
        "vars.yaml:1:1: a file of variables holds keys with values; write NAME: VALUE"
    )


def test_a_path_reads_as_one_would_write_it():
    assert render_path(("resources", "api", "after", 0, "kind")) == "resources.api.after[0].kind"


def test_an_unknown_word_gets_the_nearest_and_the_known_ones():
    assert did_you_mean("intreface", ["interface", "gateway"]) == (
        "did you mean interface? known: gateway, interface"
    )
    assert did_you_mean("zzz", []) == ""
    assert did_you_mean("zzz", [f"n{n}" for n in range(20)]).endswith("and 4 more")


def test_an_excerpt_points_at_the_column():
    assert excerpt("a: 1\n\tb: c\n", 2, 5) == "\tb: c\n\t   ^"
    assert excerpt("a", 9, 1) == ""
