"""What the models say about given inputs, without a server: `python -m inference.trials < job.json > result.json`.

For measurements of quality: each clip is recognised twice, with the product's short window and with
the model's whole one of 30 s; each question is put to the chat model through the agent's own prompt.
"""

from __future__ import annotations

import asyncio
import sys
import wave
from collections.abc import Sequence
from contextlib import aclosing
from typing import cast

import msgspec
import numpy as np
from msgspec import Struct

from inference import catalogue
from inference.audio import Samples, resample, to_float
from inference.engines import registry
from inference.engines.base import AsrOptions, ChatModel, ChatOptions, TextDelta
from inference.engines.whisper_decoder import RATE, Decoder
from inference.events import Message
from inference.nodes import GoalNode
from inference.prompt import prefix, prompt, task
from inference.spec import AgentSpec


class Question(Struct, frozen=True):
    """To be answered by the agent `spec` names (position in the job's `agents`)."""

    spec: int
    text: str


class Job(Struct, frozen=True):
    clips: tuple[str, ...] = ()
    """Paths of 16-bit mono WAVs of any rate."""
    hints: tuple[str, ...] = ()
    agents: tuple[AgentSpec, ...] = ()
    questions: tuple[Question, ...] = ()
    chat_path: str = ""
    """Other weights for the chat model than the profile's."""
    profile: str = "default"


class Recognised(Struct, frozen=True):
    short: str
    full: str


class Result(Struct, frozen=True):
    recognised: tuple[Recognised, ...] = ()
    answers: tuple[str, ...] = ()
    chat: str = ""
    """What answered."""


def recognise(job: Job) -> tuple[Recognised, ...]:
    """Each clip by the product's way and by the whole window of the same weights."""
    path = str(catalogue.ensure(catalogue.resolve("transcriber", job.profile).name))
    decoder = Decoder(path, threads=0, compute_type="int8", device="cpu")
    found = []
    for clip in job.clips:
        samples = _read(clip)
        short = decoder.transcribe(samples, AsrOptions(hints=job.hints)).text
        found.append(Recognised(short, _whole_window(decoder, samples, job.hints)))
    return tuple(found)


def _whole_window(decoder: Decoder, samples: Samples, hints: Sequence[str]) -> str:
    """The reference: the library's own decode, the clip padded to 30 s, one beam, the same hints."""
    segments, _ = decoder.model.transcribe(
        to_float(samples), language="en", beam_size=1, without_timestamps=True, condition_on_previous_text=False,
        hotwords=", ".join(hints) or None,
    )  # fmt: skip
    return " ".join(segment.text.strip() for segment in segments)


def _read(path: str) -> Samples:
    with wave.open(path, "rb") as file:
        rate = file.getframerate()
        samples: Samples = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    return samples if rate == RATE else resample(samples, rate, RATE)


async def answer(job: Job) -> tuple[tuple[str, ...], str]:
    """(the agents' first answers to their questions, what gave them)."""
    chosen = catalogue.resolve("chat", job.profile)
    path = job.chat_path or (str(catalogue.ensure(chosen.name)) if chosen.model and chosen.model.files else "")
    settings: dict[str, str | int | float] = {"model": chosen.name, "capacity": 1}
    engine = registry.create("chat", chosen.engine, settings | ({"path": path} if path else {}))
    chat = cast(ChatModel, engine)
    await engine.load()
    try:
        for spec in job.agents:
            await chat.warm(prefix(spec))
        return tuple([await _ask(chat, job.agents[each.spec], each.text) for each in job.questions]), engine.info.model
    finally:
        await engine.close()


async def _ask(chat: ChatModel, spec: AgentSpec, text: str) -> str:
    node = next(node for node in spec.flow.nodes if isinstance(node, GoalNode))
    goal = task(node.id, node.prompt, ())
    history = [*([goal] if goal else ()), *([Message("assistant", spec.greeting)] if spec.greeting else ())]
    messages = prompt(spec, "", [*history, Message("user", text)])
    # The most probable words: the same weights give the same answers.
    options = ChatOptions(temperature=0.0, max_tokens=spec.models.max_tokens)
    async with chat.stream(prefix(spec)) as stream, aclosing(stream.reply(messages, (), options)) as reply:
        return "".join([delta.text async for delta in reply if isinstance(delta, TextDelta)]).strip()


def main() -> None:
    job = msgspec.json.decode(sys.stdin.buffer.read(), type=Job)
    recognised = recognise(job) if job.clips else ()
    answers, chat = asyncio.run(answer(job)) if job.questions else ((), "")
    sys.stdout.buffer.write(msgspec.json.encode(Result(recognised, answers, chat)))


if __name__ == "__main__":
    main()
