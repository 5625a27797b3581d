"""Bound answers of a real language model (the tiny profile's): their form, and how little is read for them."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import pytest

from inference.engines.base import Usage
from inference.engines.ik_library import runs_here
from inference.engines.ik_llama import IkLlama
from inference.events import Message
from inference.judging import Judge, Talk, warm
from inference.nodes import Choice, Slot
from tests.inference.engines.conftest import weights

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]

BEFORE = (Message("user", "Hello."), Message("assistant", "Smile Dental, what can I do for you today?"))
OPTIONS = ("wants to make an appointment", "wants to cancel a visit", "asks where the practice is")


@pytest.fixture
async def model() -> AsyncGenerator[IkLlama]:
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    chat = IkLlama(path=weights("smollm2-135m"), context=1024, capacity=2)
    await chat.load()
    yield chat
    await chat.close()


async def test_a_choice_reads_the_callers_words_and_little_else(model: IkLlama) -> None:
    await warm(model)
    judge = Judge(model)
    used: list[Usage] = []
    await judge.read_ahead(OPTIONS, Talk(BEFORE))
    words = "I wonder about Monday, you know."
    assert await judge.choose(OPTIONS, Talk(BEFORE, words), usage=used.append) in (None, 0, 1, 2)
    assert used[0].reply_tokens == 1
    assert used[0].prompt_tokens > 60
    assert used[0].prompt_tokens - used[0].cached_tokens <= 10 + len(words.split()) * 2
    await judge.aclose()


async def test_values_are_what_the_caller_said_or_nothing(model: IkLlama) -> None:
    judge = Judge(model)
    slots = (Slot("name", "name"), Slot("size", "choice", choices=(Choice("small"), Choice("large"))))
    found = await judge.fill(slots, Talk(BEFORE, "It's Peter Hill, and the large one, please."))
    assert set(found) <= {"name", "size"}
    assert found.get("size", "large") in ("small", "large")
    assert all(word in "it's peter hill and the large one please" for word in found.get("name", "").lower().split()[:1])
    await judge.aclose()
