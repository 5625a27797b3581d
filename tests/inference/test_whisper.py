"""An operator's instruction: where the model talks, where the flow does, and when the two meet."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from inference.events import Control, ConversationState, Interrupted, Media, Message, Playback, ReplyDone, State, Text
from inference.nodes import CollectNode, Edge, EndNode, GoalNode, SayNode, Slot, StartNode
from inference.whisper import addressed, can_be_said, first_sentence, request
from tests.inference.test_conversation import Caller, calling
from tests.inference.test_walk import agent, line, soon, write
from tests.support.engines import Scripted, ScriptedChat

TEXT = Media("text")
WORDS = "Offer ten percent off"
SAID = "We can offer you ten percent off."
MANNERS = "Be very formal"
ASKING = line(
    StartNode("start"),
    CollectNode("name", Slot("name", "name", "What is your name?")),
    CollectNode("age", Slot("age", "number", "How old are you?")),
    EndNode("bye", "Goodbye."),
)


def to_follow(caller: Caller) -> tuple[tuple[str, ...], int]:
    snapshot = caller.of(State)[-1].snapshot
    return snapshot.instructions, snapshot.unfollowed


async def instruct(caller: Caller, text: str = WORDS) -> None:
    known = len(caller.of(State))
    caller.conversation.hear(Control("instruct", text))
    await caller.until(lambda: len(caller.of(State)) > known)


# --- where the model talks --------------------------------------------------------------------------------


async def test_the_next_answer_ends_with_it_and_nothing_is_read_again() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["At nine.", SAID, "Closed.", "Goodbye."]))
    async with calling(scripted, media=TEXT) as caller:
        await write(caller, "When do you open?")
        await instruct(caller)
        assert to_follow(caller) == ((WORDS,), 1)
        assert await write(caller, "And on Sunday?") == f"Closed. {SAID}"
        assert to_follow(caller) == ((WORDS,), 0)
        await write(caller, "Thanks.")
    first, asked, second, third = scripted.chat.prompts
    assert asked == request(WORDS)
    assert second == [*first, Message("assistant", "At nine."), Message("user", "And on Sunday?")]
    assert third == [*second, Message("assistant", f"Closed. {SAID}"), Message("user", "Thanks.")]


async def test_how_to_talk_stands_behind_the_callers_words_from_then_on() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["At nine.", "Closed.", "Goodbye."]))
    async with calling(scripted, media=TEXT) as caller:
        await write(caller, "When do you open?")
        await instruct(caller, MANNERS)
        await write(caller, "And on Sunday?")
        assert to_follow(caller) == ((MANNERS,), 0)
        await write(caller, "Thanks.")
    first, second, third = scripted.chat.prompts
    assert second == [*first, Message("assistant", "At nine."), Message("user", "And on Sunday? [Be very formal.]")]
    assert third == [*second, Message("assistant", "Closed."), Message("user", "Thanks.")]


async def test_spoken_an_early_answer_without_it_is_dropped() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When do you open?"]
    scripted.chat.script = ["At nine.", "At nine o'clock."]
    async with calling(scripted) as caller:
        await caller.speak(640, pause=140)
        await caller.until(lambda: scripted.chat.closed)
        await instruct(caller, MANNERS)
        await caller.speak(0, pause=600)
        await caller.play_out(1)
        assert caller.said(1) == "At nine o'clock."
        assert to_follow(caller) == ((MANNERS,), 0)
    assert scripted.chat.prompts[1][-1].text == "When do you open? [Be very formal.]"


async def test_in_the_middle_of_an_answer_it_is_said_at_its_end() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["One two three four five.", SAID]))
    scripted.chat.hold = asyncio.Event()
    async with calling(scripted, media=TEXT) as caller:
        caller.conversation.hear(Text("Hello?"))
        await soon(lambda: scripted.chat.prompts)
        await instruct(caller)
        scripted.chat.hold.set()
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone)[-1].text == f"One two three four five. {SAID}"


async def test_an_answer_that_was_cut_before_it_was_heard_has_not_followed_it() -> None:
    scripted = Scripted()
    scripted.transcriber.script = ["When do you open?", "No, I mean on Sunday."]
    scripted.chat.script = [SAID, "At nine.", "Closed."]
    async with calling(scripted) as caller:
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        await caller.speak(640)
        await caller.until(lambda: caller.of(ReplyDone))
        caller.conversation.hear(Playback(1, 500))
        await caller.speak(1200)
        await caller.until(lambda: caller.of(Interrupted))
        caller.conversation.hear(Playback(1, 500, done=True))
        await caller.until(lambda: len(caller.of(ReplyDone)) > 1)
        await caller.play_out(caller.of(ReplyDone)[-1].turn)
        assert to_follow(caller) == ((WORDS,), 0)
        assert [done.text for done in caller.of(ReplyDone)] == [f"At nine. {SAID}", f"Closed. {SAID}"]


async def test_several_are_followed_together_and_only_the_newest_are_kept() -> None:
    scripted = Scripted()
    async with calling(scripted, media=TEXT) as caller:
        for number in range(10):
            await instruct(caller, f"Be {number}.")
        assert to_follow(caller) == (tuple(f"Be {number}." for number in range(2, 10)), 8)
        await write(caller, "Hello?")
        assert to_follow(caller)[1] == 0
    assert scripted.chat.prompts[0][-1].text.startswith("Hello? [Be 2. Be 3.")


async def test_what_to_say_and_how_go_together() -> None:
    scripted = Scripted(chat=ScriptedChat(script=[SAID, "Hello."]))
    async with calling(scripted, media=TEXT) as caller:
        await instruct(caller, MANNERS)
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        assert await write(caller, "Hello?") == f"Hello. {SAID}"
        assert to_follow(caller) == ((MANNERS, WORDS), 0)
    assert scripted.chat.prompts[-1][-1].text == "Hello? [Be very formal.]"


async def test_another_worker_follows_it() -> None:
    async with calling(Scripted(), media=TEXT) as caller:
        await instruct(caller)
        stored = msgspec.json.decode(msgspec.json.encode(caller.of(State)[-1].snapshot), type=ConversationState)
    scripted = Scripted(chat=ScriptedChat(script=["Hello.", SAID]))
    async with calling(scripted, media=TEXT, state=stored) as caller:
        assert await write(caller, "Hello?") == f"Hello. {SAID}"
        assert to_follow(caller) == ((WORDS,), 0)


async def test_what_the_model_cannot_put_into_words_is_left_to_its_next_answer() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["", "Hello."]))
    async with calling(scripted, media=TEXT) as caller:
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        await asyncio.sleep(0)
        assert await write(caller, "Hello?") == "Hello."
        assert to_follow(caller) == ((WORDS,), 0)
    assert scripted.chat.prompts[-1][-1].text == f"Hello? [{WORDS}.]"


async def test_an_aside_of_the_flow_follows_it_too() -> None:
    scripted = Scripted(chat=ScriptedChat(script=[SAID, SAID, "Next to the church."]))
    async with calling(scripted, ASKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        await instruct(caller, MANNERS)
        await soon(lambda: scripted.chat.closed > 1)
        assert await write(caller, "Where are you?") == f"Next to the church. {SAID} What is your name?"
        assert to_follow(caller) == ((WORDS, MANNERS), 0)
    assert scripted.chat.prompts[-1][-1].text.endswith("Be very formal.")


# --- where the flow talks -----------------------------------------------------------------------------------


async def test_a_sentence_of_its_own_is_written_ahead_and_said_before_the_next_question_once() -> None:
    scripted = Scripted(chat=ScriptedChat(script=['"We give you ten percent off today." And more.']))
    async with calling(scripted, ASKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        await asyncio.sleep(0)
        assert await write(caller, "Ada Stone") == "We give you ten percent off today. How old are you?"
        assert to_follow(caller) == ((WORDS,), 0)
        assert await write(caller, "Forty") == "Goodbye."
    assert scripted.chat.prompts == [request(WORDS)]


async def test_spoken_a_sentence_that_comes_late_is_said_behind_the_question() -> None:
    scripted = Scripted(chat=ScriptedChat(script=["Ten percent off for you."]))
    scripted.transcriber.script = ["Ada Stone."]
    scripted.chat.wait = asyncio.Event()
    async with calling(scripted, ASKING) as caller:
        await caller.play_out(0)
        await instruct(caller)
        await caller.speak(640)
        await caller.until(lambda: caller.said(1) == "How old are you?")
        scripted.chat.wait.set()
        await caller.play_out(1)
        assert caller.of(ReplyDone)[-1].text == "How old are you? Ten percent off for you."
        assert to_follow(caller) == ((WORDS,), 0)


async def test_how_to_talk_is_no_sentence_and_waits_for_the_model() -> None:
    spec = agent(
        StartNode("start"),
        CollectNode("name", Slot("name", "name", "What is your name?")),
        SayNode("hello", "Welcome.", wait=False),
        GoalNode("talk", "Help."),
        edges=(Edge("start", "name"), Edge("name", "hello"), Edge("hello", "talk")),
    )
    scripted = Scripted()
    async with calling(scripted, spec, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await instruct(caller, "Don't mention prices.")
        assert await write(caller, "Ada Stone") == "Welcome."
        assert scripted.chat.prompts == []
        assert to_follow(caller) == (("Don't mention prices.",), 1)
        await write(caller, "What does it cost?")
        assert to_follow(caller) == (("Don't mention prices.",), 0)
    assert "Don't mention prices." in scripted.chat.prompts[0][-1].text


async def test_a_model_that_writes_nothing_is_not_asked_again_for_a_sentence() -> None:
    scripted = Scripted(chat=ScriptedChat(script=[""]))
    async with calling(scripted, ASKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        assert await write(caller, "Ada Stone") == "How old are you?"
        assert await write(caller, "Forty") == "Goodbye."
        assert to_follow(caller) == ((WORDS,), 1)
    assert len(scripted.chat.prompts) == 1


async def test_while_a_person_talks_it_is_kept_for_later() -> None:
    scripted = Scripted(chat=ScriptedChat(script=[SAID, "Hello again."]))
    async with calling(scripted, media=TEXT) as caller:
        caller.conversation.hear(Control("owner", "human"))
        await instruct(caller)
        await soon(lambda: scripted.chat.closed)
        caller.conversation.hear(Control("owner", "ai"))
        await caller.until(lambda: caller.of(ReplyDone))
        assert caller.of(ReplyDone)[-1].text == f"Hello again. {SAID}"


@pytest.mark.parametrize(
    ("text", "sayable"),
    [
        ("Offer ten percent off", True),
        ("tell her we have parking", True),
        ("Don't mention prices", False),
        ("please be friendlier", False),
        ("Speak slower", False),
        ("never promise a refund", False),
        ("We are open on Sunday", True),
        ("If she asks for the price, offer ten percent off", False),
        ("", False),
    ],
)
def test_what_can_be_said(text: str, sayable: bool) -> None:
    assert can_be_said(text) is sayable


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('"We can offer you ten percent off."', "We can offer you ten percent off."),
        ("Good news! There is more.", "Good news!"),
        ("Ten percent\noff", "Ten percent off"),
        ("It costs 4.50 euros. Yes.", "It costs 4.50 euros."),
        ("  ", ""),
    ],
)
def test_one_sentence_is_taken(text: str, sentence: str) -> None:
    assert first_sentence(text) == sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask whether she is in pain", "ask whether you is in pain"),
        ("we can call her back", "we can call you back"),
        ("confirm her address", "confirm your address"),
        ("tell the caller that their order is late", "tell you that your order is late"),
        ("I can see them at five", "I can see you at five"),
        ("say that Doctor Patel is ill, she is back on Monday", "say that Doctor Patel is ill, she is back on Monday"),
        ("there is nothing", "there is nothing"),
    ],
)
def test_the_caller_is_addressed(text: str, expected: str) -> None:
    assert addressed(text) == expected


async def test_an_empty_instruction_is_none() -> None:
    async with calling(Scripted(), media=TEXT) as caller:
        caller.conversation.hear(Control("instruct", "  "))
        await write(caller, "Hello?")
        assert to_follow(caller) == ((), 0)


async def test_what_is_written_too_late_for_one_answer_is_said_with_the_next() -> None:
    scripted = Scripted(chat=ScriptedChat(script=[SAID], wait=asyncio.Event()))
    async with calling(scripted, ASKING, media=TEXT) as caller:
        await caller.until(lambda: caller.of(ReplyDone))
        whisper = caller.conversation._whisper
        whisper._late = 0.0
        await instruct(caller)
        assert await write(caller, "Peter Hill") == "How old are you?"
        assert to_follow(caller) == ((WORDS,), 1)
        assert scripted.chat.wait is not None and whisper._writing is not None
        scripted.chat.wait.set()
        await asyncio.wait([whisper._writing])
        assert await write(caller, "Thirty") == f"{SAID} Goodbye."
        assert to_follow(caller) == ((WORDS,), 0)
    assert len(scripted.chat.prompts) == 1
