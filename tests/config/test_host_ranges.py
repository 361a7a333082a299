"""Host patterns stand for the names that Ansible would read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config.host_ranges import Hosts, expand


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("web", ["web"]),
        ("web[1:3]", ["web1", "web2", "web3"]),
        ("web[08:10].example.com", [f"web{n}.example.com" for n in ("08", "09", "10")]),
        ("web[:2]", ["web0", "web1", "web2"]),
        ("web[1:9:4]", ["web1", "web5", "web9"]),
        ("db-[a:c]", ["db-a", "db-b", "db-c"]),
        ("r[1:2]n[a:b]", ["r1na", "r1nb", "r2na", "r2nb"]),
    ],
)
def test_a_range_stands_for_its_names(pattern: str, names: list[str]):
    assert expand(pattern) == Hosts(tuple(names))


def test_a_port_may_follow():
    assert expand("web[1:2]:2222") == Hosts(("web1", "web2"), 2222)
    assert expand("web:22") == Hosts(("web",), 22)


@pytest.mark.parametrize(
    "pattern",
    [
        "",
        "a b",
        "web[",
        "web]",
        "[1:]",
        "[a:1]",
        "[c:a]",
        "[2:1]",
        "[01:100]",
        "[1:2:0]",
        "[1:2:x]",
        "[1:99999]",
        "[1:200][1:200]",
        "../etc",
        "-o",
        "a/b",
        "web[1-3]",
        "x" * 64,
    ],
)
def test_what_is_no_host_is_refused(pattern: str):
    with pytest.raises(ValueError, match=r".+"):
        expand(pattern)


@given(st.integers(0, 500), st.integers(0, 99), st.integers(1, 7), st.integers(1, 5))
def test_a_padded_range_counts_like_python(begin: int, more: int, step: int, width: int):
    first, last = str(begin).zfill(width), str(begin + more).zfill(width)
    if first.startswith("0") and len(first) > 1 and len(first) != len(last):
        return
    padding = width if first.startswith("0") and len(first) > 1 else 0
    expected = tuple(f"n{str(n).zfill(padding)}" for n in range(begin, begin + more + 1, step))

    assert expand(f"n[{first}:{last}:{step}]").names == expected


@given(st.text(max_size=30))
def test_no_text_breaks_it(pattern: str):
    try:
        names = expand(pattern).names
    except ValueError:
        return

    assert all(name and "/" not in name for name in names)
