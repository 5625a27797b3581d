from __future__ import annotations

import msgspec

from channels_io.live.tool_names import masked_arguments, named_by
from inference.nodes import (
    CallNode,
    CollectNode,
    FlowSpec,
    FormNode,
    GoalNode,
    HandoffNode,
    MoveNode,
    SendNode,
    Slot,
    Subflow,
    ToolSpec,
    VerifyNode,
)
from tests.channels_io.live.script import SPEC

FLOW = FlowSpec(
    "goal",
    (
        GoalNode("goal", "Help.", tools=("find_slots",)),
        HandoffNode("away", "ag_2"),
        CollectNode("card", Slot("card", "digits", masked=True)),
    ),
    tools=(ToolSpec("find_slots", "Finds."),),
    flows=(
        Subflow(
            "inner",
            "pay",
            (
                CallNode("pay", "node:pay", (("number", "{{card}}"), ("city", "{{city}}"))),
                CallNode("book", "book", (("who", "{{name}} {{ card }}"),)),
                FormNode("form", (Slot("pin", masked=True), Slot("name"))),
                SendNode("sms", "Hi."),
            ),
        ),
    ),
)
AGENT = msgspec.structs.replace(SPEC, flow=FLOW)


def test_only_what_the_agent_names_is_run() -> None:
    for name in ("find_slots", "node:pay", "book", "parley.send"):
        assert named_by(AGENT, name, "{}")
    for name in (
        "",
        "find_slot",
        "node:other",
        "parley.transfer",
        "parley.knowledge",
        "find_slots ",
        "FIND_SLOTS",
        "../book",
    ):
        assert not named_by(AGENT, name, "{}")


def test_a_hand_off_goes_where_a_node_says() -> None:
    assert named_by(AGENT, "parley.agent", '{"agent":"ag_2"}')
    for arguments in ('{"agent":"ag_3"}', "{}", "[]", "", "{", '{"agent":null}'):
        assert not named_by(AGENT, "parley.agent", arguments)


def test_a_code_and_a_move_are_there_where_a_node_wants_them() -> None:
    flow = FlowSpec("v", (VerifyNode("v", "Code?"), MoveNode("m", "Hi.")))
    agent = msgspec.structs.replace(SPEC, flow=flow)
    assert named_by(agent, "parley.code", "{}") and named_by(agent, "parley.move", "{}")
    assert not named_by(AGENT, "parley.code", "{}") and not named_by(AGENT, "parley.move", "{}")
    assert masked_arguments(agent, "parley.code") == {"digits"}
    assert masked_arguments(agent, "parley.move") == frozenset()


def test_masked_values_are_known_by_the_arguments_that_carry_them() -> None:
    assert masked_arguments(AGENT, "node:pay") == {"card", "pin", "number"}
    assert masked_arguments(AGENT, "book") == {"card", "pin", "who"}
    assert masked_arguments(SPEC, "book") == frozenset()
