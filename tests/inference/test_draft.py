"""Whether an answer that was begun is the one that is asked for."""

from __future__ import annotations

import asyncio

from inference.draft import Draft, same_words
from inference.events import Message
from inference.flow.state import FlowState
from inference.gate import Gate
from inference.outbox import Outbox
from inference.reply import Reply

TALK = FlowState(node="talk")
BEFORE = [Message("assistant", "Hello.")]


def draft(text: str) -> Draft:
    return Draft(text, list(BEFORE), TALK, Reply(0, True), Gate(Outbox()))


def test_capitals_spaces_and_punctuation_make_no_difference() -> None:
    assert same_words("Are you open, today?", "are you open today.")
    assert same_words("A 9-mm drill", "a 9 mm drill")
    assert not same_words("Are you open today?", "Are you open to day trippers?")
    assert not same_words("I owe 15.", "I owe 50.")


def test_a_draft_answers_the_same_words_in_the_same_place_only() -> None:
    begun = draft("Are you open?")
    assert begun.answers("are you open", BEFORE, TALK)
    assert not begun.answers("are you open on Sunday", BEFORE, TALK)
    assert not begun.answers("are you open", [*BEFORE, Message("user", "Hi.")], TALK)
    assert not begun.answers("are you open", BEFORE, FlowState(node="other"))
    begun.failed = True
    assert not begun.answers("are you open", BEFORE, TALK)


async def test_dropping_waits_until_the_work_has_stopped() -> None:
    stopped = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(True)

    begun = draft("Are you open?")
    begun.task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await begun.drop()
    assert stopped == [True]
    await begun.drop()


async def test_what_is_said_word_for_word_waits_for_all_of_the_words() -> None:
    begun = Draft("Are you", [], TALK, Reply(0, True), Gate(Outbox()), sure=False)
    waiting = asyncio.create_task(begun.certain())
    await asyncio.sleep(0)
    assert begun.held
    assert not waiting.done()
    begun.confirm()
    await waiting
    assert not begun.held
    await draft("Are you open?").certain()
