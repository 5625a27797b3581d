"""The graph as a whole: where it begins, what can be reached, where it ends, circles that never listen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from django.utils.translation import gettext as _

from agents.graph import Flow, NodeRow
from agents.lint.scene import Scene
from agents.problems import Problem

Links = Mapping[str, set[str]]

_GO_ON = frozenset({"next", "success"})
"""Ports that may stay open where the end of a path has a meaning: it goes back."""


def path_problems(scene: Scene) -> Iterator[Problem]:
    starts = [node for node in scene.graph.nodes if node.kind == "start"]
    if not starts:
        yield Problem("", scene.field, "start_missing", _("There is no Start. Add one and lead it to the first node."))
    for node in starts[1:]:
        yield Problem(node.id, "", "start_twice", _("There is a second Start. Delete one of the two."))
    links = _links(scene)
    reached = _reach(links, [*(node.id for node in starts[:1]), *_entries(scene)])
    nodes = scene.graph.running()
    for node in nodes:
        if node.id not in reached and node.kind != "start" and starts:
            message = _("No path leads to “%(node)s”. Lead one here, or delete it.") % {"node": node.title}
            yield Problem(node.id, "", "unreachable", message, "warning")
    quiet = _quiet(scene, links)
    for node in nodes:
        yield from _open_ports(scene, node, back=node.id in quiet)
    yield from _endless(scene, links, reached, quiet)
    yield from _deaf_circles(scene, links)


def _links(scene: Scene) -> dict[str, set[str]]:
    """Node → the nodes that its edges lead to."""
    known = {node.id for node in scene.graph.running()}
    links: dict[str, set[str]] = {node: set() for node in known}
    for edge in scene.graph.edges:
        if edge.target in known and (edge.source, edge.port) in scene.ports:
            links[edge.source].add(edge.target)
    return links


def _entries(scene: Scene, *, returning: bool | None = None) -> list[str]:
    """The global nodes; of the main flow only. `returning`: only those that go back, or only those that do not."""
    if scene.graph.id:
        return []
    return [
        node.id
        for node in scene.graph.running()
        if node.entry is not None and (returning is None or node.entry.returns is returning)
    ]


def _reach(links: Links, roots: Iterable[str]) -> set[str]:
    reached: set[str] = set()
    waiting = [root for root in roots if root in links]
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += links[node] - reached
    return reached


def _quiet(scene: Scene, links: Links) -> set[str]:
    """The nodes behind which a path may simply end, because it goes back to where it came from."""
    if scene.graph.id:
        return set(links)
    straight = _reach(links, [scene.graph.start(), *_entries(scene, returning=False)])
    return _reach(links, _entries(scene, returning=True)) - straight


def _open_ports(scene: Scene, node: NodeRow, *, back: bool) -> Iterator[Problem]:
    used = {edge.port for edge in scene.graph.leaving(node.id)}
    for port in node.known.exits(node.values):
        if port.name in used:
            continue
        place = f"port:{port.name}"
        if port.required and not (back and port.name in _GO_ON):
            message = _("“%(port)s” of “%(node)s” leads nowhere. Draw a path, or add an End.")
            yield Problem(node.id, place, "path_missing", message % {"port": port.label, "node": node.title})
        elif port.name == "failure" and not back:
            message = _("When “%(node)s” fails, an apology is said and the conversation ends. Draw a path.")
            yield Problem(node.id, place, "failure_unhandled", message % {"node": node.title}, "warning")


def _endless(scene: Scene, links: Links, reached: set[str], quiet: set[str]) -> Iterator[Problem]:
    """Nodes from which no path leads to an end. Where a path is missing that is said already."""
    nodes = {node.id: node for node in scene.graph.running()}
    backward: dict[str, set[str]] = {node: set() for node in nodes}
    for source, targets in links.items():
        for target in targets:
            backward[target].add(source)
    ends = [
        node.id
        for node in nodes.values()
        if node.known.leaves or node.known.rests or not links[node.id] or _may_stop(scene, node, node.id in quiet)
    ]
    stuck = reached - _reach(backward, ends)
    first = next((node for node in nodes.values() if node.id in stuck), None)
    if first is not None:
        message = _("From “%(node)s” on, no path leads to an end. Add an End, a Transfer or a Goal.")
        yield Problem(first.id, "", "no_end", message % {"node": first.title})


def _may_stop(scene: Scene, node: NodeRow, back: bool) -> bool:
    used = {edge.port for edge in scene.graph.leaving(node.id)}
    return back and any(port.name in _GO_ON and port.name not in used for port in node.known.exits(node.values))


def _deaf_circles(scene: Scene, links: Links) -> Iterator[Problem]:
    """Circles of nodes that never listen to the caller: only a limit would stop them."""
    deaf = {node.id: node for node in scene.graph.running() if not _listens(scene.flow, node)}
    inner = {
        source: {target for target in targets if target in deaf} for source, targets in links.items() if source in deaf
    }
    told: set[str] = set()
    for node in deaf.values():
        round_trip = _reach(inner, inner[node.id])
        if node.id in round_trip and node.id not in told:
            told |= {other for other in round_trip if node.id in _reach(inner, inner[other])}
            message = _(
                "“%(node)s” is in a circle that never listens to the caller. Let one node in it wait for an answer."
            )
            yield Problem(node.id, "", "deaf_circle", message % {"node": node.title}, "warning")


def _listens(flow: Flow, node: NodeRow, depth: int = 0) -> bool:
    if node.kind == "subflow" and depth < 5:
        inner = flow.subflow(str(node.values.get("flow")))
        return inner is not None and any(_listens(flow, other, depth + 1) for other in inner.running())
    return node.known.listens(node.known.whole(node.values))
