"""Turns the resources of a group into orders: what starts, what stops, and what that pulls along.

`decision` and `playbooks.compile` ask for steps, `cli` for drawings, `runtime` for problems after
a configuration was loaded. The only home of networkx, which is imported where it is used: it takes
0.17 s, and most one-off commands need no order.

    build     a group's resources        -> FlowGraph, or what is wrong with them
    order     FlowGraph                  -> waves of resources
    steps     FlowGraph, names, action   -> one step a resource, with what it waits for
    impact    FlowGraph, names           -> what must stop with them, what they need
    render    FlowGraph                  -> text, DOT, Mermaid
"""

from orchestrator.graph.build import Edge, FlowGraph, build, problems
from orchestrator.graph.impact import needed_by, standing_on
from orchestrator.graph.order import start_waves, stop_waves
from orchestrator.graph.steps import FlowAction, FlowStep, step_waves, steps

__all__ = [
    "Edge",
    "FlowAction",
    "FlowGraph",
    "FlowStep",
    "build",
    "needed_by",
    "problems",
    "standing_on",
    "start_waves",
    "step_waves",
    "steps",
    "stop_waves",
]
