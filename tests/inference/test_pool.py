"""What a worker has at hand before anybody calls."""

from __future__ import annotations

import asyncio

from inference.config import WorkerConfig
from inference.languages import spoken_in
from inference.nodes import FlowSpec, GoalNode
from inference.phrases import phrase
from inference.pool import PHRASES, Pool
from inference.spec import AgentSpec, LanguageSpec, VoiceSpec

SPEC = AgentSpec(
    agent="ag",
    version="vn",
    workspace="ws",
    name="A",
    flow=FlowSpec("goal", (GoalNode("goal", ""),)),
    voice=VoiceSpec("fake", "heart", language="en"),
    languages=(LanguageSpec("de", VoiceSpec("fake", "tone", language="de")),),
)


async def test_short_sentences_are_at_hand_in_every_language_of_an_agent() -> None:
    pool = Pool(WorkerConfig(profile="fake"))
    await pool.load()
    assert pool.ready, pool.problem
    try:
        await pool.keep_warm([SPEC])
        german = spoken_in(SPEC, "de")
        async with asyncio.timeout(20):
            while not pool.fixed_speech.kept(german.voice, "Einen Moment."):  # noqa: ASYNC110 -- told to nobody
                await asyncio.sleep(0.01)
        assert pool.fixed_speech.kept(SPEC.voice, phrase("filler", "en"))
        assert len({phrase(name, "de") for name in PHRASES} | {phrase(name, "en") for name in PHRASES}) == 8
    finally:
        await pool.close()


async def test_a_voice_of_an_engine_that_is_not_here_does_not_keep_the_worker_from_serving() -> None:
    pool = Pool(WorkerConfig(profile="fake"))
    await pool.load()
    try:
        elsewhere = VoiceSpec("coqui", "anna", language="en")
        spec = AgentSpec("ag", "vn", "ws", "A", SPEC.flow, greeting="Hello.", voice=elsewhere)
        await pool.keep_warm([spec])
        assert pool.fixed_speech.kept(VoiceSpec("fake", "heart", language="en"), "Hello.")
    finally:
        await pool.close()
