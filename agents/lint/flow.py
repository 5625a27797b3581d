"""The checks of a whole flow, in the order people meet the problems."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from agents.fields import VariableField
from agents.graph import Flow
from agents.lint.edges import edge_problems
from agents.lint.nodes import node_problems
from agents.lint.paths import path_problems
from agents.lint.scene import Scene, Setting
from agents.problems import Problem
from agents.variables import FACTS, calls, masked_in, readable_in

_NAME = VariableField(name="name", label="name", required=True)


def flow_problems(flow: Flow, setting: Setting) -> list[Problem]:
    """Errors and warnings: the flow's own, then graph by graph those of nodes, paths and the whole."""
    problems = list(_variables(flow))
    masked = frozenset(masked_in(flow))
    for graph in flow.graphs():
        scene = Scene(setting, flow, graph, frozenset(readable_in(flow, graph)), masked, graph.ports())
        problems += _subflow(scene)
        problems += node_problems(scene)
        problems += edge_problems(scene)
        problems += path_problems(scene)
    return problems


def _variables(flow: Flow) -> Iterator[Problem]:
    seen: set[str] = set()
    for number, (name, _value) in enumerate(flow.variables):
        place = f"variables.{number}.name"
        for code, message in _NAME.check(name):
            yield Problem("", place, code, message)
        if name in FACTS:
            message = _("“%(name)s” comes with every conversation. Choose another name.") % {"name": name}
            yield Problem("", place, "reserved", message)
        elif name and name in seen:
            message = _("The variable “%(name)s” is there twice. Keep one of the two.") % {"name": name}
            yield Problem("", place, "repeated", message)
        seen.add(name)


def _subflow(scene: Scene) -> Iterator[Problem]:
    """A sub-flow that nothing walks, or that walks itself."""
    flow = scene.graph.id
    if not flow:
        return
    name = scene.graph.name or flow
    if not any(calls(graph, flow) for graph in scene.flow.graphs()):
        message = _("No node walks the sub-flow “%(name)s”. Add a Sub-flow node, or delete it.") % {"name": name}
        yield Problem("", scene.field, "flow_unused", message, "warning")
    if flow in _walked_from(scene.flow, flow):
        for node in scene.graph.nodes:
            if node.kind == "subflow" and flow in {
                node.values.get("flow"),
                *_walked_from(scene.flow, node.values.get("flow")),
            }:
                message = _("The sub-flow “%(name)s” would walk itself without end.") % {"name": name}
                yield Problem(node.id, "flow", "recursion", message)


def _walked_from(flow: Flow, start: object) -> set[str]:
    """The sub-flows that walking this one can lead to."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        graph = flow.subflow(str(waiting.pop()))
        for node in graph.nodes if graph else ():
            target = node.values.get("flow") if node.kind == "subflow" else None
            if isinstance(target, str) and target not in reached:
                reached.add(target)
                waiting.append(target)
    return reached
