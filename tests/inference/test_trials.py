from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np

from inference.audio import resample
from inference.nodes import FlowSpec, GoalNode
from inference.spec import AgentSpec
from inference.trials import Job, Question, _read, answer, recognise

CLIP = Path(__file__).parents[2] / "channels_io/bench/corpus/q01.wav"
AGENT = AgentSpec("ag_1", "ve_1", "ws_1", "Mia", FlowSpec("start", (GoalNode("start", "Be brief."),)), "You are Mia.")


def test_questions_are_put_through_the_agents_prompt() -> None:
    job = Job(agents=(AGENT,), questions=(Question(0, "Are you open?"), Question(0, "Where?")), profile="fake")
    answers, model = asyncio.run(answer(job))
    assert answers == ("You said this to me: Are you open?", "You said this to me: Where?")
    assert model == "fake-chat"


def test_a_clip_is_recognised_by_both_windows() -> None:
    (found,) = recognise(Job(clips=(str(CLIP),), profile="tiny"))
    assert found.short == found.full == "What time do you open on Saturday?"


def test_clips_of_another_rate_are_read_at_16_khz(tmp_path: Path) -> None:
    tone = (np.sin(np.arange(24_000) / 20) * 9000).astype(np.int16)
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setparams((1, 2, 24_000, tone.size, "NONE", ""))
        file.writeframes(tone.tobytes())
    assert np.array_equal(_read(str(tmp_path / "tone.wav")), resample(tone, 24_000, 16_000))
