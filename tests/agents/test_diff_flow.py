from __future__ import annotations

import copy
from typing import Any

import pytest

from agents.diff import compare_drafts
from agents.diff_flow import compare_flows, value_lines
from agents.line_diff import Line, Piece
from agents.nodes.registry import node_kind
from tests.support.flow_json import edge, flow_of, node, simple_flow


def changed(edit: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    before = simple_flow()
    after = copy.deepcopy(before)
    edit(after)
    return before, after


def test_the_same_is_no_difference() -> None:
    diff = compare_flows(simple_flow(), simple_flow())
    assert (diff.nodes, diff.edges, diff.flows, diff.words) == ((), (), (), ())
    assert compare_flows({}, {}).words == ()


def test_a_changed_text_shows_its_words() -> None:
    before, after = changed(lambda flow: flow["nodes"][1]["values"].update(text="We open at ten."))
    diff = compare_flows(before, after)
    assert [(each.node.id, each.change, each.words) for each in diff.nodes] == [("say", "changed", ("Text changed",))]
    assert diff.nodes[0].fields[0].lines == (
        Line("removed", (Piece("We open at "), Piece("nine", True), Piece("."))),
        Line("added", (Piece("We open at "), Piece("ten", True), Piece("."))),
    )
    assert diff.words == ("1 node changed",)


def test_names_entries_and_places() -> None:
    def edit(flow: dict[str, Any]) -> None:
        flow["nodes"][1].update(
            name="Hours", **{"global": {"label": "asks for hours", "match": "all", "rows": [], "returns": True}}
        )
        flow["nodes"][2]["x"] = 50

    diff = compare_flows(*changed(edit))
    assert [(each.node.id, each.change, each.words) for each in diff.nodes] == [
        ("say", "changed", ("Name: “Say” → “Hours”", "Entered from everywhere: asks for hours")),
        ("end", "moved", ("Moved",)),
    ]
    assert diff.words == ("1 node changed", "1 node moved")


def test_added_and_removed() -> None:
    def edit(flow: dict[str, Any]) -> None:
        flow["nodes"][2] = {**flow["nodes"][2], "id": "bye", "name": "Bye"}
        flow["edges"][1] = edge("say", "bye")

    diff = compare_flows(*changed(edit))
    assert [(each.node.id, each.change, each.words) for each in diff.nodes] == [
        ("bye", "added", ("New: “Bye”",)),
        ("end", "removed", ("Deleted: “End”",)),
    ]
    assert [(each.edge.id, each.change, each.words) for each in diff.edges] == [
        ("say-next-bye", "added", ("New path from “Say” to “Bye”",)),
        ("say-next-end", "removed", ("Deleted path from “Say” to “End”",)),
    ]
    assert diff.words == ("1 node added", "1 node deleted", "2 paths changed")


def test_paths() -> None:
    rows = [{"variable": "day", "operator": "is", "value": "Sunday"}]
    nodes = [node("branch"), node("end"), node("say", text="Hi.")]
    before = flow_of(
        nodes, [edge("branch", "end", "judged", label="is angry"), edge("branch", "end", "condition", rows=rows)]
    )
    after = copy.deepcopy(before)
    after["edges"][0].update(label="is happy", target="say")
    after["edges"][1].update(rows=[{**rows[0], "operator": "is_not"}], priority=3)
    assert [each.words for each in compare_flows(before, after).edges] == [
        ("Path from “Branch” leads to “Say” now", "Path from “Branch”: “is angry” → “is happy”"),
        ("Path from “Branch” is taken when: day is not Sunday", "Path from “Branch” is tried in another order"),
    ]


def test_subflows_and_variables() -> None:
    inner = {"id": "ask", "name": "Ask", "nodes": [node("start", "s")], "edges": []}
    before = flow_of(flows=[inner])
    after = flow_of(
        flows=[{**inner, "id": "other", "name": "Other", "nodes": []}], variables=[{"name": "a", "value": ""}]
    )
    diff = compare_flows(before, after)
    assert [(each.id, each.change) for each in diff.flows] == [("other", "added"), ("ask", "removed")]
    assert [(each.node.id, each.flow, each.change) for each in diff.nodes] == [("s", "ask", "removed")]
    assert diff.words == ("1 node deleted", "2 sub-flows changed", "The flow's variables changed")


def test_from_a_plain_agent_to_a_flow() -> None:
    diff = compare_flows({}, simple_flow())
    assert [(each.node.id, each.change) for each in diff.nodes] == [
        ("say", "added"),
        ("end", "added"),
        ("goal", "removed"),
    ]


@pytest.mark.parametrize(
    ("kind", "name", "value", "lines"),
    [
        ("say", "text", "a\nb", ["a", "b"]),
        ("say", "wait", True, ["on"]),
        ("end", "reason", "wrong_number", ["Wrong number"]),
        ("goal", "tools", ["slots"], ["slots"]),
        ("set", "values", [{"variable": "a", "value": "b"}], ["a → b"]),
        (
            "form",
            "slots",
            [{"variable": "day", "kind": "date", "ask": "Which day?", "attempts": 3}],
            ["day", "  What it is: Day", "  Question: Which day?"],
        ),
        (
            "menu",
            "choices",
            [{"value": "book", "synonyms": ["reserve", "order"], "key": "1"}],
            ["book", "  Also:", "    reserve", "    order", "  Key: 1"],
        ),
        ("collect", "minimum", None, []),
    ],
)
def test_value_lines(kind: str, name: str, value: Any, lines: list[str]) -> None:
    field = next(field for field in node_kind(kind).fields if field.name == name)
    assert value_lines(field, value) == lines


def test_the_versions_page_says_it_in_lines() -> None:
    before, after = changed(lambda flow: flow["nodes"][1]["values"].update(text="We open at ten."))
    changes = compare_drafts({"flow": before}, {"flow": after})
    assert [(change.name, change.lines) for change in changes] == [
        (
            "flow",
            (
                Line("same", (Piece("“Say”: Text changed"),)),
                Line("removed", (Piece("We open at "), Piece("nine", True), Piece("."))),
                Line("added", (Piece("We open at "), Piece("ten", True), Piece("."))),
            ),
        )
    ]
    assert compare_drafts({}, {"flow": {}}) == []
