"""Three short conversations looked at with the real default model."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from agents.after_call import AfterCall, Outcome, Wanted
from channels_io.after.asking import SYSTEM, read_answer
from channels_io.after.look import Found, look_at
from channels_io.after.material import Material, shown
from inference import catalogue
from inference.engines.base import ChatOptions, TextDelta
from inference.engines.ik_library import runs_here
from inference.engines.ik_llama import IkLlama
from inference.events import Message
from tests.channels_io.after.conftest import talk
from tests.inference.engines.conftest import weights

pytestmark = [pytest.mark.model, pytest.mark.timeout(900)]

SETTINGS = AfterCall(
    outcomes=(
        Outcome("Appointment agreed", "A day and a time for an appointment were agreed on.", True),
        Outcome("Question answered", "The caller wanted to know something and was told.", True),
        Outcome("Not solved", "The caller did not get what they wanted."),
    ),
    fields=(
        Wanted("name", "text", "The caller's name"),
        Wanted("treatment", "choice", "The treatment", ("check-up", "cleaning", "filling", "whitening")),
    ),
)
BOOKED = talk(
    "Hi, I would like to come in for a cleaning.", "Gladly. Which day suits you?", "Tuesday at half past three.",
    "Tuesday at half past three is free. What is your name?", "My name is Peter Hill.",
    "Thank you, Peter. You have an appointment on Tuesday at half past three.", "Wonderful, thank you so much!", "Goodbye.",
    settings=SETTINGS,
)  # fmt: skip
ASKED = talk(
    "Are you open on Saturday?", "Yes, on Saturday we open at 9 am and close at 1 pm.", "Okay. Bye.", "Goodbye.",
    settings=SETTINGS,
)  # fmt: skip
ANGRY = talk(
    "I have been waiting for three weeks for my bill and nobody answers. This is unacceptable.",
    "I am sorry. I don't know anything about bills. The team calls you back tomorrow.",
    "You always say that. How much do I owe you?", "I don't know that.", "Useless. Goodbye.",
    settings=SETTINGS,
)  # fmt: skip


@dataclass
class InThisProcess:
    """Asks a model that was loaded here, in the words in which a worker is asked; called from another thread."""

    model: IkLlama
    material: Material
    loop: asyncio.AbstractEventLoop
    name: str = "default"
    answers: list[str] = field(default_factory=list)

    def __call__(self, question: str, schema: Mapping[str, Any], *, max_tokens: int = 60) -> dict[str, Any]:
        asked = asyncio.run_coroutine_threadsafe(self.answer(question, json.dumps(schema), max_tokens), self.loop)
        text = asked.result()
        self.answers.append(f"{question} → {text}")
        return read_answer(text)

    async def answer(self, question: str, schema: str, max_tokens: int) -> str:
        head = f"{SYSTEM}\n\nTranscript:\n{shown(self.material.lines)}\n\nEnd of the transcript."
        options = ChatOptions(temperature=0.0, max_tokens=max_tokens, json_schema=schema, background=True)
        async with self.model.stream() as stream:
            deltas = stream.reply([Message("system", head), Message("user", question)], (), options)
            return "".join([delta.text async for delta in deltas if isinstance(delta, TextDelta)])


@pytest.fixture
async def model() -> AsyncGenerator[IkLlama]:
    if not runs_here():
        pytest.skip("ik_llama.cpp does not run on this machine")
    chat = IkLlama(path=weights(catalogue.resolve("chat", "default").name), context=4096, capacity=2)
    await chat.load()
    yield chat
    await chat.close()


async def looked_at(model: IkLlama, material: Material) -> tuple[Found, str]:
    """What was found, and all that was asked and answered, for whoever has to see why."""
    ask = InThisProcess(model, material, asyncio.get_running_loop())
    found = await asyncio.to_thread(look_at, material, ask)
    return found, "\n".join([repr(found), *ask.answers])


async def test_three_conversations(model: IkLlama) -> None:
    found, why = await looked_at(model, BOOKED)
    assert found.outcome == "Appointment agreed", why
    assert found.contained, why
    assert found.fields == {"name": "Peter Hill", "treatment": "cleaning"}, why
    assert found.sentiment == "positive", why
    assert found.unanswered == [], why
    assert found.promises == [], why
    assert "cleaning" in found.summary or "Peter" in found.summary, why

    found, why = await looked_at(model, ASKED)
    assert found.outcome == "Question answered", why
    assert "name" not in found.fields, why
    assert found.unanswered == [], why

    found, why = await looked_at(model, ANGRY)
    assert found.outcome == "Not solved", why
    assert not found.contained, why
    assert found.sentiment == "negative", why
    assert "How much do I owe you?" in found.unanswered, why
    assert [promise.text for promise in found.promises] == ["The team calls you back tomorrow."], why
    assert found.fields == {}, why
