"""What a draft keeps of a flow, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.fields import Refused
from agents.flow_field import FLOW, MAX_NODES
from agents.graph import plain_flow, read_flow
from tests.support.flow_json import edge, flow_of, node, simple_flow


def test_nothing_is_a_plain_agent() -> None:
    assert FLOW.store({}).value == {}
    assert FLOW.store(None).value == {}


@pytest.mark.parametrize("flow", [plain_flow(), simple_flow()])
def test_keeping_twice_changes_nothing(flow: dict[str, Any]) -> None:
    kept = FLOW.store(flow).value
    assert kept == flow
    assert json.loads(json.dumps(kept)) == kept


def test_what_is_left_out_is_filled() -> None:
    kept = FLOW.store({"nodes": [{"id": "start", "kind": "start"}], "edges": [edge("start", "start")]}).value
    assert kept == {
        "schema": 1,
        "nodes": [{"id": "start", "kind": "start", "name": "", "x": 0, "y": 0, "values": {}, "global": None}],
        "edges": [
            {
                "id": "start-next-start",
                "source": "start",
                "port": "next",
                "target": "start",
                "kind": "else",
                "label": "",
                "event": "",
                "match": "all",
                "rows": [],
                "priority": 0,
            }
        ],
        "flows": [],
        "variables": [],
    }


def test_kind_and_event_follow_from_the_port() -> None:
    menu = node("menu", text="Which?", choices=[{"value": "book"}])
    edges = [
        edge("menu", "end", "choice:book", kind="judged", event="silence"),
        edge("menu", "end", "judged", label="x"),
    ]
    kept = flow_of([menu, node("end")], edges)["edges"]
    assert [(each["kind"], each["event"]) for each in kept] == [("event", "choice:book"), ("judged", "")]


def test_texts_are_cleaned_and_counted() -> None:
    stored = FLOW.store({"nodes": [node("say", text="Hi\x00 \ud800there", title="A\nb")]})
    assert stored.dropped == 2
    assert stored.value["nodes"][0]["values"] == {"text": "Hi there"}
    assert stored.value["nodes"][0]["name"] == "A b"


def nested(depth: int) -> Any:
    value: Any = {}
    for _level in range(depth):
        value = {"values": value}
    return value


REFUSED: list[tuple[Any, str, str]] = [
    ([], "not_an_object", ""),
    ("flow", "not_an_object", ""),
    ({"schema": 2}, "schema_unknown", "schema"),
    ({"nodes": {}}, "not_a_list", "nodes"),
    ({"nodes": [7]}, "not_an_object", "nodes.0"),
    ({"workspace": "ws_x"}, "field_unknown", ".workspace"),
    ({"nodes": [{**node("say"), "owner": "x"}]}, "field_unknown", "nodes.0.owner"),
    ({"nodes": [{**node("say"), "kind": "code"}]}, "kind_unknown", "nodes.0"),
    ({"nodes": [{**node("say"), "kind": {}}]}, "kind_unknown", "nodes.0"),
    ({"nodes": [{**node("say"), "id": "a b"}]}, "bad_id", "nodes.0"),
    ({"nodes": [{**node("say"), "id": "x" * 41}]}, "bad_id", "nodes.0"),
    ({"nodes": [{**node("say"), "x": "far"}]}, "not_a_number", "nodes.0.x"),
    ({"nodes": [{**node("say"), "y": float("nan")}]}, "not_a_number", "nodes.0.y"),
    ({"nodes": [node("say", script="x")]}, "field_unknown", "nodes.0.values.script"),
    ({"nodes": [node("say", text=7)]}, "not_text", "nodes.0.values.text"),
    ({"nodes": [node("form", slots=[{"variable": 7}])]}, "not_text", "nodes.0.values.slots.0.variable"),
    ({"nodes": [node("form", slots=[{"is_staff": True}])]}, "field_unknown", "nodes.0.values.slots.0.is_staff"),
    ({"nodes": [node("say", "a"), node("end", "a")]}, "id_repeated", "nodes.1"),
    ({"nodes": [node("say", entry={"returns": 1})]}, "not_a_switch", "nodes.0.global"),
    ({"nodes": [node("say", entry={"match": "some"})]}, "unknown_choice", "nodes.0.global.match"),
    ({"nodes": [node("say")] * (MAX_NODES + 1)}, "flow_too_large", "nodes"),
    ({"edges": [edge("a", "b"), edge("a", "b")]}, "id_repeated", "edges.1"),
    ({"edges": [{**edge("a", "b"), "priority": 1.5}]}, "not_whole", "edges.0"),
    ({"edges": [{**edge("a", "b"), "port": None}]}, "not_text", "edges.0.port"),
    (
        {"edges": [edge("a", "b", rows=[{"variable": "a", "operator": [], "value": ""}])]},
        "not_text",
        "edges.0.rows.0.operator",
    ),
    ({"edges": [edge("a", "b", rows=[{"eval": "1"}])]}, "field_unknown", "edges.0.rows.0.eval"),
    ({"flows": [{"id": "a", "flows": []}]}, "field_unknown", "flows.0.flows"),
    ({"variables": [{"name": "a", "scope": "all"}]}, "field_unknown", "variables.0.scope"),
    ({"nodes": [nested(500)]}, "kind_unknown", "nodes.0"),
]


@pytest.mark.parametrize(("flow", "code", "path"), REFUSED)
def test_what_nobody_knows_is_refused(flow: Any, code: str, path: str) -> None:
    with pytest.raises(Refused) as refused:
        FLOW.store(flow)
    assert (refused.value.code, refused.value.path) == (code, path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "kind",
                    "nodes",
                    "edges",
                    "flows",
                    "values",
                    "global",
                    "rows",
                    "source",
                    "target",
                    "port",
                    "text",
                ]
            )
            | st.text(max_size=4),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@settings(max_examples=300)
@given(JSON)
def test_anything_is_kept_or_refused_and_can_be_read(value: Any) -> None:
    read_flow(value)
    try:
        kept = FLOW.store(value).value
    except Refused as refused:
        assert refused.code
        assert refused.message
    else:
        assert FLOW.store(kept).value == kept
