"""Edges: where they leave, where they lead, when they are taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from django.utils.translation import gettext as _

from agents.edges import EDGE_LABEL
from agents.graph import EdgeRow, NodeRow
from agents.lint.rows import row_problems
from agents.lint.scene import Scene
from agents.problems import Problem, Severity

MOST_JUDGED = 20
"""What the model is asked to choose from at once; the runner asks for a letter."""
MANY_JUDGED = 8


def edge_problems(scene: Scene) -> Iterator[Problem]:
    nodes = {node.id: node for node in scene.graph.nodes}
    for edge in scene.graph.edges:
        yield from _ends(scene, nodes, edge)
        yield from _words(scene, edge)
    for node in scene.graph.running():
        yield from _together(scene, node)


def _ends(scene: Scene, nodes: dict[str, NodeRow], edge: EdgeRow) -> Iterator[Problem]:
    source, target = nodes.get(edge.source), nodes.get(edge.target)
    if source is None or target is None:
        message = _("This path leads from or to a node that is gone. Delete it.")
        yield _problem(edge, "target", "target_unknown", message)
        return
    if target.kind == "start":
        yield _problem(edge, "target", "into_start", _("No path may lead back into Start. Lead it to the node behind."))
    if target.kind == "note" or source.kind == "note":
        yield _problem(edge, "target", "into_note", _("A note does not run: no path leads to or from it."))
    elif (edge.source, edge.port) not in scene.ports:
        message = _("“%(node)s” has no exit “%(port)s” any more. Draw this path from another exit, or delete it.")
        yield _problem(edge, "port", "port_unknown", message % {"node": source.title, "port": edge.port[:60]})


def _words(scene: Scene, edge: EdgeRow) -> Iterator[Problem]:
    port = scene.ports.get((edge.source, edge.port))
    for code, message in EDGE_LABEL.check(edge.label):
        yield _problem(edge, "label", code, message)
    if port is not None and port.kind == "judged" and not edge.label.strip():
        message = _("Say in words when this path is taken: “wants to book an appointment”.")
        yield _problem(edge, "label", "label_missing", message)
    if port is not None and port.kind == "condition":
        if not edge.rows:
            yield _problem(edge, "rows", "rows_missing", _("Say when this path is taken: add a condition."))
        for path, code, message in row_problems(edge.rows, scene.names):
            yield _problem(edge, path, code, message)


def _together(scene: Scene, node: NodeRow) -> Iterator[Problem]:
    """What several edges of one node do to each other."""
    leaving = scene.graph.leaving(node.id)
    taken: Counter[str] = Counter()
    labels: set[str] = set()
    judged = 0
    for edge in leaving:
        port = scene.ports.get((node.id, edge.port))
        taken[edge.port] += 1
        if port is None:
            continue
        if not port.many and taken[edge.port] == 2:
            message = _("Two paths leave “%(port)s”; only one can be taken. Delete one.") % {"port": port.label}
            yield _problem(edge, "port", "port_twice", message)
        if port.kind == "judged":
            judged += 1
            label = " ".join(edge.label.casefold().split())
            if label and label in labels:
                message = _("Another path of this node has the same words. Say how they differ.")
                yield _problem(edge, "label", "label_repeated", message)
            labels.add(label)
    if judged > MANY_JUDGED:
        severity: Severity = "error" if judged > MOST_JUDGED else "warning"
        message = _(
            "%(count)d paths are judged by the model here. With more than %(limit)d it confuses them: use a menu."
        )
        yield Problem(
            node.id, "port:judged", "many_judged", message % {"count": judged, "limit": MANY_JUDGED}, severity
        )


def _problem(edge: EdgeRow, field: str, code: str, message: str) -> Problem:
    return Problem(edge.source, field, code, message, "error", edge.id)
