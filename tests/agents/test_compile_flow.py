from __future__ import annotations

from typing import Any

import pytest

from agents.compile import compile_draft, find_problems
from agents.models import Agent, Draft
from agents.problems import CompileError
from agents.surroundings import Surroundings
from inference.nodes import (
    CallNode,
    Condition,
    Edge,
    EndNode,
    FlowSpec,
    Global,
    GoalNode,
    SayNode,
    StartNode,
    Subflow,
    SubflowNode,
    ToolSpec,
)
from inference.spec import decode_spec, encode_spec
from parley.accounts.models import Workspace
from tests.support.flow_json import edge, flow_of, node, simple_flow

SLOTS = ToolSpec("slots", "Free slots")
PRICES = ToolSpec("prices", "Prices")
AROUND = Surroundings(tools={"slots": SLOTS, "prices": PRICES, "unused": ToolSpec("unused", "Nothing")})


def draft_of(flow: dict[str, Any], **values: Any) -> Draft:
    workspace = Workspace(name="Acme", slug="acme", public_id="ws_aaaaaaaaaaaaaaaaaaaa", timezone="Europe/Dublin")
    agent = Agent(name="Reception", slug="reception", public_id="ag_aaaaaaaaaaaaaaaaaaaa", workspace=workspace)
    return Draft(agent=agent, **{"instructions": "Open at nine.", "greeting": "Hello.", "flow": flow, **values})


def test_the_whole_flow() -> None:
    flow = flow_of(
        [
            node("say", text="Which one?", wait=True, keys=["1"]),
            node("goal", prompt="Answer.", tools=["slots"]),
            node("tool", tool="prices"),
            node("subflow", flow="inner"),
            node("say", "help", text="Help.", entry={"label": "  wants  help ", "rows": [{"variable": "caller", "operator": "is_set", "value": "x"}]}),
            node("note", text="For us."),
            node("end"),
        ],
        [
            edge("start", "say"),
            edge("say", "goal", "condition", rows=[{"variable": "city", "operator": "is", "value": "Dublin"}], match="any", priority=2),
            edge("say", "tool", "judged", label=" wants\n prices "),
            edge("say", "subflow", "key:1"),
            edge("say", "end", "silence", label="a caption"),
            edge("say", "end"),
            edge("tool", "end", "success"),
            edge("tool", "end", "failure"),
            edge("subflow", "end"),
        ],
        flows=[{"id": "inner", "name": "Inner", "nodes": [node("start", "i1"), node("say", "i2", text="In.")], "edges": [edge("i1", "i2")]}],
        variables=[{"name": "city", "value": "Dublin"}],
    )  # fmt: skip
    assert compile_draft(draft_of(flow), around=AROUND).flow == FlowSpec(
        start="start",
        nodes=(
            StartNode("start"),
            SayNode("say", "Which one?", True),
            GoalNode("goal", "Answer.", ("slots",)),
            CallNode("tool", "prices", seconds=8.0),
            SubflowNode("subflow", "inner"),
            SayNode("help", "Help."),
            EndNode("end", "Thank you for calling. Goodbye."),
        ),
        edges=(
            Edge("start", "say", id="start-next-say"),
            Edge(
                "say",
                "goal",
                "condition",
                "say-condition-goal",
                match="any",
                rows=(Condition("city", "is", "Dublin"),),
                priority=2,
            ),
            Edge("say", "tool", "judged", "say-judged-tool", "wants prices"),
            Edge("say", "subflow", "event", "say-key_1-subflow", event="key:1"),
            Edge("say", "end", "event", "say-silence-end", event="silence"),
            Edge("say", "end", id="say-next-end"),
            Edge("tool", "end", "event", "tool-success-end", event="success"),
            Edge("tool", "end", "event", "tool-failure-end", event="failure"),
            Edge("subflow", "end", id="subflow-next-end"),
        ),
        tools=(PRICES, SLOTS),
        globals=(Global("help", "wants help", "all", (Condition("caller", "is_set"),), True),),
        flows=(Subflow("inner", "i1", (StartNode("i1"), SayNode("i2", "In.")), (Edge("i1", "i2", id="i1-next-i2"),)),),
        variables=(("city", "Dublin"),),
    )


def test_a_tool_that_changes_something_makes_a_node_that_does() -> None:
    tools = {"book": ToolSpec("book", "Books.", changes=True), "prices": ToolSpec("prices", "Prices.")}
    flow = flow_of(
        [node("tool", "b", tool="book"), node("tool", "p", tool="prices"), node("end", "e")],
        [edge("start", "b"), edge("b", "p", "success"), edge("p", "e", "success")],
    )
    compiled = compile_draft(draft_of(flow), around=Surroundings(tools=tools)).flow
    assert [each.changes for each in compiled.nodes if isinstance(each, CallNode)] == [True, False]


def test_the_spec_survives_its_bytes_and_says_the_zone() -> None:
    spec = compile_draft(draft_of(simple_flow()))
    assert decode_spec(encode_spec(spec)) == spec
    assert encode_spec(compile_draft(draft_of(simple_flow()))) == encode_spec(spec)
    assert spec.zone == "Europe/Dublin"


def test_a_flow_needs_no_instructions() -> None:
    assert find_problems(draft_of(simple_flow(), instructions="")) == []


def test_errors_of_the_flow_stop_it_and_warnings_do_not() -> None:
    broken = flow_of([node("say", text="")], [edge("start", "say")])
    with pytest.raises(CompileError) as error:
        compile_draft(draft_of(broken))
    assert [(each.node, each.field, each.code) for each in error.value.problems] == [
        ("say", "text", "required"),
        ("say", "port:next", "path_missing"),
    ]
    warned = flow_of([node("say", text="{{7*7}}"), node("end")], [edge("start", "say"), edge("say", "end")])
    assert [each.severity for each in find_problems(draft_of(warned))] == ["warning"]
    assert compile_draft(draft_of(warned)).flow.nodes[1] == SayNode("say", "{{7*7}}")


@pytest.mark.parametrize("flow", [{"nodes": 7}, {"schema": 99}, {"nodes": [{"id": "a", "kind": "code"}]}, [1]])
def test_a_damaged_flow_is_a_problem(flow: Any) -> None:
    found = find_problems(draft_of(flow))
    assert [each.severity for each in found] == ["error"]
    assert found[0].field.startswith("flow")


def test_the_agents_own_problems_come_first() -> None:
    broken = flow_of([node("say", text="")], [edge("start", "say")])
    found = [(each.node, each.field) for each in find_problems(draft_of(broken, temperature=9.0))]
    assert found == [("", "temperature"), ("say", "text"), ("say", "port:next")]


def test_two_hundred_nodes() -> None:
    nodes = [node("say", f"n{number}", text=f"Line {number}.", wait=True) for number in range(200)]
    edges = [edge("start", "n0"), *(edge(f"n{number}", f"n{number + 1}") for number in range(199)), edge("n199", "end")]
    spec = compile_draft(draft_of(flow_of([*nodes, node("end")], edges)))
    assert len(spec.flow.nodes) == 202
