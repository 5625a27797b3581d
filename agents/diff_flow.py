"""What changed between two flows, node by node and path by path, in words and as data for the canvas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agents.edges import OPERATORS
from agents.fields import Field, Label, ListField, shown
from agents.graph import EdgeRow, Entry, Flow, Graph, NodeRow, Row, read_flow
from agents.line_diff import Line, compare_lines

Change = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True, slots=True)
class ValueChange:
    name: str
    label: Label
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class NodeChange:
    """`words` say in one line each what is different; `fields` show the texts line by line."""

    node: NodeRow
    flow: str
    change: Change
    words: tuple[str, ...] = ()
    fields: tuple[ValueChange, ...] = ()


@dataclass(frozen=True, slots=True)
class EdgeChange:
    edge: EdgeRow
    flow: str
    change: Change
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphChange:
    id: str
    name: str
    change: Change
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowDiff:
    nodes: tuple[NodeChange, ...] = ()
    edges: tuple[EdgeChange, ...] = ()
    flows: tuple[GraphChange, ...] = ()
    words: tuple[str, ...] = ()
    """All of it, counted."""
    other: tuple[str, ...] = ()
    """What is about no single node or path: how many only moved, the flow's variables."""


def compare_flows(before: object, after: object) -> FlowDiff:
    """Of two stored flows. Nodes and paths are the same when their ids are."""
    old, new = read_flow(before), read_flow(after)
    nodes: list[NodeChange] = []
    edges: list[EdgeChange] = []
    pairs = _graph_pairs(old, new)
    for first, second in pairs:
        nodes += _nodes(first, second)
        edges += _edges(first, second)
    flows = tuple(_graphs(old, new))
    other = tuple(_other(nodes, old, new))
    return FlowDiff(tuple(nodes), tuple(edges), flows, (*_summary(nodes, edges, flows), *other), other)


def _graph_pairs(old: Flow, new: Flow) -> list[tuple[Graph, Graph]]:
    """The graphs of both, by id; an empty one where one of them lacks it."""
    names = dict.fromkeys([*(graph.id for graph in new.graphs()), *(graph.id for graph in old.graphs())])
    first = {graph.id: graph for graph in old.graphs()}
    second = {graph.id: graph for graph in new.graphs()}
    return [(first.get(name) or Graph(name, "", (), ()), second.get(name) or Graph(name, "", (), ())) for name in names]


def _nodes(old: Graph, new: Graph) -> Iterable[NodeChange]:
    before = {node.id: node for node in old.nodes}
    for node in new.nodes:
        was = before.pop(node.id, None)
        if was is None:
            yield NodeChange(node, new.id, "added", (_("New: “%(node)s”") % {"node": node.title},))
        elif change := _node(was, node, new.id):
            yield change
    for node in before.values():
        yield NodeChange(node, old.id, "removed", (_("Deleted: “%(node)s”") % {"node": node.title},))


def _node(old: NodeRow, new: NodeRow, flow: str) -> NodeChange | None:
    words: list[str] = []
    if old.name != new.name:
        words.append(_("Name: “%(old)s” → “%(new)s”") % {"old": old.title, "new": new.title})
    if old.kind != new.kind:
        return NodeChange(new, flow, "changed", (*words, _("Kind: %(old)s → %(new)s") % _titles(old, new)))
    fields = tuple(_values(old, new))
    words += [_("%(field)s changed") % {"field": change.label} for change in fields]
    if old.entry != new.entry:
        words.append(_entry_words(old.entry, new.entry))
    if words:
        return NodeChange(new, flow, "changed", tuple(words), fields)
    if (old.x, old.y) != (new.x, new.y):
        return NodeChange(new, flow, "moved", (_("Moved"),))
    return None


def _titles(old: NodeRow, new: NodeRow) -> dict[str, str]:
    return {"old": replace(old, name="").title, "new": replace(new, name="").title}


def _values(old: NodeRow, new: NodeRow) -> Iterable[ValueChange]:
    before, after = old.known.whole(old.values), new.known.whole(new.values)
    seen = {each.name for values in (before, after) for each, _value in shown(new.known.fields, values)}
    for each in new.known.fields:
        if each.name in seen and before[each.name] != after[each.name]:
            lines = compare_lines(value_lines(each, before[each.name]), value_lines(each, after[each.name]))
            yield ValueChange(each.name, each.label, tuple(lines))


def value_lines(kind: Field, value: Any, indent: str = "") -> list[str]:
    """A node's value as the lines a person reads: a list of things has one block a thing."""
    if value is None or value == "" or value == []:
        return []
    if isinstance(value, bool):
        return [_("on") if value else _("off")]
    if isinstance(kind, ListField) and isinstance(value, list):
        return [line for item in value if isinstance(item, Mapping) for line in _item_lines(kind, item, indent)]
    if isinstance(value, list):
        return [
            indent + (" → ".join(str(cell) for cell in row.values()) if isinstance(row, Mapping) else str(row))
            for row in value
        ]
    options = {option.value: str(option.label) for option in getattr(kind, "options", ())}
    if isinstance(value, float):
        return [f"{value:g}"]
    return [options.get(str(value), line) for line in str(value).splitlines()]


def _item_lines(kind: ListField, item: Mapping[str, Any], indent: str) -> list[str]:
    lines = [f"{indent}{item.get(kind.title) or kind.item}"]
    for each, value in shown(kind.fields, item):
        inner = value_lines(each, value, indent + "    ") if each.name != kind.title and value != each.blank() else []
        if len(inner) == 1:
            lines.append(f"{indent}  {each.label}: {inner[0].strip()}")
        elif inner:
            lines += [f"{indent}  {each.label}:", *inner]
    return lines


def _entry_words(old: Entry | None, new: Entry | None) -> str:
    if new is None:
        return _("No longer entered from everywhere")
    label = new.label or " ".join(_row_words(row) for row in new.rows)
    if old is None:
        return _("Entered from everywhere: %(when)s") % {"when": label}
    return _("Entered from everywhere now: %(when)s") % {"when": label}


def _edges(old: Graph, new: Graph) -> Iterable[EdgeChange]:
    before = {edge.id: edge for edge in old.edges}
    titles = {node.id: node.title for graph in (old, new) for node in graph.nodes}
    for edge in new.edges:
        was = before.pop(edge.id, None)
        if was is None:
            yield EdgeChange(edge, new.id, "added", (_("New path from %(path)s") % {"path": _path(edge, titles)},))
        elif was != edge:
            yield EdgeChange(edge, new.id, "changed", tuple(_edge_words(was, edge, titles)))
    for edge in before.values():
        yield EdgeChange(edge, old.id, "removed", (_("Deleted path from %(path)s") % {"path": _path(edge, titles)},))


def _path(edge: EdgeRow, titles: Mapping[str, str]) -> str:
    """ "“Hours” to “Bye”: wants to leave" """
    ends = _("“%(source)s” to “%(target)s”") % {
        "source": titles.get(edge.source, edge.source),
        "target": titles.get(edge.target, edge.target),
    }
    when = edge.label or ", ".join(_row_words(row) for row in edge.rows)
    return f"{ends}: {when}" if when else ends


def _edge_words(old: EdgeRow, new: EdgeRow, titles: Mapping[str, str]) -> Iterable[str]:
    place = titles.get(new.source, new.source)
    if (old.source, old.port) != (new.source, new.port):
        yield _("Path from “%(old)s” leaves “%(new)s” now") % {"old": titles.get(old.source, old.source), "new": place}
    if old.target != new.target:
        yield _("Path from “%(source)s” leads to “%(target)s” now") % {
            "source": place,
            "target": titles.get(new.target, new.target),
        }
    if old.label != new.label:
        yield _("Path from “%(source)s”: “%(old)s” → “%(new)s”") % {"source": place, "old": old.label, "new": new.label}
    if (old.rows, old.match) != (new.rows, new.match):
        rows = ", ".join(_row_words(row) for row in new.rows) or _("always")
        yield _("Path from “%(source)s” is taken when: %(rows)s") % {"source": place, "rows": rows}
    if old.priority != new.priority:
        yield _("Path from “%(source)s” is tried in another order") % {"source": place}


def _row_words(row: Row) -> str:
    return f"{row.variable} {OPERATORS.get(row.operator, row.operator)} {row.value}".strip()


def _graphs(old: Flow, new: Flow) -> Iterable[GraphChange]:
    before = {graph.id: graph for graph in old.subflows}
    for graph in new.subflows:
        was = before.pop(graph.id, None)
        if was is None:
            yield GraphChange(graph.id, graph.name, "added", (_("New sub-flow “%(name)s”") % {"name": graph.name},))
        elif was.name != graph.name:
            words = _("Sub-flow: “%(old)s” → “%(new)s”") % {"old": was.name, "new": graph.name}
            yield GraphChange(graph.id, graph.name, "changed", (words,))
    for graph in before.values():
        yield GraphChange(graph.id, graph.name, "removed", (_("Deleted sub-flow “%(name)s”") % {"name": graph.name},))


def _summary(nodes: list[NodeChange], edges: list[EdgeChange], flows: tuple[GraphChange, ...]) -> Iterable[str]:
    changes = [each.change for each in nodes]
    if number := changes.count("added"):
        yield ngettext("%(count)d node added", "%(count)d nodes added", number) % {"count": number}
    if number := changes.count("removed"):
        yield ngettext("%(count)d node deleted", "%(count)d nodes deleted", number) % {"count": number}
    if number := changes.count("changed"):
        yield ngettext("%(count)d node changed", "%(count)d nodes changed", number) % {"count": number}
    if number := len(edges):
        yield ngettext("%(count)d path changed", "%(count)d paths changed", number) % {"count": number}
    if number := len(flows):
        yield ngettext("%(count)d sub-flow changed", "%(count)d sub-flows changed", number) % {"count": number}


def _other(nodes: list[NodeChange], old: Flow, new: Flow) -> Iterable[str]:
    if number := [each.change for each in nodes].count("moved"):
        yield ngettext("%(count)d node moved", "%(count)d nodes moved", number) % {"count": number}
    if old.variables != new.variables:
        yield _("The flow's variables changed")
