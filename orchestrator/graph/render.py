"""Turns a graph into drawings: text for terminals, DOT and Mermaid for pages. Called by `cli`.

States, where given, mark each resource; one that is missing from them is shown as unknown.
"""

from collections.abc import Iterable, Mapping

from orchestrator.graph.build import Edge, FlowGraph
from orchestrator.graph.order import start_waves
from orchestrator.model import EdgeKind, ResourceName, ResourceState

States = Mapping[ResourceName, ResourceState]

_MARKS: Mapping[ResourceState | None, str] = {
    ResourceState.STARTED: "[+]",
    ResourceState.STOPPED: "[ ]",
    ResourceState.FAILED: "[!]",
    None: "[?]",
}
_COLOURS: Mapping[ResourceState | None, str] = {
    ResourceState.STARTED: "#b7e1a1",
    ResourceState.STOPPED: "#dddddd",
    ResourceState.FAILED: "#f4a6a0",
    None: "#fff3b0",
}


def as_text(graph: FlowGraph, states: States | None = None) -> str:
    """A line for each resource under the number of its wave, with what it comes after."""
    if not graph.resources:
        return "no resources\n"
    width = max(len(name) for name in graph.resources)
    lines = ["starts from the top down, stops from the bottom up"]
    for number, wave in enumerate(start_waves(graph), start=1):
        for place, name in enumerate(wave):
            head = f"{number:>3}" if place == 0 else "   "
            mark = f" {_MARKS[states.get(name)]}" if states is not None else ""
            after = ", ".join(_after_text(edge) for edge in _edges_into(graph, name))
            lines.append(
                f"{head}{mark} {name:<{width}}{'  after ' if after else ''}{after}".rstrip()
            )
    lines.extend(f"never in action together: {', '.join(pair)}" for pair in _apart(graph))
    if states is not None:
        lines.append("[+] started  [ ] stopped  [!] failed  [?] not known")
    return "\n".join(lines) + "\n"


def as_dot(graph: FlowGraph, name: str, states: States | None = None) -> str:
    """Graphviz: dashed edges are optional, dotted ones keep apart."""
    lines = [
        f"digraph {_quoted(name)} {{",
        "  rankdir=TB;",
        '  node [shape=box, style="rounded,filled", fillcolor=white];',
    ]
    for resource in graph.resources:
        fill = (
            f" [fillcolor={_quoted(_COLOURS[states.get(resource)])}]" if states is not None else ""
        )
        lines.append(f"  {_quoted(resource)}{fill};")
    for edge in graph.edges:
        style = ["style=dashed"] if edge.kind is EdgeKind.OPTIONAL else []
        label = [] if edge.symmetrical else ['label="start only"']
        attributes = f" [{', '.join([*style, *label])}]" if style or label else ""
        lines.append(f"  {_quoted(edge.earlier)} -> {_quoted(edge.later)}{attributes};")
    lines.extend(
        f"  {_quoted(one)} -> {_quoted(other)} [dir=none, style=dotted, constraint=false];"
        for one, other in _apart(graph)
    )
    return "\n".join([*lines, "}"]) + "\n"


def as_mermaid(graph: FlowGraph, states: States | None = None) -> str:
    """Mermaid flowchart, as GitHub and many wikis draw it; arrows as in `as_dot`."""
    ids = {name: f"r{number}" for number, name in enumerate(graph.resources)}
    lines = ["flowchart TD"]
    for name in graph.resources:
        label = name.replace('"', "#quot;")
        lines.append(f'  {ids[name]}["{label}"]')
    for edge in graph.edges:
        arrow = "-.->" if edge.kind is EdgeKind.OPTIONAL else "-->"
        label = "" if edge.symmetrical else "|start only|"
        lines.append(f"  {ids[edge.earlier]} {arrow}{label} {ids[edge.later]}")
    lines.extend(f"  {ids[one]} -.- {ids[other]}" for one, other in _apart(graph))
    if states is not None:
        lines.extend(
            f"  style {ids[name]} fill:{_COLOURS[states.get(name)]}" for name in graph.resources
        )
    return "\n".join(lines) + "\n"


def _edges_into(graph: FlowGraph, name: ResourceName) -> Iterable[Edge]:
    return (edge for edge in graph.edges if edge.later == name)


def _after_text(edge: Edge) -> str:
    notes = [] if edge.binds else ["optional"]
    notes += [] if edge.symmetrical else ["start only"]
    return f"{edge.earlier} ({', '.join(notes)})" if notes else edge.earlier


def _apart(graph: FlowGraph) -> list[tuple[ResourceName, ResourceName]]:
    pairs = (sorted(pair) for pair in graph.serialised)
    return sorted((one, other) for one, other in pairs)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
