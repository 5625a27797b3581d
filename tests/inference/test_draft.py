"""Whether an answer that was begun is the one that is asked for."""

from __future__ import annotations

import asyncio

from inference.draft import Draft, same_words
from inference.events import Message
from inference.gate import Gate
from inference.outbox import Outbox
from inference.reply import Reply

BEFORE = [Message("assistant", "Hello.")]


def draft(text: str) -> Draft:
    return Draft(text, list(BEFORE), "talk", Reply(0, True), Gate(Outbox()))


def test_capitals_spaces_and_punctuation_make_no_difference() -> None:
    assert same_words("Are you open, today?", "are you open today.")
    assert same_words("A 9-mm drill", "a 9 mm drill")
    assert not same_words("Are you open today?", "Are you open to day trippers?")
    assert not same_words("I owe 15.", "I owe 50.")


def test_a_draft_answers_the_same_words_in_the_same_place_only() -> None:
    begun = draft("Are you open?")
    assert begun.answers("are you open", BEFORE, "talk")
    assert not begun.answers("are you open on Sunday", BEFORE, "talk")
    assert not begun.answers("are you open", [*BEFORE, Message("user", "Hi.")], "talk")
    assert not begun.answers("are you open", BEFORE, "other")
    begun.failed = True
    assert not begun.answers("are you open", BEFORE, "talk")


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
