"""A conversation walks through a flow: scripted engines, a real runner, no model, no clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from inference.engines.base import ToolRequest
from inference.engines.fake import FakeChat
from inference.errors import EngineError
from inference.events import (
    Audio,
    ConversationState,
    Dtmf,
    Entered,
    Failed,
    Heard,
    Interrupted,
    Media,
    Message,
    Partial,
    Playback,
    ReplyAudio,
    ReplyDone,
    ReplyText,
    State,
    Text,
    Timing,
    ToolCall,
    ToolResult,
)
from inference.judging import NONE
from inference.nodes import (
    CallNode,
    Choice,
    CollectNode,
    Edge,
    EndNode,
    FlowSpec,
    Global,
    GoalNode,
    HandoffNode,
    LanguageNode,
    MenuNode,
    Node,
    SayNode,
    SetNode,
    Slot,
    StartNode,
    ToolSpec,
)
from inference.spec import AgentSpec, TurnSpec, encode_spec
from tests.inference.test_conversation import VOICE, Caller, Growing, calling
from tests.support.engines import SAMPLES_PER_LETTER, Scripted

TEXT = Media("text")


def agent(*nodes: Node, edges: tuple[Edge, ...] = (), greeting: str = "", **more: Any) -> AgentSpec:
    flow = {key: more.pop(key) for key in ("tools", "globals", "variables") if key in more}
    return AgentSpec(
        agent="ag",
        version="vn",
        workspace="ws",
        name="A",
        instructions="You are A.",
        flow=FlowSpec(nodes[0].id, nodes, edges, **flow),
        greeting=greeting,
        **more,
    )


def line(*nodes: Node, **more: Any) -> AgentSpec:
    """The nodes one after another."""
    edges = tuple(Edge(one.id, other.id) for one, other in zip(nodes, nodes[1:], strict=False))
    return agent(*nodes, edges=(*edges, *more.pop("edges", ())), **more)


ASK_NAME = CollectNode("name", Slot("name", "name", "What is your name?"))
BYE = EndNode("bye", "Thank you, {{name}}. Goodbye.")
START = StartNode("start")


async def write(caller: Caller, text: str) -> str:
    """Type a line; the answer."""
    done = len(caller.of(ReplyDone))
    caller.conversation.hear(Text(text))
    await caller.until(lambda: len(caller.of(ReplyDone)) > done)
    return caller.of(ReplyDone)[-1].text


async def soon(condition: Callable[[], object]) -> None:
    """Without the clock moving on: after a pause of its own the line would count as silent."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("It did not come to that.")


# --- beginning, asking, ending ----------------------------------------------------------------------


async def test_the_greeting_and_all_before_the_first_question_are_one_reply() -> None:
    spec = line(START, SayNode("hi", "We are open."), ASK_NAME, BYE, greeting="Hello there.")
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone) == [ReplyDone(0, "Hello there. We are open. What is your name?")]
        assert caller.history == [("assistant", "Hello there. We are open. What is your name?")]
        assert await write(caller, "Peter Hill") == "Thank you, Peter Hill. Goodbye."
        assert caller.of(ReplyDone)[-1].end == "completed"


async def test_nodes_that_were_passed_are_told_with_what_is_known() -> None:
    spec = line(START, ASK_NAME, SetNode("note", (("kind", "new"),)), BYE)
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await write(caller, "Peter Hill")
        assert [(entered.turn, entered.nodes) for entered in caller.of(Entered)] == [
            (0, ("start", "name")),
            (1, ("note", "bye")),
        ]
        assert caller.of(Entered)[-1].variables == {"name": "Peter Hill", "kind": "new"}
        state = caller.of(State)[-1].snapshot
        assert (state.node, state.variables["name"]) == ("bye", "Peter Hill")


async def test_an_agent_of_one_goal_tells_of_no_nodes_and_reads_the_same_prompt_as_ever() -> None:
    spec = agent(GoalNode("goal", ""), greeting="Hello.")
    scripted = Scripted()
    async with calling(scripted, spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await write(caller, "When?")
        assert caller.of(Entered) == []
    assert [(line.role, line.text, line.name) for line in scripted.chat.prompts[0]] == [
        ("system", "You are A.", ""),
        ("system", "Now: noon", ""),
        ("assistant", "Hello.", ""),
        ("user", "When?", ""),
    ]
    assert scripted.chat.prefills == [scripted.chat.prompts[0][:-1]]


async def test_a_spoken_answer_is_said_word_for_word_behind_the_gate() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Peter Hill."]
    async with calling(scripted, line(START, ASK_NAME, BYE)) as caller:
        await caller.play_out(0)
        await caller.speak(640, pause=140)
        await soon(lambda: ("heart", "Peter Hill.") in scripted.synthesizer.spoken)
        assert caller.of(Heard) == []
        assert caller.of(ReplyDone)[1:] == []
        await caller.speak(0, pause=900)
        await caller.play_out(1)
        assert caller.said(1) == "Thank you, Peter Hill. Goodbye."
    assert scripted.chat.prompts == []


async def test_a_draft_that_is_dropped_leaves_no_trace_in_the_flow() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Peter.", "Mary Jones."]
    scripted.transcriber.by_pass = True
    async with calling(scripted, line(START, ASK_NAME, BYE)) as caller:
        await caller.play_out(0)
        await caller.speak(640, pause=140)
        await soon(lambda: len(scripted.synthesizer.spoken) > 1)
        assert [entered.nodes for entered in caller.of(Entered)] == [("start", "name")]
        assert caller.of(State)[-1].snapshot.node == "name"
        await caller.speak(640, pause=1500)
        await caller.play_out(1)
        assert caller.of(Entered)[-1].variables["name"] == "Mary Jones"
        assert [entered.nodes for entered in caller.of(Entered)] == [("start", "name"), ("bye",)]


async def test_half_of_the_words_are_not_said_back_before_the_caller_pauses() -> None:
    scripted = Scripted()
    scripted.transcriber = Growing(script=["My name is Peter Hill."], lines=["My name is Peter Hill."])
    async with calling(scripted, line(START, ASK_NAME, BYE)) as caller:
        await caller.play_out(0)
        said = len(scripted.synthesizer.spoken)
        await caller.speak(480, pause=0)
        assert len(scripted.synthesizer.spoken) == said
        await caller.speak(0, pause=1500)
        await caller.play_out(1)
        assert caller.said(1) == "Thank you, Peter Hill. Goodbye."


# --- what the model judges --------------------------------------------------------------------------

DESK = (
    GoalNode("desk", "Find out what they want."),
    GoalNode("book", "Find a time with them."),
    EndNode("cancel", "It is cancelled."),
)
ROUTES = (
    Edge("desk", "book", "judged", label="the caller wants to book"),
    Edge("desk", "cancel", "judged", label="the caller wants to cancel"),
)


async def test_a_judged_edge_is_one_letter_and_the_next_goal_answers() -> None:
    scripted = Scripted()
    scripted.chat.script = ["B", "Gladly. When?"]
    async with calling(scripted, agent(*DESK, edges=ROUTES), media=TEXT) as caller:
        assert await write(caller, "I need an appointment.") == "Gladly. When?"
        assert caller.of(Entered)[-1].nodes == ("book",)
        assert [line for line in caller.history if line[0] == "system"] == [
            ("system", "Find out what they want."),
            ("system", "Find a time with them."),
        ]
    choice, reply = scripted.chat.prompts
    assert f"A: {NONE}\nB: the caller wants to book\nC: the caller wants to cancel" in choice[0].text
    assert choice[1].text == "Caller: I need an appointment."
    assert (scripted.chat.asked[0].max_tokens, scripted.chat.asked[0].grammar) == (1, 'root ::= "A" | "B" | "C"')
    assert [line.text for line in reply][2:] == [
        "Find out what they want.",
        "I need an appointment.",
        "Find a time with them.",
    ]


async def test_none_of_them_stays_where_it_is() -> None:
    scripted = Scripted()
    scripted.chat.script = ["A", "We are."]
    async with calling(scripted, agent(*DESK, edges=ROUTES), media=TEXT) as caller:
        assert await write(caller, "You are the ones in Garden Street.") == "We are."
        assert caller.of(Entered)[1:] == []
        assert caller.of(State)[-1].snapshot.node == "desk"


async def test_what_the_options_are_is_read_before_the_caller_speaks() -> None:
    scripted = Scripted()
    scripted.chat.script = ["We open at nine.", "B", "When?"]
    async with calling(scripted, agent(*DESK, edges=ROUTES, greeting="Hello."), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await write(caller, "When do you open?")
        await caller.until(lambda: len(scripted.chat.prefills) >= 3)
        await write(caller, "Then I would like to come.")
    ahead = scripted.chat.prefills[-1]
    asked = [prompt for prompt in scripted.chat.prompts if NONE in prompt[0].text][-1]
    assert asked[0] == ahead[0]
    assert asked[1].text == f"{ahead[1].text} Then I would like to come."


async def test_a_form_reads_the_conversation_ahead_for_what_the_model_will_say_after_it() -> None:
    scripted = Scripted()
    async with calling(scripted, line(START, ASK_NAME, BYE), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await caller.until(lambda: scripted.chat.prefills)
    assert [(line.role, line.text) for line in scripted.chat.prefills[-1]][-1] == ("assistant", "What is your name?")


async def test_a_model_that_fails_at_judging_does_not_end_the_flow() -> None:
    scripted = Scripted()
    scripted.chat.script = [EngineError("Busy.", code="engine_busy"), "We open at nine."]
    async with calling(scripted, agent(*DESK, edges=ROUTES), media=TEXT) as caller:
        assert "nine" in await write(caller, "I wonder about Monday.")


async def test_the_prompt_only_grows_at_its_end_while_nodes_change() -> None:
    scripted = Scripted()
    scripted.chat.script = ["A", "Nine.", "B", "Gladly. When?", "Tuesday it is."]
    async with calling(scripted, agent(*DESK, edges=ROUTES), media=TEXT) as caller:
        for text in ("I wonder about Monday.", "I want to come.", "Tuesday."):
            await write(caller, text)
    replies = [prompt for prompt in scripted.chat.prompts if prompt[0].text == "You are A."]
    assert len(replies) == 3
    for before, after in zip(replies, replies[1:], strict=False):
        shared = [line for line, other in zip(before, after, strict=False) if line == other]
        assert len(shared) >= len(before) - 1


async def test_a_flow_of_200_nodes_costs_no_more_tokens_a_turn_than_one_of_10() -> None:
    def rooms(count: int) -> AgentSpec:
        nodes = tuple(GoalNode(f"n{number}", f"Talk about room {number} of the house.") for number in range(count))
        edges = tuple(
            Edge(f"n{number}", f"n{(number + step) % count}", "judged", label=f"the caller goes {way}")
            for number in range(count)
            for step, way in ((1, "upstairs"), (count - 1, "downstairs"))
        )
        return agent(*nodes, edges=edges)

    async def tokens(count: int) -> list[tuple[int, int]]:
        scripted = Scripted()
        engines = replace(scripted.engines(), chat=FakeChat(first_ms=0, token_ms=0, text="Fine then"))
        async with calling(scripted, rooms(count), media=TEXT, engines=engines) as caller:
            for text in ("I go upstairs", "Tell me more", "I go upstairs", "And now downstairs"):
                await write(caller, text)
            assert [entered.nodes for entered in caller.of(Entered)][1:] == [("n1",), ("n2",), ("n1",)]
            return [(timing.prompt_tokens, timing.prompt_tokens - timing.cached_tokens) for timing in caller.of(Timing)]

    assert await tokens(10) == await tokens(200)


async def test_a_global_node_answers_from_anywhere_and_goes_back_to_the_question() -> None:
    scripted = Scripted()
    spec = line(
        START,
        ASK_NAME,
        BYE,
        SayNode("hours", "We are open from nine to five."),
        globals=(Global("hours", "the caller asks for the opening hours"),),
    )
    spec = msgspec.structs.replace(
        spec, flow=msgspec.structs.replace(spec.flow, edges=(Edge("start", "name"), Edge("name", "bye")))
    )
    async with calling(scripted, spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        answer = await write(caller, "Tell me your opening hours.")
        assert answer == "We are open from nine to five. What is your name?"
        assert caller.of(State)[-1].snapshot.node == "name"


# --- tools ------------------------------------------------------------------------------------------

LOOKUP = CallNode("look", "slots", (("who", "{{name}}"),), "One moment.", (("time", "slots.0"),))
LOOKED = (
    LOOKUP,
    SayNode("offer", "How about {{time}}?", wait=True),
    SayNode("sorry", "Nothing is free."),
)
LOOKING = (
    Edge("start", "name"),
    Edge("name", "look"),
    Edge("look", "offer", "event", event="success"),
    Edge("look", "sorry", "event", event="failure"),
)
SLOTS = ToolSpec("slots", "Free slots")


def looking() -> AgentSpec:
    return agent(START, ASK_NAME, *LOOKED, edges=LOOKING, tools=(SLOTS,))


@pytest.mark.parametrize(
    ("ok", "said"),
    [(True, "One moment. How about ten?"), (False, "One moment. Nothing is free.")],
)
async def test_a_tool_of_the_flow_is_run_by_the_web_and_its_answer_leads_on(ok: bool, said: str) -> None:
    async with calling(Scripted(), looking(), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Text("Peter Hill"))
        await caller.until(lambda: caller.of(ToolCall))
        call = caller.of(ToolCall)[0]
        assert (call.name, json.loads(call.arguments), call.turn) == ("slots", {"who": "Peter Hill"}, 1)
        caller.conversation.hear(ToolResult(call.call, '{"slots":["ten"]}', ok))
        await caller.until(lambda: len(caller.of(ReplyDone)) == 2)
        assert caller.of(ReplyDone)[-1].text.startswith(said)


async def test_a_tool_waits_until_the_turn_is_decided() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Peter Hill."]
    async with calling(scripted, looking()) as caller:
        await caller.play_out(0)
        await caller.speak(640, pause=140)
        assert caller.of(ToolCall) == []
        await caller.speak(0, pause=1500)
        await caller.until(lambda: caller.of(ToolCall))
        assert caller.of(Heard)


async def test_a_tool_that_the_caller_spoke_over_is_not_run_twice() -> None:
    async with calling(Scripted(), looking(), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Text("Peter Hill"))
        await caller.until(lambda: caller.of(ToolCall))
        caller.conversation.hear(Text("Are you there?"))
        await caller.until(lambda: len(caller.of(Heard)) == 2)
        caller.conversation.hear(ToolResult(caller.of(ToolCall)[0].call, '{"slots":["ten"]}'))
        await caller.until(lambda: "ten" in caller.of(ReplyDone)[-1].text)
        assert len(caller.of(ToolCall)) == 1


async def test_what_a_tool_has_done_is_in_the_state_before_the_answer_is_heard() -> None:
    async with calling(Scripted(), looking(), media=Media()) as caller:
        await caller.play_out(0)
        caller.conversation.hear(Text("Peter Hill"))
        await caller.until(lambda: caller.of(ToolCall))
        caller.conversation.hear(ToolResult(caller.of(ToolCall)[0].call, '{"slots":["ten"]}'))
        await caller.until(lambda: [state for state in caller.of(State) if "time" in state.snapshot.variables])
        snapshot = next(state for state in caller.of(State) if "time" in state.snapshot.variables).snapshot
    json_safe = msgspec.json.decode(msgspec.json.encode(snapshot), type=ConversationState)
    async with calling(Scripted(), looking(), media=TEXT, state=json_safe) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ToolCall) == []
        assert caller.of(ReplyDone)[0].text.startswith("How about ten?")


async def test_a_goal_may_only_use_its_own_tools() -> None:
    scripted = Scripted()
    scripted.chat.script = ["A", ToolRequest("c1", "slots", "{}"), "I cannot look."]
    nodes = (GoalNode("talk", "Talk."), GoalNode("book", "Book.", ("slots",)))
    spec = agent(*nodes, edges=(Edge("talk", "book", "judged", label="they book"),), tools=(SLOTS,))
    async with calling(scripted, spec, media=TEXT) as caller:
        assert await write(caller, "I wonder.") == "I cannot look."
        assert caller.of(ToolCall) == []


# --- silence, keys, what is masked --------------------------------------------------------------------


async def test_silence_is_asked_about_and_ends_politely() -> None:
    spec = line(START, ASK_NAME, turns=TurnSpec(silence_prompt_ms=1))
    async with calling(Scripted(), spec) as caller:
        for turn in range(3):
            await caller.play_out(turn)
        await caller.until(lambda: len(caller.of(ReplyDone)) == 4)
        assert [done.turn for done in caller.of(ReplyDone)] == [0, 1, 2, 3]
        assert caller.of(ReplyDone)[1].text == "What is your name?"
        assert caller.of(ReplyDone)[-1].end == "silence"
        assert caller.of(Heard) == []


async def test_a_caller_who_speaks_is_not_silent() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Peter Hill."]
    spec = line(START, ASK_NAME, BYE, turns=TurnSpec(silence_prompt_ms=400))
    async with calling(scripted, spec) as caller:
        await caller.play_out(0)
        for _ in range(30):
            caller.conversation.hear(Audio(VOICE))
            await asyncio.sleep(0.02)
        await caller.speak(0, pause=1500)
        await caller.until(lambda: len(caller.of(ReplyDone)) == 2)
        assert caller.said(1) == "Thank you, Peter Hill. Goodbye."


async def test_an_agent_of_one_goal_waits_for_ever() -> None:
    async with calling(Scripted(), agent(GoalNode("goal", ""), greeting="Hello.")) as caller:
        await caller.play_out(0)
        assert caller.conversation._quiet._waiting is None


MENU = MenuNode(
    "menu",
    "Press one for sales or two for service.",
    (Choice("sales", "sales", key="1"), Choice("service", "service", key="2")),
)


async def test_one_key_is_a_whole_answer_where_one_is_asked_for() -> None:
    spec = agent(
        START,
        MENU,
        EndNode("sold", "Sales."),
        EndNode("served", "Service."),
        edges=(
            Edge("start", "menu"),
            Edge("menu", "sold", "event", event="choice:sales"),
            Edge("menu", "served", "event", event="choice:service"),
        ),
    )
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Dtmf("2"))
        await caller.until(lambda: len(caller.of(ReplyDone)) == 2)
        assert caller.of(Heard) == [Heard(1, "2", source="dtmf")]
        assert caller.of(ReplyDone)[-1].text == "Service."


CARD = CollectNode("card", Slot("card", "digits", "Your card number, please?", minimum=4, maximum=4, masked=True))
PAY = CallNode("pay", "pay", (("card", "{{card}}"),))


async def test_what_is_masked_is_nowhere_but_in_the_tool_call() -> None:
    scripted = Scripted()
    scripted.transcriber = Growing(script=["It is 4 3 2 1."], lines=["It is 4 3"])
    spec = line(START, CARD, PAY, SayNode("paid", "Paid."), GoalNode("more", "Ask."), tools=(ToolSpec("pay", "Pay"),))
    async with calling(scripted, spec) as caller:
        await caller.play_out(0)
        await caller.speak(960, pause=2000)
        await caller.until(lambda: caller.of(ToolCall))
        assert json.loads(caller.of(ToolCall)[0].arguments) == {"card": "4321"}
        caller.conversation.hear(ToolResult(caller.of(ToolCall)[0].call, "{}"))
        await caller.until(lambda: len(caller.of(ReplyDone)) == 2)
        assert caller.of(Heard)[0].text == "It is •••"
        told = [event for event in caller.events if not isinstance(event, ToolCall | ReplyAudio | Timing)]
        for event in told:
            text = msgspec.json.encode(event).decode()
            assert not any(digits in text for digits in ("4321", "4 3")), event
        assert any(partial.text for partial in caller.of(Partial))
    assert all("4" not in line.text for prompt in scripted.chat.prompts for line in prompt)


async def test_typed_keys_that_are_masked_are_not_kept_either() -> None:
    spec = line(START, CARD, PAY, SayNode("paid", "Paid."), tools=(ToolSpec("pay", "Pay"),))
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        for digit in "4321":
            caller.conversation.hear(Dtmf(digit))
        await caller.until(lambda: caller.of(ToolCall))
        assert json.loads(caller.of(ToolCall)[0].arguments) == {"card": "4321"}
        assert [heard.text for heard in caller.of(Heard)] == ["•••"]


# --- interruptions ----------------------------------------------------------------------------------


async def test_words_before_the_answer_was_heard_are_one_turn_with_those_before() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["My name is Peter.", "Hill, with two letters L."]
    spec = line(
        START, CollectNode("what", Slot("what", "text", "What is it about?")), SayNode("so", "{{what}}"), ASK_NAME
    )
    async with calling(scripted, spec) as caller:
        await caller.play_out(0)
        await caller.speak(640, pause=1000)
        await caller.until(lambda: caller.of(Heard))
        await caller.until(lambda: [audio for audio in caller.of(ReplyAudio) if audio.turn == 1])
        await caller.speak(1200, pause=0)
        await caller.until(lambda: caller.of(Interrupted))
        caller.conversation.hear(Playback(1, 0, done=True))
        await caller.speak(0, pause=1500)
        await caller.until(lambda: [done for done in caller.of(ReplyDone) if done.turn > 2])
        assert caller.of(Entered)[-1].variables["what"] == "My name is Peter. Hill, with two letters L"


async def test_an_interrupted_sentence_is_passed_over_and_the_answer_is_taken() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Peter Hill here, good morning."]
    text = "Welcome to the very long introduction of our house which nobody wants to hear to its end."
    spec = line(START, SayNode("long", text * 4), ASK_NAME, BYE)
    async with calling(scripted, spec) as caller:
        await caller.until(lambda: caller.of(ReplyAudio))
        await caller.speak(1200, pause=0)
        await caller.until(lambda: caller.of(Interrupted))
        caller.conversation.hear(Playback(0, 20 * SAMPLES_PER_LETTER, done=True))
        await caller.speak(0, pause=1500)
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone)[-1].text == "Thank you, Peter Hill. Goodbye."


async def test_what_the_caller_has_to_hear_is_not_interrupted() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Stop, please, I know all that.", "Peter Hill."]
    spec = line(START, SayNode("law", "This call is recorded by law.", interruptible=False), ASK_NAME, BYE)
    async with calling(scripted, spec) as caller:
        await caller.until(lambda: caller.of(ReplyAudio))
        await caller.speak(1200, pause=1500)
        assert caller.of(Interrupted) == []
        assert caller.of(Heard) == []
        await caller.play_out(0)
        await caller.speak(640, pause=1500)
        await caller.play_out(1)
        assert caller.said(1) == "Thank you, Peter Hill. Goodbye."


async def test_a_goodbye_that_was_interrupted_is_said_again() -> None:
    spec = line(START, ASK_NAME, EndNode("bye", "Thank you for calling our house, and goodbye to you."))
    scripted = Scripted()
    scripted.transcriber.script = ["Peter Hill.", "Wait, I have one more question."]
    async with calling(scripted, spec) as caller:
        await caller.play_out(0)
        await caller.speak(640, pause=1500)
        await caller.until(lambda: [done for done in caller.of(ReplyDone) if done.turn == 1])
        await caller.speak(1200, pause=0)
        await caller.until(lambda: caller.of(Interrupted))
        caller.conversation.hear(Playback(1, 10 * SAMPLES_PER_LETTER, done=True))
        await caller.speak(0, pause=1500)
        await caller.until(lambda: [done for done in caller.of(ReplyDone) if done.turn > 1])
        last = caller.of(ReplyDone)[-1]
        assert (bool(last.text), last.end) == (True, "completed")


# --- language, other agents, other workers ------------------------------------------------------------


async def test_the_language_node_changes_voice_and_language_for_good() -> None:
    scripted = Scripted()
    scripted.chat.script = ["Gern."]
    spec = line(START, LanguageNode("german", "de", "anna", "Guten Tag."), GoalNode("talk", "Help."))
    async with calling(scripted, spec) as caller:
        await caller.play_out(0)
        assert scripted.synthesizer.spoken == [("anna", "Guten Tag.")]
        caller.conversation.hear(Text("Bitte."))
        await caller.play_out(1)
        assert ("anna", "Gern.") in scripted.synthesizer.spoken
        snapshot = caller.of(State)[-1].snapshot
        assert (snapshot.language, snapshot.voice) == ("de", "anna")
    assert Message("system", "From now on speak German.") in scripted.chat.prompts[0]
    again = Scripted()
    async with calling(again, spec, state=snapshot) as caller:
        caller.conversation.hear(Text("Noch etwas."))
        await caller.until(lambda: caller.of(ReplyDone))
        assert {voice for voice, _ in again.synthesizer.spoken} == {"anna"}


OTHER = AgentSpec(
    agent="ag_other",
    version="v2",
    workspace="ws",
    name="B",
    instructions="You are B.",
    greeting="B speaking.",
    flow=FlowSpec("goal", (GoalNode("goal", ""),)),
)


def handing(history: str = "full") -> AgentSpec:
    return agent(
        START,
        ASK_NAME,
        HandoffNode("over", "ag_other", "I will put you through.", history),  # type: ignore[arg-type]
        SayNode("alone", "Nobody is there."),
        edges=(Edge("start", "name"), Edge("name", "over"), Edge("over", "alone", "event", event="failure")),
    )


@pytest.mark.parametrize(
    ("history", "said", "known"),
    [("full", "I will put you through. Hello from B.", True), ("none", "I will put you through. B speaking.", False)],
)
async def test_another_agent_goes_on(history: str, said: str, known: bool) -> None:
    scripted = Scripted()
    scripted.chat.script = ["Hello from B.", "Yes."] if known else ["Yes."]
    async with calling(scripted, handing(history), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Text("Peter Hill"))
        await caller.until(lambda: caller.of(ToolCall))
        call = caller.of(ToolCall)[0]
        assert (call.name, json.loads(call.arguments)) == ("parley.agent", {"agent": "ag_other", "history": history})
        caller.conversation.hear(ToolResult(call.call, encode_spec(OTHER).decode()))
        await caller.until(lambda: len(caller.of(ReplyDone)) == 2)
        assert caller.of(ReplyDone)[-1].text == said
        await write(caller, "Are you B?")
        snapshot = caller.of(State)[-1].snapshot
        assert (snapshot.agent, snapshot.node, snapshot.variables["name"]) == ("ag_other", "goal", "Peter Hill")
    last = scripted.chat.prompts[-1]
    assert last[0].text == "You are B."
    assert ("Peter Hill" in " ".join(line.text for line in last)) is known


async def test_an_agent_that_is_not_there_is_a_failure_of_the_node() -> None:
    async with calling(Scripted(), handing(), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Text("Peter Hill"))
        await caller.until(lambda: caller.of(ToolCall))
        caller.conversation.hear(ToolResult(caller.of(ToolCall)[0].call, '{"not":"a spec"}'))
        await caller.until(lambda: len(caller.of(ReplyDone)) == 2)
        assert caller.of(ReplyDone)[-1].text.startswith("I will put you through. Nobody is there.")


async def test_a_leg_that_goes_on_after_a_hand_off_asks_for_the_other_agent() -> None:
    scripted = Scripted()
    state = ConversationState(
        "goal", history=(Message("assistant", "B speaking."),), turn=2, greeted=True, agent="ag_other"
    )
    conversation = calling(scripted, handing(), media=TEXT, state=state)
    async with conversation as caller:
        await caller.until(lambda: caller.of(ToolCall))
        caller.conversation.hear(ToolResult(caller.of(ToolCall)[0].call, encode_spec(OTHER).decode()))
        await write(caller, "Still there?")
    assert scripted.chat.prompts[-1][0].text == "You are B."


async def test_a_conversation_goes_on_where_another_worker_left_it() -> None:
    spec = line(
        START, ASK_NAME, CollectNode("when", Slot("when", "date", "Which day?")), EndNode("bye", "{{name}}, fine.")
    )
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert await write(caller, "Peter Hill") == "Which day?"
        encoded = msgspec.json.encode(caller.of(State)[-1].snapshot)
    state = msgspec.json.decode(encoded, type=ConversationState)
    async with calling(Scripted(), spec, media=TEXT, state=state) as caller:
        assert await write(caller, "the 24th of December 2030") == "Peter Hill, fine."


async def test_a_flow_that_ended_begins_anew_in_the_next_leg() -> None:
    spec = line(START, ASK_NAME, BYE)
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await write(caller, "Peter Hill")
        state = caller.of(State)[-1].snapshot
        assert state.flow.ended
    async with calling(Scripted(), spec, media=TEXT, state=state) as caller:
        assert await write(caller, "Mary Jones") == "Thank you, Mary Jones. Goodbye."


# --- failures ---------------------------------------------------------------------------------------


async def test_a_voice_that_fails_keeps_the_place() -> None:
    scripted = Scripted()
    async with calling(scripted, line(START, ASK_NAME, BYE)) as caller:
        await caller.play_out(0)
        scripted.synthesizer.failing = True
        caller.conversation.hear(Text("Peter Hill"))
        await caller.until(lambda: caller.of(Failed))
        assert "voice_failed" in [failed.code for failed in caller.of(Failed)] or caller.of(ReplyText)
