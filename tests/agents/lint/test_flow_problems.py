"""What is said about a flow, and where."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from agents.engines import EngineMenu, EngineOffer, fallback_menu
from agents.graph import read_flow
from agents.lint import flow_problems
from agents.lint.scene import Setting
from agents.surroundings import OtherAgent, Surroundings
from inference.nodes import ToolSpec
from tests.support.flow_json import edge, flow_of, node, simple_flow

AROUND = Surroundings(
    menu=fallback_menu(),
    tools={
        "slots": ToolSpec(
            "slots", "Free slots", '{"type":"object","properties":{"day":{"type":"string"}},"required":["day"]}'
        )
    },
    secrets=frozenset({"calendar"}),
    agents={"ag_sales": OtherAgent("Sales", True), "ag_new": OtherAgent("New", False), "ag_me": OtherAgent("Me", True)},
)

ASK = {"variable": "day", "kind": "date", "ask": "Which day?"}
SAY_END = [node("say", text="Hi."), node("end")]
TO_END = [edge("start", "say"), edge("say", "end")]


def problems(flow: dict[str, Any], **setting: Any) -> list[tuple[str, str, str, str]]:
    """(node, field, code, severity)"""
    known = Setting(
        **{
            "agent": "ag_me",
            "persona": "",
            "instructions": "Open at nine.",
            "language": "en",
            "voice_engine": "hibari",
            "transcriber": "default",
            "around": AROUND,
            **setting,
        }
    )
    return [(each.node, each.field, each.code, each.severity) for each in flow_problems(read_flow(flow), known)]


def test_nothing_is_wrong_with_a_simple_flow() -> None:
    assert problems(simple_flow()) == []
    assert problems({}) == []


def test_a_plain_goal_needs_words_somewhere() -> None:
    assert problems({}, instructions=" ") == [("goal", "prompt", "required", "error")]


@pytest.mark.parametrize(
    ("flow", "expected"),
    [
        (flow_of(SAY_END, TO_END, start=False) | {"edges": []}, ("", "flow", "start_missing", "error")),
        (flow_of([node("start", "other"), *SAY_END], TO_END), ("other", "", "start_twice", "error")),
        (flow_of(SAY_END, [edge("start", "say")]), ("say", "port:next", "path_missing", "error")),
        (
            flow_of([node("say", text="Hi.")], [edge("start", "say"), edge("say", "say")]),
            ("start", "", "no_end", "error"),
        ),
        (flow_of([*SAY_END, node("wait")], [*TO_END, edge("wait", "end")]), ("wait", "", "unreachable", "warning")),
        (
            flow_of(
                [*SAY_END, node("branch")],
                [edge("start", "branch"), edge("branch", "say", "else"), edge("say", "branch")],
            ),
            ("say", "", "deaf_circle", "warning"),
        ),
        (flow_of(SAY_END, [*TO_END, edge("say", "gone")]), ("say", "target", "target_unknown", "error")),
        (flow_of(SAY_END, [*TO_END, edge("say", "start")]), ("say", "target", "into_start", "error")),
        (flow_of([*SAY_END, node("note")], [*TO_END, edge("say", "note")]), ("say", "target", "into_note", "error")),
        (flow_of(SAY_END, [*TO_END, edge("say", "end", "magic")]), ("say", "port", "port_unknown", "error")),
        (
            flow_of(SAY_END, [*TO_END, {**edge("say", "end"), "id": "second"}]),
            ("say", "port", "port_twice", "error"),
        ),
        (
            flow_of([node("goal", prompt="x"), node("end")], [edge("start", "goal"), edge("goal", "end", "judged")]),
            ("goal", "label", "label_missing", "error"),
        ),
        (
            flow_of(
                [node("goal", prompt="x"), *SAY_END],
                [
                    edge("start", "goal"),
                    edge("goal", "end", "judged", label="wants to leave"),
                    edge("goal", "say", "judged", label="Wants to  leave"),
                    edge("say", "end"),
                ],
            ),
            ("goal", "label", "label_repeated", "error"),
        ),
        (
            flow_of(SAY_END, [*TO_END, edge("say", "end", "condition")]),
            ("say", "rows", "rows_missing", "error"),
        ),
        (
            flow_of(
                SAY_END, [*TO_END, edge("say", "end", "condition", rows=[{"variable": "dya", "operator": "is_set"}])]
            ),
            ("say", "rows.0.variable", "variable_unknown", "error"),
        ),
        (
            flow_of(
                SAY_END, [*TO_END, edge("say", "end", "condition", rows=[{"variable": "caller", "operator": "is"}])]
            ),
            ("say", "rows.0.value", "required", "error"),
        ),
        (flow_of([node("say", text="On {{dya}}."), node("end")], TO_END), ("say", "text", "variable_unknown", "error")),
        (flow_of([node("say", text="{{7*7}}"), node("end")], TO_END), ("say", "text", "not_a_name", "warning")),
        (
            flow_of(
                [node("set", "say", values=[{"variable": "caller_verified", "value": "yes"}]), node("end")], TO_END
            ),
            ("say", "", "reserved", "error"),
        ),
        (
            flow_of(
                [
                    node("extract", "say", slots=[{"variable": "caller_verified", "kind": "text", "label": "proof"}]),
                    node("end"),
                ],
                TO_END,
            ),
            ("say", "", "reserved", "error"),
        ),
        (
            flow_of(SAY_END, TO_END, variables=[{"name": "caller", "value": ""}]),
            ("", "variables.0.name", "reserved", "error"),
        ),
        (
            flow_of(SAY_END, TO_END, variables=[{"name": "1", "value": ""}]),
            ("", "variables.0.name", "bad_name", "error"),
        ),
        (
            flow_of(SAY_END, TO_END, variables=[{"name": "a", "value": ""}, {"name": "a", "value": "b"}]),
            ("", "variables.1.name", "repeated", "error"),
        ),
        (
            flow_of([node("goal", prompt="x", tools=["gone"])], [edge("start", "goal")]),
            ("goal", "tools", "tool_unknown", "error"),
        ),
        (
            flow_of([node("tool", tool="gone"), node("end")], [edge("start", "tool"), edge("tool", "end", "success")]),
            ("tool", "tool", "tool_unknown", "error"),
        ),
        (
            flow_of([node("tool", tool="slots"), node("end")], [edge("start", "tool"), edge("tool", "end", "success")]),
            ("tool", "arguments", "argument_missing", "error"),
        ),
        (
            flow_of(
                [node("tool", tool="slots", arguments=[{"name": "dya", "value": "x"}]), node("end")],
                [edge("start", "tool"), edge("tool", "end", "success")],
            ),
            ("tool", "arguments.0.name", "argument_unknown", "error"),
        ),
        (
            flow_of([node("tool", tool="slots"), node("end")], [edge("start", "tool"), edge("tool", "end", "success")]),
            ("tool", "port:failure", "failure_unhandled", "warning"),
        ),
        (
            flow_of([node("http", url="https://x.example", auth="bearer", secret="gone")], [edge("start", "http")]),
            ("http", "secret", "secret_unknown", "error"),
        ),
        (
            flow_of([node("http", url="http://127.0.0.1/")], [edge("start", "http")]),
            ("http", "url", "address_private", "error"),
        ),
        (
            flow_of([node("handoff", agent="ag_gone")], [edge("start", "handoff")]),
            ("handoff", "agent", "agent_unknown", "error"),
        ),
        (
            flow_of([node("handoff", agent="ag_me")], [edge("start", "handoff")]),
            ("handoff", "agent", "agent_itself", "error"),
        ),
        (
            flow_of([node("handoff", agent="ag_new")], [edge("start", "handoff")]),
            ("handoff", "agent", "agent_not_live", "warning"),
        ),
        (
            flow_of([node("subflow", flow="gone"), node("end")], [edge("start", "subflow"), edge("subflow", "end")]),
            ("subflow", "flow", "flow_unknown", "error"),
        ),
        (
            flow_of([node("language", language="en", voice="piper/joe"), node("end")], [edge("start", "language")]),
            ("language", "voice", "voice_engine", "error"),
        ),
        (
            flow_of([node("language", language="en", voice="hibari/nobody"), node("end")], [edge("start", "language")]),
            ("language", "voice", "voice_unknown", "error"),
        ),
        (
            flow_of([node("say", text="Hi.", entry={"label": " "}), node("end")], TO_END),
            ("say", "global.label", "global_never", "error"),
        ),
        (
            flow_of(
                [node("collect", **ASK, masked=True), node("say", text="{{day}}"), node("end")],
                [edge("start", "collect"), edge("collect", "say"), edge("say", "end")],
            ),
            ("say", "text", "variable_masked", "warning"),
        ),
        (
            flow_of([node("goal", prompt="word " * 2_000)], [edge("start", "goal")]),
            ("goal", "prompt", "too_long", "error"),
        ),
    ],
)
def test_problems(flow: dict[str, Any], expected: tuple[str, str, str, str]) -> None:
    assert expected in problems(flow)


def test_a_goal_beside_long_instructions() -> None:
    flow = flow_of([node("goal", prompt="a b " * 200)], [edge("start", "goal")])
    assert problems(flow, instructions="a b " * 2_700) == [("goal", "prompt", "prompt_too_long", "error")]


def test_every_path_of_a_menu_is_asked_for() -> None:
    menu = node("menu", text="Book or cancel?", choices=[{"value": "book"}, {"value": "cancel"}])
    flow = flow_of([menu, node("end")], [edge("start", "menu"), edge("menu", "end", "choice:book")])
    assert problems(flow) == [("menu", "port:choice:cancel", "path_missing", "error")]


def test_a_renamed_choice_leaves_its_path_behind() -> None:
    menu = node("menu", text="Book?", choices=[{"value": "reserve"}])
    flow = flow_of([menu, node("end")], [edge("start", "menu"), edge("menu", "end", "choice:book")])
    assert ("menu", "port", "port_unknown", "error") in problems(flow)


def test_a_path_from_a_returning_global_may_simply_end() -> None:
    entry = {"label": "asks for the address", "returns": True}
    nodes = [*SAY_END, node("say", "address", text="12 Garden Street.", entry=entry)]
    assert problems(flow_of(nodes, TO_END)) == []
    nodes[-1]["global"]["returns"] = False
    assert problems(flow_of(nodes, TO_END)) == [("address", "port:next", "path_missing", "error")]


class TestSubflows:
    def subflow(self, flow_id: str, nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> dict[str, Any]:
        first = f"{flow_id}_start"
        return {"id": flow_id, "name": flow_id.title(), "nodes": [node("start", first), *nodes], "edges": edges}

    def test_a_path_in_it_that_ends_goes_back(self) -> None:
        inner = self.subflow("ask", [node("collect", "inner", **ASK)], [edge("ask_start", "inner")])
        outer = flow_of(
            [
                node("subflow", flow="ask", outputs=[{"variable": "when", "inside": "day"}]),
                node("say", text="{{when}}"),
                node("end"),
            ],
            [edge("start", "subflow"), edge("subflow", "say"), edge("say", "end")],
            flows=[inner],
        )
        assert problems(outer) == []

    def test_what_comes_out_must_be_found_inside(self) -> None:
        inner = self.subflow("ask", [node("say", "inner", text="{{given}}")], [edge("ask_start", "inner")])
        rows = {"inputs": [{"variable": "given", "value": "x"}], "outputs": [{"variable": "when", "inside": "dya"}]}
        outer = flow_of(
            [node("subflow", flow="ask", **rows), node("end")],
            [edge("start", "subflow"), edge("subflow", "end")],
            flows=[inner],
        )
        assert problems(outer) == [("subflow", "outputs.0.inside", "variable_unknown", "error")]

    def test_walking_itself(self) -> None:
        first = self.subflow("a", [node("subflow", "to_b", flow="b")], [edge("a_start", "to_b")])
        second = self.subflow("b", [node("subflow", "to_a", flow="a")], [edge("b_start", "to_a")])
        outer = flow_of(
            [node("subflow", flow="a"), node("end")],
            [edge("start", "subflow"), edge("subflow", "end")],
            flows=[first, second],
        )
        found = problems(outer)
        assert ("to_b", "flow", "recursion", "error") in found
        assert ("to_a", "flow", "recursion", "error") in found
        assert not any(node_id == "subflow" for node_id, *_rest in found)

    def test_nobody_walks_it(self) -> None:
        inner = self.subflow("ask", [], [])
        found = problems(flow_of(SAY_END, TO_END, flows=[inner]))
        assert ("", "flows.ask", "flow_unused", "warning") in found

    def test_no_global_nodes_inside(self) -> None:
        inner = self.subflow(
            "ask", [node("say", "inner", text="Hi.", entry={"label": "x"})], [edge("ask_start", "inner")]
        )
        outer = flow_of(
            [node("subflow", flow="ask"), node("end")],
            [edge("start", "subflow"), edge("subflow", "end")],
            flows=[inner],
        )
        assert problems(outer) == [("inner", "global", "global_here", "error")]


@pytest.mark.parametrize(("count", "severity"), [(8, None), (9, "warning"), (21, "error")])
def test_many_judged_paths(count: int, severity: str | None) -> None:
    nodes = [node("goal", prompt="x"), *(node("end", f"end{number}") for number in range(count))]
    edges = [edge("goal", f"end{number}", "judged", label=f"wants {number}") for number in range(count)]
    found = problems(flow_of(nodes, [edge("start", "goal"), *edges]))
    assert found == ([("goal", "port:judged", "many_judged", severity)] if severity else [])


def test_what_an_earlier_conversation_found_out_may_be_read() -> None:
    rows = [
        {"variable": "known_day", "operator": "is_set", "value": ""},
        {"variable": "caller_verified", "operator": "is", "value": "yes"},
    ]
    flow = flow_of(
        [node("collect", "say", **ASK), node("end", text="Goodbye {{known_name}}, as on {{known_day}}.")],
        [*TO_END, edge("say", "end", "condition", rows=rows)],
    )
    assert not [found for found in problems(flow) if found[2] == "variable_unknown"]
    unknown = flow_of([node("say", text="{{known_pet}}"), node("end")], TO_END)
    assert ("say", "text", "variable_unknown", "error") in problems(unknown)


def test_a_language_that_no_voice_speaks_is_said_so() -> None:
    flow = flow_of([node("language", language="de"), node("end")], [edge("start", "language")])
    english = EngineOffer("hibari", "synthesizer", "hibari", languages=("en",), voices=("heart",))
    around = replace(AROUND, menu=EngineMenu((english,), live=True))
    unspoken = ("language", "voice", "language_not_spoken", "warning")
    assert unspoken in problems(flow, around=around)
    assert unspoken not in problems(flow, around=around, languages=("de",)), "a row of the agent's says who speaks it"
