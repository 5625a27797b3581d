from __future__ import annotations

from channels_io.testbench.mockable import Mockable, mockable
from inference.nodes import CallNode, EndNode, FlowSpec, GoalNode, SendNode, Subflow


def test_tools_by_the_nodes_that_use_them() -> None:
    flow = FlowSpec(
        "talk",
        (GoalNode("talk", "Help.", tools=("find", "price")), CallNode("n_1", "node:n_1"), EndNode("end")),
        flows=(Subflow("f", "ask", (CallNode("ask", "find"), SendNode("send", "Hi"))),),
    )
    assert mockable(flow) == [
        Mockable("find", ("talk", "ask")),
        Mockable("price", ("talk",)),
        Mockable("node:n_1", ("n_1",)),
        Mockable("parley.send", ("send",)),
    ]


def test_a_plain_agent_has_none() -> None:
    assert mockable(FlowSpec("goal", (GoalNode("goal", "Help."),))) == []
