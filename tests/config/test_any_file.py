"""Whatever stands in the files: a configuration or a list of problems, never a traceback."""

import copy
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator import resources
from orchestrator.config.load import load
from orchestrator.errors import ConfigInvalid

EXAMPLE = resources.example_inventory()
FILES = ("hosts.yaml", "groups/billing.yaml", "group_vars/billing.yaml")
DOCUMENTS = {name: yaml.safe_load((EXAMPLE / name).read_text()) for name in FILES}

WORDS = st.sampled_from(
    ["linux1", "public", "api", "manual", "automatic", "1s", "2-4", "10.0.0.1/24", "(ip)", "[key]"]
)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(WORDS | st.sampled_from(["ip", "after", "process", "hosts"]), inner)
    ),
    max_leaves=6,
)


def places(document: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    pairs = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in pairs:
        here = (*path, key)
        found += places(value, here) if isinstance(value, dict | list) else [here]
    return found


@st.composite
def changed_documents(draw: st.DrawFn) -> dict[str, Any]:
    documents = copy.deepcopy(DOCUMENTS)
    for _ in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from(FILES))
        path = draw(st.sampled_from(places(DOCUMENTS[name])))
        holder = documents[name]
        for part in path[:-1]:
            try:
                holder = holder[part]
            except (KeyError, IndexError, TypeError):
                break
        if isinstance(holder, dict):
            key = path[-1] if draw(st.booleans()) else draw(WORDS)
            holder[key] = draw(VALUES)
    return documents


def loads_or_names_problems(texts: dict[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            file = Path(folder) / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(text)
        try:
            load(Path(folder))
            problems: tuple[str, ...] = ()
        except ConfigInvalid as error:
            problems = error.problems

        assert all(problem.startswith(folder) for problem in problems)


@given(changed_documents())
@settings(deadline=None)
def test_documents_with_values_that_do_not_belong_there(documents: dict[str, Any]):
    loads_or_names_problems(
        {name: yaml.safe_dump(document).encode() for name, document in documents.items()}
    )


@given(st.sampled_from(FILES), st.data())
@settings(deadline=None)
def test_files_in_which_bytes_were_lost_or_added(name: str, data: st.DataObject):
    texts = {file: (EXAMPLE / file).read_bytes() for file in FILES}
    text = texts[name]
    begin = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(begin, min(len(text), begin + 40)))
    noise = data.draw(
        st.binary(max_size=6) | st.sampled_from([b"&a ", b"*a ", b"<<: ", b"- ", b"{"])
    )

    loads_or_names_problems(texts | {name: text[:begin] + noise + text[end:]})
