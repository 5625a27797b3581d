from __future__ import annotations

import pytest

from inference.errors import ProtocolError
from inference.events import Message
from inference.flow import End, Generate, follow_else, next_step, node_of
from inference.nodes import Edge, EndNode, FlowSpec, GoalNode, ToolSpec
from inference.prompt import prefix, prefixes, prompt
from inference.spec import AgentSpec

GOAL = GoalNode(id="talk", prompt="Help the caller.", tools=("slots",))
END = EndNode(id="bye", text="Goodbye.")
FLOW = FlowSpec(
    start="talk",
    nodes=(GOAL, END),
    edges=(Edge("talk", "bye", "judged", "done"), Edge("talk", "bye", "else")),
    tools=(ToolSpec("slots", "Free slots"), ToolSpec("other", "Not for this node")),
)
SPEC = AgentSpec(agent="ag", version="vn", workspace="ws", name="A", flow=FLOW, instructions="You are A. ")


def test_the_head_is_the_same_for_every_caller() -> None:
    head = prefix(SPEC, GOAL)
    assert head == (Message("system", "You are A.\n\nHelp the caller."),)
    assert prefixes(SPEC) == [head]
    one = prompt(SPEC, GOAL, "Now: Monday", [Message("user", "Hi")])
    other = prompt(SPEC, GOAL, "", [])
    assert tuple(one[:1]) == tuple(other[:1]) == head
    assert one[1:] == [Message("system", "Now: Monday"), Message("user", "Hi")]


def test_lines_of_one_side_are_joined_but_tool_lines_are_not() -> None:
    history = [
        Message("assistant", "Hello."),
        Message("assistant", "How can I help?"),
        Message("user", "I want"),
        Message("user", "to book"),
        Message("assistant", "", "slots", "c1", "{}"),
        Message("tool", "[]", "slots", "c1"),
        Message("assistant", "None left."),
    ]
    assert prompt(SPEC, GOAL, "", history)[1:] == [
        Message("assistant", "Hello. How can I help?"),
        Message("user", "I want to book"),
        *history[4:],
    ]


def test_an_empty_agent_has_no_head() -> None:
    bare = AgentSpec(agent="a", version="v", workspace="w", name="n", flow=FlowSpec("g", (GoalNode("g", " "),)))
    assert prefixes(bare) == [()]


def test_the_flow_says_what_a_node_needs() -> None:
    assert next_step(FLOW, "") == Generate(GOAL, (FLOW.tools[0],))
    assert next_step(FLOW, "bye") == End(END)
    assert (follow_else(FLOW, "talk"), follow_else(FLOW, "bye")) == ("bye", "")
    with pytest.raises(ProtocolError, match="no node 'gone'"):
        node_of(FLOW, "gone")
