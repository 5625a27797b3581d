from __future__ import annotations

import pytest

from inference.errors import ParleyError
from inference.events import Media, Open
from inference.nodes import CallNode, Choice, CollectNode, Edge, EndNode, FlowSpec, SayNode, Slot, StartNode
from inference.rehearsal import Hall, ToolAnswer, rehearse
from inference.spec import AgentSpec
from tests.support.engines import Scripted

FLOW = FlowSpec(
    "start",
    (
        StartNode("start"),
        CollectNode(
            "size", Slot("size", "choice", ask="Small or large?", choices=(Choice("small"), Choice("large"))),
        ),
        CallNode("price", tool="node:price", arguments=(("size", "{{size}}"),), results=(("price", "price"),)),
        SayNode("tell", "That is {{price}} dollars."),
        SayNode("sorry", "I cannot say."),
        EndNode("bye", "Goodbye."),
    ),
    (
        Edge("start", "size"),
        Edge("size", "price"),
        Edge("price", "tell", kind="event", event="success"),
        Edge("price", "sorry", kind="event", event="failure"),
        Edge("tell", "bye"),
        Edge("sorry", "bye"),
    ),
)  # fmt: skip
SPEC = AgentSpec(agent="ag", version="draft", workspace="ws", name="Shop", flow=FLOW, greeting="Hello.")


def opening() -> Open:
    return Open(SPEC, "rehearsal", Media("text"))


async def test_lines_their_paths_and_what_was_learnt() -> None:
    tools = {"node:price": ToolAnswer({"price": 12})}
    found = await rehearse(opening(), Scripted().engines(), ["A large one."], tools)
    first, second = found
    assert (first.node, first.ended) == ("size", "")
    assert "Small or large?" in first.reply
    assert (second.said, second.node, second.ended) == ("A large one.", "bye", "completed")
    assert second.path[-3:] == ("price", "tell", "bye")
    assert (second.variables["size"], second.variables["price"]) == ("large", "12")
    assert second.calls == ("node:price",)
    assert "That is 12 dollars." in second.reply


async def test_a_tool_that_is_not_in_the_table_fails() -> None:
    found = await rehearse(opening(), Scripted().engines(), ["Small."], {})
    assert found[-1].path[-2:] == ("sorry", "bye")


async def test_lines_after_the_end_are_not_said() -> None:
    found = await rehearse(opening(), Scripted().engines(), ["Small.", "And then?"], {})
    assert [each.said for each in found] == ["", "Small."]


async def test_a_hall_without_models_says_so() -> None:
    with pytest.raises(ParleyError):
        async with Hall.open("no-such-profile"):
            pass
