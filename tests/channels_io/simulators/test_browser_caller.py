"""What the outside caller measures, on a server whose every frame comes at a known moment."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from channels_io.live import messages
from channels_io.simulators.browser_caller import CallFailed
from tests.channels_io.simulators.scene import CLICK, HUSH, LOUD, QUIET, TONE, Scene, heard, play


def test_voice_to_voice_runs_from_the_last_audible_frame_to_the_first_of_20_ms_of_sound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(scene: Scene) -> Any:
        # 100 ms of quiet, 100 ms of speech, 100 ms of quiet: the last audible sample is in frame 9, at 180 ms.
        scene.at(400, scene.wire.event, heard())
        scene.at(500, scene.wire.audio, 1, HUSH)
        scene.at(520, scene.wire.audio, 1, CLICK)
        scene.at(540, scene.wire.audio, 1, HUSH)
        scene.at(560, scene.wire.audio, 1, TONE)
        utterance = await scene.caller.speak(np.concatenate([QUIET, LOUD, QUIET]))
        await asyncio.sleep(1)
        return utterance, scene

    utterance, scene = play(monkeypatch, script)
    assert utterance.began == pytest.approx(scene.started + 0.1)
    assert utterance.ended == pytest.approx(scene.started + 0.18)
    turn = scene.caller.turns[1]
    # Neither the silence at the head of the answer nor a click of 10 ms counts as its beginning.
    assert turn.sound_at == pytest.approx(scene.started + 0.56)
    assert turn.v2v_ms == pytest.approx(380)
    assert not turn.cut_off


def test_sound_that_comes_before_the_word_of_its_turn_counts_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(300, scene.wire.audio, 1, TONE)
        scene.at(310, scene.wire.event, heard())
        await scene.caller.speak(LOUD)
        await asyncio.sleep(1)
        return scene.caller.turns[1].v2v_ms

    assert play(monkeypatch, script) == pytest.approx(300 - 80)


def test_an_answer_before_the_caller_has_finished_is_a_cut_off_and_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(200, scene.wire.event, heard())
        scene.at(250, scene.wire.audio, 1, TONE)
        await scene.caller.speak(np.concatenate([LOUD, QUIET, QUIET, LOUD]))
        await asyncio.sleep(1)
        return scene.caller.turns[1]

    turn = play(monkeypatch, script)
    assert turn.cut_off
    assert turn.v2v_ms is None


def test_a_barge_in_is_timed_from_the_first_audible_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(0, scene.wire.audio, 0, np.tile(TONE, 100))
        scene.at(120, scene.wire.event, messages.SpeechStarted(0))
        scene.at(150, scene.wire.event, messages.Floor("duck", 0))
        scene.at(230, scene.wire.event, messages.Clear(0))
        utterance = await scene.caller.speak(np.concatenate([QUIET, LOUD, LOUD]))
        return utterance, scene.caller.player.silent(scene.started + 0.231)

    utterance, silent = play(monkeypatch, script)
    assert utterance.agent_sounding
    assert utterance.over == 0
    # Audible from 100 ms on.
    assert utterance.ducked_ms == pytest.approx(50)
    assert utterance.silent_ms == pytest.approx(130)
    assert silent


def test_held_the_agent_is_silent_and_goes_on_when_released(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(0, scene.wire.audio, 0, np.tile(TONE, 50))
        scene.at(5, scene.wire.event, messages.ReplyDone(0, "Hello.", 24_000))
        scene.at(150, scene.wire.event, messages.Floor("duck", 0))
        scene.at(190, scene.wire.event, messages.Floor("hold", 0))
        scene.at(690, scene.wire.event, messages.Floor("release", 0))
        utterance = await scene.caller.speak(np.concatenate([QUIET, LOUD, LOUD]))
        assert utterance.held_ms is None
        assert utterance.held_since == pytest.approx(scene.started + 0.19)
        await scene.caller.wait_until_quiet()
        return utterance, asyncio.get_running_loop().time() - scene.started

    utterance, quiet_at = play(monkeypatch, script)
    assert utterance.ducked_ms == pytest.approx(50)
    assert utterance.silent_ms == pytest.approx(90)
    assert utterance.said_by_then == pytest.approx(0.19 * 24_000, abs=2)
    assert utterance.held_ms == pytest.approx(500)
    assert utterance.held_since is None
    assert quiet_at == pytest.approx(1.5, abs=0.01)


def test_held_twice_and_then_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(0, scene.wire.audio, 0, np.tile(TONE, 100))
        for at, move in ((150, "hold"), (250, "release"), (300, "hold")):
            scene.at(at, scene.wire.event, messages.Floor(move, 0))  # type: ignore[arg-type]
        scene.at(400, scene.wire.event, messages.Clear(0))
        utterance = await scene.caller.speak(np.concatenate([QUIET, LOUD, LOUD, LOUD, LOUD]))
        await asyncio.sleep(1)
        return utterance, scene.caller.player.played(0, scene.started + 3)

    utterance, played = play(monkeypatch, script)
    assert utterance.silent_ms == pytest.approx(50)
    assert utterance.held_ms == pytest.approx(100)
    assert utterance.held_since is None
    assert played == pytest.approx(0.2 * 24_000, abs=2)


def test_a_clear_without_agent_speech_is_no_barge_in(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(50, scene.wire.event, messages.Clear(0))
        return await scene.caller.speak(LOUD)

    utterance = play(monkeypatch, script)
    assert not utterance.agent_sounding
    assert utterance.silent_ms is None


def test_frames_keep_to_the_clock_however_long_a_write_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        await scene.caller.speak(LOUD)
        await asyncio.sleep(0.1)
        return [at - scene.started for at, message in scene.wire.sent if isinstance(message, bytes)]

    times = play(monkeypatch, script)
    assert times[:6] == pytest.approx([0.0, 0.02, 0.04, 0.06, 0.08, 0.1])


def test_a_call_that_breaks_while_the_caller_speaks_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(scene: Scene) -> Any:
        scene.at(50, scene.wire.close)
        with pytest.raises(CallFailed, match="closed the call"):
            await scene.caller.speak(LOUD)
        with pytest.raises(CallFailed, match="closed the call"):
            await scene.caller.speak(LOUD)

    play(monkeypatch, script)
