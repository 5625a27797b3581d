from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from agents.tools.answer import ToolAnswer, failure
from channels_io.live.facts import LegFacts
from channels_io.live.own_tools import Line as OwnLine
from channels_io.live.tool_runner import AT_ONCE, HIDDEN, IN_A_LEG, ToolRunner
from channels_io.mocks import Mock
from inference.cloning import VoiceSample
from inference.events import ConversationState, ToolCall, ToolResult, Up
from inference.lending import LentService
from inference.nodes import CallNode, CollectNode, FlowSpec, GoalNode, HandoffNode, Slot, ToolSpec
from inference.spec import AgentSpec, decode_spec
from tests.channels_io.live.script import SPEC, HandLine
from tests.support.virtual_time import run_virtual

FLOW = FlowSpec(
    "goal",
    (
        GoalNode("goal", "Help.", tools=("slow",)),
        HandoffNode("away", "ag_2"),
        CollectNode("card", Slot("card", "digits", masked=True)),
        CallNode("pay", "node:pay", (("card", "{{card}}"),)),
    ),
    tools=(ToolSpec("slow", "Takes a second."), ToolSpec("quick", "Takes no time.")),
)
AGENT = msgspec.structs.replace(SPEC, flow=FLOW)
OTHER = msgspec.structs.replace(SPEC, agent="ag_2", name="Bob")
SERVICE = LentService("pv_1", "Cloud", "https://api.example.com/v1", ("93.184.215.14",), "sk-canary", chat="small")
SAMPLE = VoiceSample(b"RIFF Bob")
FACTS = LegFacts(leg="lg_1", conversation="cv_1", agent="Ada", spec=AGENT)


class Box:
    """A toolbox that takes a second for `slow`."""

    def __init__(self) -> None:
        self.ran: list[tuple[str, str, dict[str, Any]]] = []
        self.refused: list[str] = []
        self.most = self.now = 0
        self.gone = False

    async def run(
        self, spec: AgentSpec, name: str, arguments: Mapping[str, Any], call: str, line: OwnLine
    ) -> ToolAnswer:
        self.ran.append((spec.agent, name, dict(arguments)))
        self.now += 1
        self.most = max(self.most, self.now)
        if name == "slow":
            await asyncio.sleep(1)
        elif name == "node:pay":
            await asyncio.sleep(100)
        self.now -= 1
        return ToolAnswer(ok=True, result=json.dumps({"done": arguments}), status=200, milliseconds=7)

    async def hand_over(self, agent: str) -> AgentSpec | None:
        return OTHER if agent == "ag_2" and not self.gone else None

    async def lend(self, spec: AgentSpec) -> tuple[LentService, ...]:
        return (SERVICE,) if spec == OTHER else ()

    async def voices(self, spec: AgentSpec) -> tuple[VoiceSample, ...]:
        return (SAMPLE,) if spec == OTHER else ()

    async def denied(self, name: str) -> None:
        self.refused.append(name)


class Desk:
    def __init__(self, facts: LegFacts = FACTS) -> None:
        self.box = Box()
        self.told: list[ToolResult] = []
        self.records: list[tuple[str, dict[str, Any]]] = []
        self.runner = ToolRunner(
            facts, self.box, self.tell, lambda kind, data: self.records.append((kind, data)), HandLine()
        )

    async def tell(self, message: Up) -> bool:
        assert isinstance(message, ToolResult)
        self.told.append(message)
        return True

    def recorded(self, kind: str) -> list[dict[str, Any]]:
        return [data for name, data in self.records if name == kind]


def desk(test: Callable[[Desk], Coroutine[Any, Any, None]], facts: LegFacts = FACTS) -> None:
    async def scene() -> None:
        made = Desk(facts)
        running = asyncio.create_task(made.runner.run())
        await asyncio.sleep(0)
        try:
            await test(made)
        finally:
            running.cancel()
            await asyncio.wait([running])

    run_virtual(scene())


def test_a_call_is_answered_and_recorded_without_holding_anybody_up() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "slow", '{"day":"Monday"}', 3))
        desk.runner.ask(ToolCall("c2", "quick", "{}", 3))
        await asyncio.sleep(0.1)
        assert desk.told == [ToolResult("c2", '{"done": {}}')]
        await asyncio.sleep(1)
        assert desk.told[1] == ToolResult("c1", '{"done": {"day": "Monday"}}')
        assert desk.recorded("tool_call")[0] == {"call": "c1", "name": "slow", "arguments": '{"day":"Monday"}'}
        assert desk.recorded("tool_result")[1] == {
            "call": "c1", "name": "slow", "ok": True, "result": '{"done": {"day": "Monday"}}', "ms": 7, "status": 200,
        }  # fmt: skip

    desk(scene)


def test_what_the_agent_does_not_have_is_denied() -> None:
    async def scene(desk: Desk) -> None:
        for number, name in enumerate(("dial", "node:other", "parley.send", "parley.transfer", "")):
            desk.runner.ask(ToolCall(f"c{number}", name, "{}"))
        desk.runner.ask(ToolCall("c9", "parley.agent", '{"agent":"ag_9"}'))
        await asyncio.sleep(0.1)
        assert desk.box.ran == []
        assert desk.box.refused == ["dial", "node:other", "parley.send", "parley.transfer", "", "parley.agent"]
        assert [result.ok for result in desk.told] == [False] * 6
        assert json.loads(desk.told[0].result) == {"error": "There is no such tool.", "code": "tool_unknown"}

    desk(scene)


def test_arguments_that_are_none_are_an_answer_too() -> None:
    async def scene(desk: Desk) -> None:
        for number, arguments in enumerate(("[]", "{", "null", "[" * 9000)):
            desk.runner.ask(ToolCall(f"c{number}", "quick", arguments))
        await asyncio.sleep(0.1)
        assert [json.loads(result.result)["code"] for result in desk.told] == ["bad_arguments"] * 4
        assert desk.box.ran == []

    desk(scene)


def test_a_mock_stands_in() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "quick", "{}"))
        desk.runner.ask(ToolCall("c2", "slow", "{}"))
        await asyncio.sleep(0.1)
        assert desk.told == [ToolResult("c1", '{"free":true}'), ToolResult("c2", "out of order", ok=False)]
        assert desk.box.ran == []
        assert [data["mock"] for data in desk.recorded("tool_result")] == [True, True]

    desk(scene, replace(FACTS, mocks={"quick": Mock('{"free":true}'), "slow": Mock("out of order", ok=False)}))


def test_only_a_few_run_at_once() -> None:
    async def scene(desk: Desk) -> None:
        for number in range(AT_ONCE * 2):
            desk.runner.ask(ToolCall(f"c{number}", "slow", json.dumps({"n": number})))
        await asyncio.sleep(1.5)
        assert desk.box.most == AT_ONCE
        assert len(desk.told) == AT_ONCE
        await asyncio.sleep(1)
        assert len(desk.told) == AT_ONCE * 2

    desk(scene)


def test_a_model_that_asks_for_ever_is_stopped() -> None:
    async def scene(desk: Desk) -> None:
        for number in range(IN_A_LEG + 1):
            desk.runner.ask(ToolCall(f"c{number}", "quick", "{}"))
            await asyncio.sleep(0.001)
        assert len(desk.box.ran) == IN_A_LEG
        assert json.loads(desk.told[-1].result)["code"] == "too_many_calls"

    desk(scene)


def test_a_call_that_hangs_is_given_up() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "node:pay", '{"card":"4111"}'))
        await asyncio.sleep(45)
        assert json.loads(desk.told[0].result)["code"] == "timeout"

    desk(scene)


def test_masked_values_are_not_recorded() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "node:pay", '{"card":"4111222233334444","day":"Monday"}'))
        desk.runner.ask(ToolCall("c2", "node:pay", "4111222233334444"))
        desk.runner.ask(ToolCall("c3", "quick", '{"card":"4111222233334444"}'))
        await asyncio.sleep(101)
        assert "4111222233334444" not in json.dumps(desk.records, ensure_ascii=False)
        assert desk.recorded("tool_call")[0]["arguments"] == json.dumps(
            {"card": HIDDEN, "day": "Monday"}, ensure_ascii=False, separators=(",", ":")
        )
        quick = next(result for result in desk.told if result.call == "c3")
        assert "4111222233334444" in quick.result  # the flow itself is told

    desk(scene)


def test_another_agent_takes_over_and_its_specification_is_what_goes_on() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "parley.agent", '{"agent":"ag_2","history":"full"}'))
        await asyncio.sleep(0.1)
        assert decode_spec(desk.told[0].result) == OTHER
        assert (desk.told[0].lent, desk.told[0].voices) == ((SERVICE,), (SAMPLE,))
        assert "sk-canary" not in json.dumps(desk.records)
        assert desk.runner.spec == OTHER
        assert len(desk.recorded("tool_result")[0]["result"]) < 100
        desk.runner.begin_again()  # another worker: it opens with the first agent, and asks for the second
        assert desk.runner.spec == AGENT
        desk.box.gone = True  # published anew or archived meanwhile: this conversation keeps what it had
        desk.runner.ask(ToolCall("d1", "parley.agent", '{"agent":"ag_2"}'))
        await asyncio.sleep(0.1)
        assert decode_spec(desk.told[1].result) == desk.runner.spec == OTHER
        desk.runner.ask(ToolCall("d2", "parley.agent", '{"agent":"ag_1"}'))  # and back
        await asyncio.sleep(0.1)
        assert decode_spec(desk.told[2].result) == desk.runner.spec == AGENT

    desk(scene)


def test_a_later_leg_goes_on_with_whom_the_conversation_was_handed_to() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "parley.agent", '{"agent":"ag_2"}'))
        desk.runner.ask(ToolCall("c2", "parley.agent", '{"agent":"ag_3"}'))
        await asyncio.sleep(0.1)
        assert sorted((result.call, result.ok) for result in desk.told) == [("c1", True), ("c2", False)]

    plain = msgspec.structs.replace(SPEC, agent="ag_1")
    desk(scene, replace(FACTS, spec=plain, state=ConversationState(agent="ag_2")))


def test_a_worker_that_comes_after_a_lost_one_does_nothing_twice() -> None:
    async def scene(desk: Desk) -> None:
        desk.runner.ask(ToolCall("c1", "slow", '{"day":"Monday"}'))
        await asyncio.sleep(0.5)
        desk.runner.worker_lost()
        await asyncio.sleep(0.2)
        desk.runner.ask(ToolCall("d1", "slow", '{"day":"Monday"}'))  # while it still runs
        await asyncio.sleep(1)
        assert desk.told == [ToolResult("d1", '{"done": {"day": "Monday"}}')]
        desk.runner.ask(ToolCall("d2", "slow", '{"day":"Monday"}'))  # asked for again on purpose
        await asyncio.sleep(1.1)
        desk.runner.ask(ToolCall("d3", "slow", '{"day":"Tuesday"}'))
        await asyncio.sleep(0.1)
        desk.runner.worker_lost()
        await asyncio.sleep(2)
        assert [result.call for result in desk.told] == ["d1", "d2"]
        desk.runner.ask(ToolCall("e1", "slow", '{"day":"Tuesday"}'))  # after it has ended
        await asyncio.sleep(0.1)
        assert [result.call for result in desk.told] == ["d1", "d2", "e1"]
        assert [arguments["day"] for _agent, _name, arguments in desk.box.ran] == ["Monday", "Monday", "Tuesday"]
        desk.runner.ask(ToolCall("e2", "slow", '{"day":"Tuesday"}'))
        await asyncio.sleep(1.1)
        assert len(desk.box.ran) == 4
        desk.runner.worker_lost()  # it was told, but said no state with it
        desk.runner.ask(ToolCall("f1", "slow", '{"day":"Tuesday"}'))
        await asyncio.sleep(0.1)
        assert (desk.told[-1].call, len(desk.box.ran)) == ("f1", 4)
        desk.runner.settled()
        desk.runner.worker_lost()
        desk.runner.ask(ToolCall("g1", "slow", '{"day":"Tuesday"}'))
        await asyncio.sleep(1.1)
        assert (desk.told[-1].call, len(desk.box.ran)) == ("g1", 5)

    desk(scene)


def test_the_end_of_the_conversation_breaks_off_what_runs_and_says_so() -> None:
    made: list[Desk] = []

    async def scene(desk: Desk) -> None:
        made.append(desk)
        desk.runner.ask(ToolCall("c1", "slow", "{}"))
        await asyncio.sleep(0.1)

    desk(scene)
    (result,) = made[0].recorded("tool_result")
    assert json.loads(result["result"])["code"] == "broken_off"
    assert not result["ok"]
    assert made[0].told == []


def test_a_failure_is_told_as_one() -> None:
    class Broken(Box):
        async def run(
            self, spec: AgentSpec, name: str, arguments: Mapping[str, Any], call: str, line: OwnLine
        ) -> ToolAnswer:
            return failure("http_error", "The server answered 500.", status=500)

    async def scene(desk: Desk) -> None:
        desk.runner._toolbox = Broken()
        desk.runner.ask(ToolCall("c1", "quick", "{}"))
        await asyncio.sleep(0.1)
        assert not desk.told[0].ok
        assert json.loads(desk.told[0].result)["status"] == 500

    desk(scene)
