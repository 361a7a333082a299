"""Drawings are read by people: each is compared whole."""

from orchestrator.graph import build
from orchestrator.graph.render import as_dot, as_mermaid, as_text
from orchestrator.model import ResourceName, ResourceState
from tests.graph.groups import billing, group_of, needs_at_start

STATES = {
    ResourceName("data"): ResourceState.STARTED,
    ResourceName("database"): ResourceState.FAILED,
    ResourceName("api"): ResourceState.STOPPED,
}


def test_text():
    assert as_text(build(billing())) == (
        "starts from the top down, stops from the bottom up\n"
        "  1 data\n"
        "  2 database  after data\n"
        "  3 api       after database\n"
        "    worker    after database\n"
        "  4 address   after api, worker (optional)\n"
        "never in action together: api, worker\n"
    )


def test_text_with_states():
    assert as_text(build(billing()), STATES).splitlines()[1:6] == [
        "  1 [+] data",
        "  2 [!] database  after data",
        "  3 [ ] api       after database",
        "    [?] worker    after database",
        "  4 [?] address   after api, worker (optional)",
    ]


def test_text_without_resources():
    assert as_text(build(group_of({}))) == "no resources\n"


def test_dot():
    graph = build(group_of({"a": [], "b": [needs_at_start("a")]}))

    assert as_dot(graph, 'we"b', STATES) == (
        'digraph "we\\"b" {\n'
        "  rankdir=TB;\n"
        '  node [shape=box, style="rounded,filled", fillcolor=white];\n'
        '  "a" [fillcolor="#fff3b0"];\n'
        '  "b" [fillcolor="#fff3b0"];\n'
        '  "a" -> "b" [label="start only"];\n'
        "}\n"
    )


def test_mermaid():
    assert as_mermaid(build(billing())) == (
        "flowchart TD\n"
        '  r0["address"]\n'
        '  r1["api"]\n'
        '  r2["data"]\n'
        '  r3["database"]\n'
        '  r4["worker"]\n'
        "  r1 --> r0\n"
        "  r2 --> r3\n"
        "  r3 --> r1\n"
        "  r3 --> r4\n"
        "  r4 -.-> r0\n"
        "  r1 -.- r4\n"
    )
