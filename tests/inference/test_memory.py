"""Long conversations: the prompt, the state and the process stay as small at turn 200 as at turn 50."""

from __future__ import annotations

import asyncio
import gc
import tracemalloc
from array import array
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field, replace

import msgspec
import pytest

from inference.engines.base import ChatDelta, ChatOptions, EngineInfo, TextDelta, Usage
from inference.engines.fake import FakeChat
from inference.errors import EngineError
from inference.events import ConversationState, Failed, Media, Message, Open, ReplyDone, Text, Timing
from inference.live_state import LiveState
from inference.memory import ATTEMPTS, RESUMED, Memory
from inference.nodes import FlowSpec, GoalNode, ToolSpec
from inference.spec import AgentSpec
from inference.summary import REQUEST, SUMMARY_CHARS
from tests.inference.test_conversation import Caller, calling
from tests.support.engines import Scripted

SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    instructions=" ".join(["You are A."] * 60),
    flow=FlowSpec("talk", (GoalNode("talk", "Help.", ("slots",)),), (), (ToolSpec("slots", "Free slots"),)),
)
OPENING = Open(SPEC, "cv", Media("text"), caller="Now: noon")
LINE = "this is turn number {} and it has twelve words in all"


def turns(count: int) -> list[Message]:
    return [
        line
        for number in range(count)
        for line in (Message("user", LINE.format(number)), Message("assistant", f"Answer {number}."))
    ]


@dataclass
class Notes:
    """A chat whose notes come a word at a time, each when `go_on` allows it. Tells what it was asked."""

    go_on: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))
    notes: str = "Ada called. She wants Monday at nine."
    window: int = 1220
    asked: list[tuple[str, list[Message]]] = field(default_factory=list)
    failing: bool = False
    open: set[int] = field(default_factory=set)
    opened: int = 0
    info = EngineInfo("notes", "chat", "notes")

    async def load(self) -> None: ...
    async def close(self) -> None: ...
    async def warm(self, prefix: Sequence[Message]) -> None: ...

    @asynccontextmanager
    async def stream(self, prefix: Sequence[Message] = ()) -> AsyncGenerator[NotesStream]:
        self.opened += 1
        number = self.opened
        self.open.add(number)
        try:
            yield NotesStream(self, number)
        finally:
            self.open.remove(number)

    def of(self, kind: str) -> list[list[Message]]:
        return [messages for asked, messages in self.asked if asked == kind]


@dataclass
class NotesStream:
    model: Notes
    number: int

    @property
    def window(self) -> int:
        return self.model.window

    def count(self, text: str) -> int:
        return len(text.split())

    async def reply(
        self, messages: Sequence[Message], tools: Sequence[ToolSpec], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta]:
        if not options.background:
            self.model.asked.append((f"reply {self.number}", list(messages)))
            yield TextDelta("Yes.")
        elif messages[-1].text == REQUEST:
            self.model.asked.append(("notes", list(messages)))
            if self.model.failing:
                raise EngineError("No notes.")
            for word in self.model.notes.split(" "):
                await self.model.go_on.acquire()
                yield TextDelta(f" {word}")
        else:
            self.model.asked.append(("read", list(messages)))
            await self.model.go_on.acquire()
            yield TextDelta("x")
        yield Usage()

    async def prefill(self, messages: Sequence[Message], tools: Sequence[ToolSpec] = ()) -> None:
        self.model.asked.append(("prefill", list(messages)))


async def settle(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0)


async def ask(memory: Memory, state: LiveState) -> None:
    async with aclosing(memory.reply(state.history, (), ChatOptions())) as deltas:
        async for _ in deltas:
            pass


# --- one fold -------------------------------------------------------------------------------------


async def test_the_oldest_half_is_folded_in_a_gap_and_read_before_anybody_needs_it() -> None:
    chat, state = Notes(), LiveState(SPEC, history=turns(14))
    async with Memory.open(OPENING, state, chat) as memory:
        memory.after_turn()
        await settle(lambda: chat.of("notes"))
        assert state.history == turns(14)
        for _ in range(8):
            chat.go_on.release()
        await settle(lambda: state.summary)
        assert state.summary == "Ada called. She wants Monday at nine."
        kept = len(state.history)
        assert state.history == turns(14)[-kept:]
        assert 2 <= kept <= 14
        # The notes were asked about what was folded, the new prompt was read whole and before its use.
        assert chat.of("notes")[0][2:-1] == turns(14)[:-kept]  # after the agent and the caller
        assert chat.of("read") == [
            [
                *chat.of("notes")[0][:2],
                Message("system", f"Earlier in this conversation: {state.summary}"),
                *turns(14)[-kept:],
            ]
        ]
        await settle(lambda: len(chat.open) == 1)
        await ask(memory, state)
        assert [asked for asked, _ in chat.asked] == ["notes", "read", "reply 2"]
    assert chat.open == set()


async def test_a_short_conversation_is_left_alone() -> None:
    chat, state = Notes(), LiveState(SPEC, history=turns(4))
    async with Memory.open(OPENING, state, chat) as memory:
        memory.after_turn()
        await asyncio.sleep(0)
    assert chat.asked == []


@pytest.mark.parametrize("stop", ["reply", "prefill"])
async def test_the_caller_speaks_the_work_stops_and_the_next_gap_goes_on(stop: str) -> None:
    chat, state = Notes(), LiveState(SPEC, history=turns(14))
    async with Memory.open(OPENING, state, chat) as memory:
        memory.after_turn()
        await settle(lambda: chat.of("notes"))
        chat.go_on.release()
        if stop == "reply":
            await ask(memory, state)
        else:
            await memory.prefill(state.history)
        for _ in range(20):
            chat.go_on.release()
        for _ in range(20):
            await asyncio.sleep(0)
        assert state.summary == ""
        assert chat.of("read") == []
        state.history += turns(1)
        memory.after_turn()
        await settle(lambda: state.summary)
        assert state.history[-2:] == turns(1)
        assert chat.of("notes")[0] == chat.of("notes")[1]


async def test_what_was_noted_is_not_asked_again_when_only_the_reading_was_stopped() -> None:
    chat, state = Notes(), LiveState(SPEC, history=turns(14))
    async with Memory.open(OPENING, state, chat) as memory:
        memory.after_turn()
        for _ in range(7):
            chat.go_on.release()
        await settle(lambda: chat.of("read"))
        await ask(memory, state)
        assert (state.summary, len(chat.open)) == ("", 2)
        memory.after_turn()
        chat.go_on.release()
        await settle(lambda: state.summary)
        assert (len(chat.of("notes")), chat.opened) == (1, 2)
    assert chat.open == set()


async def test_nothing_is_begun_while_the_conversation_asks() -> None:
    chat, state = Notes(), LiveState(SPEC, history=turns(14))
    async with Memory.open(OPENING, state, chat) as memory:
        async with aclosing(memory.reply(state.history, (), ChatOptions())) as deltas:
            await anext(deltas)
            memory.after_turn()
            await asyncio.sleep(0)
        assert chat.of("notes") == []


async def test_notes_that_fail_are_given_up_and_the_turns_are_forgotten_all_the_same() -> None:
    chat, state = Notes(failing=True), LiveState(SPEC, history=turns(14), summary="Ada called.")
    async with Memory.open(OPENING, state, chat) as memory:
        for number in range(1, ATTEMPTS + 1):
            memory.after_turn()
            await settle(lambda number=number: len(chat.of("notes")) == number)
            await memory.rest()
        chat.go_on.release()
        memory.after_turn()
        await settle(lambda: len(state.history) < 28)
        assert (state.summary, len(chat.of("notes"))) == ("Ada called.", ATTEMPTS)


# --- when there is no time ------------------------------------------------------------------------


async def test_without_gaps_the_oldest_turns_go_and_what_was_noted_stays() -> None:
    chat, state = Notes(), LiveState(SPEC)
    longest = 0
    async with Memory.open(OPENING, state, chat) as memory:
        for number in range(100):
            state.history += turns(number + 1)[-2:]
            memory.after_turn()
            for _ in range(4):
                chat.go_on.release()
                await asyncio.sleep(0)
            while not chat.go_on.locked():
                await chat.go_on.acquire()
            await ask(memory, state)
            longest = max(longest, sum(len(line.text.split()) for line in state.history))
    assert longest < chat.window - 250
    assert state.summary.startswith("Ada called.")
    assert len(state.summary) <= SUMMARY_CHARS


async def test_a_history_too_long_to_resume_with_is_cut_before_the_first_prompt() -> None:
    chat, state = Notes(), LiveState(SPEC, history=turns(500))
    async with Memory.open(OPENING, state, chat):
        assert state.history[-1] == turns(500)[-1]
        assert 0 < len(state.history) < 40


async def test_who_calls_again_does_not_wait_for_all_that_was_said_before() -> None:
    chat, state = Notes(window=4096), LiveState(SPEC, history=turns(30), summary="Ada called.")
    calls = msgspec.structs.replace(OPENING, media=Media("voice"))
    async with Memory.open(calls, state, chat) as memory:
        kept = len(state.history)
        assert state.history == turns(30)[-kept:]
        assert sum(len(line.text.split()) + 5 for line in state.history) <= RESUMED["voice"]
        # Whoever goes on after this has it all: nothing is forgotten before it is noted down.
        assert state.snapshot().history == tuple(turns(30))
        memory.after_turn()
        await settle(lambda: chat.of("notes"))
        assert chat.of("notes")[0][-1 - len(turns(30)[:-kept]) : -1] == turns(30)[:-kept]
        for _ in range(8):
            chat.go_on.release()
        await settle(lambda: state.behind == [])
        assert state.snapshot().history == tuple(turns(30)[-kept:])
        assert state.summary == "Ada called. She wants Monday at nine."


async def test_a_conversation_that_a_person_has_keeps_its_words() -> None:
    state = LiveState(SPEC, history=turns(30), owner="human")
    async with Memory.open(msgspec.structs.replace(OPENING, media=Media("voice")), state, Notes(window=4096)):
        assert state.history == turns(30)


def test_snapshots_without_a_summary_are_read_as_ever() -> None:
    old = msgspec.json.encode({"node": "talk", "history": [{"role": "user", "text": "Hi"}], "turn": 3})
    assert msgspec.json.decode(old, type=ConversationState).summary == ""


# --- two hundred turns ----------------------------------------------------------------------------


async def talk(caller: Caller, turns: range, prompts: array[int], read: array[int]) -> None:
    """Adds the prompt tokens of each turn, and how many of them were not cached."""
    for number in turns:
        done = len(caller.of(ReplyDone))
        caller.conversation.hear(Text(LINE.format(number)))
        await caller.until(lambda done=done: len(caller.of(ReplyDone)) > done)
        for _ in range(300):  # the gap before the caller answers
            await asyncio.sleep(0)
        timing = caller.of(Timing)[-1]
        prompts.append(timing.prompt_tokens)
        read.append(timing.prompt_tokens - timing.cached_tokens)
        assert caller.of(Failed) == []
        del caller.events[:-8]


async def test_two_hundred_turns_cost_no_more_than_fifty() -> None:
    chat = FakeChat(first_ms=0, token_ms=0, window=1220)
    engines = replace(Scripted().engines(), chat=chat)
    prompts, read = array("i"), array("i")
    async with calling(Scripted(), SPEC, media=Media("text"), engines=engines) as caller:
        await talk(caller, range(50), prompts, read)
        gc.collect()
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        await talk(caller, range(50, 200), prompts, read)
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - before
        tracemalloc.stop()
        state = caller.conversation._state.snapshot()
    assert len(prompts) == 200
    assert max(prompts) < 1220 - 256
    # The new words of each turn are read; what a fold changed has been read before.
    assert max(read[1:]) < 60
    assert len(msgspec.json.encode(state)) < 6000
    assert state.summary
    assert state.turn == 200
    assert grown < 80_000, f"150 turns left {grown} bytes behind"


async def test_another_worker_goes_on_with_the_summary() -> None:
    scripted = Scripted()
    state = ConversationState("talk", history=tuple(turns(2)), turn=90, greeted=True, summary="Ada wants Monday.")
    async with calling(scripted, SPEC, media=Media("text"), state=state) as caller:
        caller.conversation.hear(Text("And the price?"))
        await caller.until(lambda: caller.of(ReplyDone))
    assert Message("system", "Earlier in this conversation: Ada wants Monday.") in scripted.chat.prompts[0]
