"""A person takes over, talks, and gives back: scripted engines, no model, no clock."""

from __future__ import annotations

import asyncio
import json

import msgspec
import pytest

from inference.events import (
    HUMAN,
    Audio,
    Control,
    ConversationState,
    Dtmf,
    Entered,
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
    ToolCall,
)
from inference.flow.state import FlowState
from inference.nodes import (
    CollectNode,
    Edge,
    EndNode,
    FormNode,
    GoalNode,
    SayNode,
    Slot,
    StartNode,
    TransferNode,
)
from inference.ownership import HANDED_BACK, TAKEN_OVER
from tests.inference.test_conversation import GREETING, QUIET, VOICE, Caller, Unsure, calling, greeting_spec
from tests.inference.test_walk import agent, line, soon, write
from tests.support.engines import Scripted, ScriptedChat

TEXT = Media("text")
TAKE = Control("owner", "human")
GIVE = Control("owner", "ai")
FORM = FormNode(
    "booking",
    (
        Slot("day", "date", "Which day suits you?", minimum=0, maximum=400),
        Slot("time", "time", "At what time?", minimum=8, maximum=18),
        Slot("name", "name", "What is your name?"),
        Slot("phone", "phone", "And your phone number?"),
    ),
)
BYE = EndNode("bye", "Thank you, {{name}}. Goodbye.")
BOOKING = line(StartNode("start"), FORM, BYE)


def owner(caller: Caller) -> str:
    return caller.of(State)[-1].snapshot.owner


def lines(caller: Caller) -> list[tuple[str, str]]:
    """What was said aloud, by whom."""
    states = caller.of(State)
    history = states[-1].snapshot.history if states else ()
    return [("human" if line.name == HUMAN else line.role, line.text) for line in history if line.role != "system"]


async def take(caller: Caller) -> None:
    caller.conversation.hear(TAKE)
    await caller.until(lambda: caller.of(State) and TAKEN_OVER in caller.of(State)[-1].snapshot.history)


async def tell(caller: Caller, text: str) -> None:
    caller.conversation.hear(Control("told", text))
    await caller.until(lambda: lines(caller)[-1:] == [("human", text)])


async def say(caller: Caller, text: str) -> None:
    """The caller types to a person."""
    caller.conversation.hear(Text(text))
    await caller.until(lambda: lines(caller)[-1:] == [("user", text)])


async def give(caller: Caller, node: str = "") -> str:
    """What the agent says by itself when it gets the conversation back."""
    done = len(caller.of(ReplyDone))
    caller.conversation.hear(Control("owner", "ai", node))
    await caller.until(lambda: len(caller.of(ReplyDone)) > done)
    assert owner(caller) == "ai"
    return caller.of(ReplyDone)[-1].text


# --- taking over --------------------------------------------------------------------------------------


async def test_a_person_takes_over_in_the_middle_of_a_reply() -> None:
    async with calling(Scripted(), greeting_spec()) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Playback(0, 2500))
        caller.conversation.hear(TAKE)
        await caller.until(lambda: caller.of(Interrupted))
        await caller.until(lambda: owner(caller) == "human")
        assert caller.of(State)[-1].snapshot.history == ()  # told at once, before the player has answered
        caller.conversation.hear(Playback(0, 3000, done=True))
        await caller.until(lambda: TAKEN_OVER in caller.of(State)[-1].snapshot.history)
        assert [line.text for line in caller.of(State)[-1].snapshot.history] == ["Hello", TAKEN_OVER.text]


async def test_the_agent_is_silent_and_the_record_goes_on() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Hello, is anybody there?", "Yes."]
    async with calling(scripted, BOOKING) as caller:
        await caller.play_out(0)
        await take(caller)
        await caller.speak(640)
        await caller.until(lambda: caller.of(Heard))
        await tell(caller, "This is Tom, I am here now.")
        await caller.speak(640)
        await caller.until(lambda: len(caller.of(Heard)) > 1)
        assert [partial.text for partial in caller.of(Partial) if partial.text][-1] == "Yes."
        await caller.until(lambda: lines(caller)[-1] == ("user", "Yes."))
        assert lines(caller)[1:] == [
            ("user", "Hello, is anybody there?"),
            ("human", "This is Tom, I am here now."),
            ("user", "Yes."),
        ]
        assert [done.turn for done in caller.of(ReplyDone)] == [0]
    assert scripted.chat.prompts == []


async def test_keys_that_a_person_asked_for_are_heard_as_one_answer() -> None:
    async with calling(Scripted(), BOOKING) as caller:
        await caller.play_out(0)
        await take(caller)
        for digit in "42#":
            caller.conversation.hear(Dtmf(digit))
        await caller.until(lambda: caller.of(Heard))
        assert caller.of(Heard)[-1].text == "42#"
        assert caller.of(Heard)[-1].source == "dtmf"
        await caller.until(lambda: lines(caller)[-1] == ("user", "42#"))


async def test_what_was_begun_for_the_agent_is_dropped() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When do you open?"]
    scripted.chat.script = ["At nine."]
    async with calling(scripted) as caller:
        await caller.speak(640, pause=140)
        await caller.until(lambda: scripted.chat.closed)  # an early answer waits behind its gate
        caller.conversation.hear(TAKE)
        await caller.speak(0, pause=600)
        await caller.until(lambda: caller.of(Heard))
        await caller.until(lambda: lines(caller) == [("user", "When do you open?")])
        assert caller.of(ReplyText) == []


async def test_noise_after_the_cut_does_not_bring_the_reply_back() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["", ""]
    async with calling(scripted, greeting_spec()) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        caller.conversation.hear(Playback(0, 3000, done=True))
        await caller.speak(640)
        await caller.until(lambda: Partial("", 1) in caller.of(Partial))
        await asyncio.sleep(0.01)
        assert [done.turn for done in caller.of(ReplyDone)] == [0]


async def test_the_second_to_press_changes_nothing_and_is_told() -> None:
    async with calling(Scripted(), BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        told = len(caller.of(State))
        caller.conversation.hear(TAKE)
        await caller.until(lambda: len(caller.of(State)) > told)
        marks = [line for line in caller.of(State)[-1].snapshot.history if line == TAKEN_OVER]
        assert (owner(caller), len(marks)) == ("human", 1)


async def test_a_sentence_in_the_agents_voice_is_cut_by_the_caller_like_any_other() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["No, wait a moment please."]
    async with calling(scripted, BOOKING) as caller:
        await caller.play_out(0)
        await take(caller)
        caller.conversation.hear(Control("say", "One moment, I look."))
        await caller.until(lambda: len(caller.of(ReplyDone)) > 1)
        turn = caller.of(ReplyDone)[-1].turn
        caller.conversation.hear(Playback(turn, 3 * 480 + 10))
        await caller.speak(1200)
        caller.conversation.hear(Playback(turn, 3 * 480 + 10, done=True))
        await caller.until(lambda: lines(caller)[-1][0] == "user")
        assert lines(caller)[1:] == [("assistant", "One"), ("user", "No, wait a moment please.")]


async def test_a_sentence_of_an_operator_leaves_the_flow_where_it_was() -> None:
    async with calling(Scripted(), BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Control("say", "We close at six today."))
        await caller.until(lambda: len(caller.of(ReplyDone)) > 1)
        assert caller.of(ReplyDone)[-1].text == "We close at six today."
        assert await write(caller, "On Friday") == "At what time?"
        assert lines(caller)[1] == ("assistant", "We close at six today.")


async def test_no_silence_is_counted_while_a_person_talks() -> None:
    async with calling(Scripted(), BOOKING) as caller:
        await caller.play_out(0)
        assert caller.conversation._quiet._waiting is not None
        await take(caller)
        assert caller.conversation._quiet._waiting is None
        caller.conversation.hear(Control("say", "One moment."))
        await caller.play_out(caller.of(State)[-1].turn + 1)
        assert caller.conversation._quiet._waiting is None


# --- hold ---------------------------------------------------------------------------------------------


async def test_on_hold_nobody_listens_until_it_is_over() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Tuesday."]
    async with calling(scripted, BOOKING) as caller:
        await caller.play_out(0)
        caller.conversation.hear(Control("hold"))
        await caller.speak(640)
        assert caller.of(Heard) == []
        caller.conversation.hear(Control("resume"))
        await caller.speak(640)
        await caller.until(lambda: len(caller.of(ReplyDone)) > 1)
        assert [heard.text for heard in caller.of(Heard)] == ["Tuesday."]


# --- giving back --------------------------------------------------------------------------------------


async def test_the_agent_goes_on_with_what_is_missing_and_asks_for_nothing_that_was_said() -> None:
    scripted = Scripted()
    async with calling(scripted, BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert await write(caller, "On Friday, please.") == "At what time?"
        await take(caller)
        await say(caller, "It depends, can I talk to somebody?")
        await tell(caller, "I am Tom. Is half past ten fine? And what is your name?")
        await say(caller, "Yes, that works. My name is Ada Stone.")
        assert await give(caller) == "And your phone number?"
        known = caller.of(State)[-1].snapshot
        assert {name: known.flow.trying and known.flow.trying.values.get(name) for name in ("time", "name")} == {
            "time": "10:30",
            "name": "Ada Stone",
        }
        await write(caller, "07700 900123")
        assert await write(caller, "Yes.") == "Thank you, Ada Stone. Goodbye."
    assert scripted.chat.prompts == []  # rules knew it all


async def test_at_another_node_what_is_known_is_passed() -> None:
    ask_name = CollectNode("name", Slot("name", "name", "What is your name?"))
    ask_day = CollectNode("day", Slot("day", "date", "Which day?", minimum=0, maximum=400))
    ask_age = CollectNode("age", Slot("age", "number", "How old are you?"))
    spec = line(StartNode("start"), ask_name, ask_day, ask_age, BYE)
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert await write(caller, "Ada Stone") == "Which day?"
        await take(caller)
        await tell(caller, "Shall we say next Friday?")
        await say(caller, "Yes.")
        assert await give(caller, "name") == "How old are you?"
        assert caller.of(Entered)[-1].nodes == ("name", "day", "age")
        assert set(caller.of(Entered)[-1].variables) == {"name", "day"}


async def test_an_unknown_node_is_where_it_stands() -> None:
    async with calling(Scripted(), BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        assert await give(caller, "no_such_node") == "Which day suits you?"


async def test_what_is_masked_is_asked_by_the_agent_itself() -> None:
    card = CollectNode("card", Slot("card", "digits", "Your card number?", minimum=4, maximum=4, masked=True))
    spec = line(
        StartNode("start"), CollectNode("name", Slot("name", "name", "Your name?")), card, EndNode("bye", "Bye.")
    )
    async with calling(Scripted(), spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        await tell(caller, "And your name?")
        await say(caller, "Ada Stone")
        await tell(caller, "Your card number?")
        await say(caller, "4321")
        assert await give(caller) == "Your card number?"
        assert "card" not in caller.of(State)[-1].snapshot.variables


async def test_the_model_is_asked_once_for_what_no_rule_reads() -> None:
    wish = CollectNode("wish", Slot("wish", "text", "What do you wish for?"))
    scripted = Scripted(chat=ScriptedChat(script=[json.dumps({"wish": "a crown of gold"})]))
    async with calling(scripted, line(StartNode("start"), wish, FORM, BYE), media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        await tell(caller, "So, how may we help?")
        await say(caller, "I had a crown of gold in mind.")
        assert await give(caller) == "Which day suits you?"
        assert len(scripted.chat.prompts) == 1
        assert caller.of(State)[-1].snapshot.variables["wish"] == "a crown of gold"


@pytest.mark.parametrize("broken", ["not json", "{}"])
async def test_a_model_that_finds_nothing_costs_nothing_but_a_question(broken: str) -> None:
    scripted = Scripted(chat=ScriptedChat(script=[broken]))
    async with calling(scripted, BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        await tell(caller, "Hello.")
        await say(caller, "I am calling about a tooth of mine")
        assert await give(caller) == "Which day suits you?"


async def test_at_a_goal_the_last_words_that_nobody_answered_are_answered() -> None:
    spec = agent(
        StartNode("start"), GoalNode("talk", "Help."), FORM, BYE,
        edges=(Edge("start", "talk"), Edge("talk", "booking", "judged", label="wants to make an appointment"),
               Edge("booking", "bye")),
    )  # fmt: skip
    scripted = Scripted(chat=ScriptedChat(script=["B"]))
    async with calling(scripted, spec, media=TEXT) as caller:
        await take(caller)
        await tell(caller, "What can I do for you?")
        await say(caller, "I want an appointment, please.")
        assert await give(caller) == "Which day suits you?"
        assert lines(caller)[-2:] == [("user", "I want an appointment, please."), ("assistant", "Which day suits you?")]
        assert [heard.text for heard in caller.of(Heard)] == ["I want an appointment, please."]


async def test_at_a_goal_the_agent_speaks_first_where_nothing_waits_for_an_answer() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["How else can I help?"]))
    async with calling(scripted, media=TEXT) as caller:
        await take(caller)
        await tell(caller, "It costs ten euros. I give you back to our assistant.")
        await say(caller, "Okay, thanks.")
        assert await give(caller) == "How else can I help?"
        assert [line.text for line in scripted.chat.prompts[-1][-4:]] == [
            TAKEN_OVER.text,
            "It costs ten euros. I give you back to our assistant.",
            "Okay, thanks.",
            HANDED_BACK.text,
        ]


async def test_a_question_that_waits_is_answered_before_the_flow_asks_again() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["{}", "Yes, behind the house."]))
    async with calling(scripted, BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        await say(caller, "Do you have parking?")
        assert await give(caller) == "Yes, behind the house. Which day suits you?"


async def test_the_take_back_sentence_is_said_to_its_end_first() -> None:
    async with calling(Scripted(), BOOKING) as caller:
        await caller.play_out(0)
        await take(caller)
        caller.conversation.hear(Control("say", "I give you back."))
        caller.conversation.hear(GIVE)
        await caller.until(lambda: len(caller.of(ReplyDone)) > 1)
        assert owner(caller) == "ai"
        turn = caller.of(ReplyDone)[-1].turn
        await asyncio.sleep(0.01)
        assert len(caller.of(ReplyDone)) == 2
        await caller.play_out(turn)
        await caller.play_out(turn + 1)
        assert lines(caller)[1:] == [("assistant", "I give you back."), ("assistant", "Which day suits you?")]


async def test_given_back_while_the_caller_speaks_the_agent_waits_and_knows_what_they_said() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["Next Friday at ten would be good."]
    async with calling(scripted, BOOKING) as caller:
        await caller.play_out(0)
        await take(caller)
        await tell(caller, "When would you like to come?")
        await caller.speak(640, pause=0)
        caller.conversation.hear(GIVE)
        await soon(lambda: owner(caller) == "ai")
        for _ in range(50):
            await asyncio.sleep(0)
        assert len(caller.of(ReplyDone)) == 1
        await caller.speak(200, pause=600)
        await caller.until(lambda: len(caller.of(ReplyDone)) > 1)
        assert caller.of(ReplyDone)[-1].text == "What is your name?"


async def test_taken_over_again_before_the_agent_has_found_back() -> None:
    scripted = Scripted()
    scripted.chat.wait = asyncio.Event()
    async with calling(scripted, BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        await tell(caller, "And you are?")
        await say(caller, "Somebody who has called before")
        caller.conversation.hear(GIVE)
        await soon(lambda: scripted.chat.prompts)
        caller.conversation.hear(TAKE)
        await soon(lambda: owner(caller) == "human")
        scripted.chat.wait.set()
        await tell(caller, "Sorry, one more thing.")
        assert len(caller.of(ReplyDone)) == 1
        assert [line for line in caller.of(State)[-1].snapshot.history if line == TAKEN_OVER] == [TAKEN_OVER]
        await say(caller, "Sure.")
        assert await give(caller) == "Which day suits you?"


async def test_given_back_twice_the_agent_speaks_once() -> None:
    async with calling(Scripted(), BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        caller.conversation.hear(GIVE)
        assert await give(caller) == "Which day suits you?"
        await asyncio.sleep(0.01)
        assert len(caller.of(ReplyDone)) == 2


async def test_where_the_flow_had_handed_over_to_a_person_it_begins_anew_with_what_it_knows() -> None:
    transfer = TransferNode("person", "front desk", "I connect you.")
    spec = line(StartNode("start"), CollectNode("name", Slot("name", "name", "Your name?")), transfer)
    ended = ConversationState(
        "person", greeted=True, owner="human", turn=3,
        flow=FlowState("person", stage="finish:transferred", variables={"name": "Ada"}, turns=2, ended=True),
    )  # fmt: skip
    async with calling(Scripted(), spec, media=TEXT, state=ended) as caller:
        caller.conversation.hear(GIVE)
        await caller.until(lambda: caller.of(ToolCall))  # the name is known: on to where that leads
        assert caller.of(ToolCall)[-1].name == "parley.transfer"


# --- on another worker ----------------------------------------------------------------------------------


async def test_another_worker_goes_on_in_silence_and_gives_back_with_what_was_said_before() -> None:
    async with calling(Scripted(), BOOKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await take(caller)
        await tell(caller, "Is next Friday at ten fine?")
        await say(caller, "Yes, perfect.")
        stored = msgspec.json.decode(msgspec.json.encode(caller.of(State)[-1].snapshot), type=ConversationState)
    async with calling(Scripted(), BOOKING, state=stored) as caller:
        await caller.speak(640)
        await asyncio.sleep(0.01)
        assert caller.of(ReplyAudio) == []
        assert await give(caller) == "What is your name?"


async def test_given_back_while_no_worker_had_it_the_next_one_goes_on_by_itself() -> None:
    said = (Message("assistant", "Which day suits you?"), Message("assistant", "Next Friday at ten?", HUMAN),
            Message("user", "Yes."))  # fmt: skip
    flow = FlowState("booking", stage="listen", turns=1, spoke=True)
    written = ConversationState("booking", history=said, greeted=True, owner="human", flow=flow, turn=2)
    async with calling(Scripted(), BOOKING, media=TEXT, state=written) as caller:
        await say(caller, "And what do I have to bring along?")
        taken = caller.of(State)[-1].snapshot
        assert [line.text for line in taken.history][:3] == [said[0].text, TAKEN_OVER.text, said[1].text]
    given = msgspec.structs.replace(taken, owner="ai", history=taken.history[:-1])
    async with calling(Scripted(), BOOKING, media=TEXT, state=given) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone)[0].text == "What is your name?"


async def test_a_call_that_begins_with_a_person_is_not_greeted() -> None:
    begun = ConversationState(owner="human")
    async with calling(Scripted(), greeting_spec(), state=begun) as caller:
        caller.conversation.hear(Audio(VOICE))
        caller.conversation.hear(Audio(QUIET))
        await asyncio.sleep(0.01)
        assert caller.of(ReplyText) == []
        assert GREETING not in [text for _, text in lines(caller)] if caller.of(State) else True


# --- turns that were of no use ----------------------------------------------------------------------------


async def test_turns_of_no_use_are_counted_until_one_is_understood() -> None:
    ask = CollectNode("age", Slot("age", "number", "How old are you?", attempts=5))
    async with calling(
        Scripted(), line(StartNode("start"), ask, SayNode("on", "Good.", wait=True)), media=TEXT
    ) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        counted = []
        for words in ("Blue", "Green", "Forty"):
            await write(caller, words)
            counted.append(caller.of(State)[-1].snapshot.misses)
        assert counted == [1, 2, 0]


async def test_a_person_who_takes_over_ends_the_count() -> None:
    state = ConversationState(misses=3, greeted=True)
    async with calling(Scripted(), BOOKING, media=TEXT, state=state) as caller:
        await take(caller)
        assert caller.of(State)[-1].snapshot.misses == 0


async def test_words_that_are_hardly_understood_count_too() -> None:
    scripted = Scripted()
    scripted.transcriber = Unsure(script=["I would like to see somebody about it."])
    async with calling(scripted) as caller:
        await caller.speak(640)
        await caller.play_out(1)
        assert caller.of(State)[-1].snapshot.misses == 1
