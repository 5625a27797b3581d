"""How the driver judges a call: scripted answers at known moments, in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from channels_io.bench import driver
from channels_io.bench.corpus import Clip
from channels_io.bench.driver import CallPlan, Observer, Plan, lateness_of
from channels_io.bench.records import BackChannelRecord, BargeInRecord, Lateness, TurnRecord
from channels_io.live import messages
from channels_io.simulators.browser_caller import CallFailed
from channels_io.simulators.microphone import speech_of
from inference.events import Span
from tests.channels_io.simulators.scene import LOUD, QUIET, TONE, Scene, heard, play

Speaker = Callable[[Scene], None]

ASK = np.concatenate([QUIET, LOUD, QUIET])
"""Audible from 100 to 200 ms."""
PAUSED = np.concatenate([QUIET, LOUD, QUIET, QUIET, QUIET, QUIET, LOUD, QUIET])
"""Audible from 100 to 200 and from 600 to 700 ms."""
LONG = 3.0
"""Seconds of the agent's speech that the caller falls into."""


def clip(kind: Any, *, expect: tuple[str, ...] = ()) -> Clip:
    end = 11_199 if kind == "pause" else 3199
    return Clip("x", kind, "reception", "Words.", 1600, end, expect=expect)


def asked(monkeypatch: pytest.MonkeyPatch, kind: Any, script: Speaker, *, expect: tuple[str, ...] = ()) -> TurnRecord:
    async def run(scene: Scene) -> TurnRecord:
        script(scene)
        samples = PAUSED if kind == "pause" else ASK
        return await driver._ask(scene.caller, clip(kind, expect=expect), speech_of(samples), 0, 0)

    record = play(monkeypatch, run)
    assert isinstance(record, TurnRecord)
    return record


def answer(scene: Scene, at: float, turn: int = 1, said: str = "We close at six.") -> None:
    """One second of tone from `at` ms on, its text and the waterfall after it."""
    scene.at(at - 10, scene.wire.event, heard(turn))
    scene.at(at, scene.wire.audio, turn, np.tile(TONE, 50))
    scene.at(at + 20, scene.wire.event, messages.ReplyDone(turn, said, 24_000))
    scene.at(at + 30, scene.wire.event, messages.Timing(turn, 1.0, (Span("wait", 1.0),), 10, 9, 3))


def test_a_turn_is_timed_and_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    record = asked(monkeypatch, "question", lambda scene: answer(scene, 500), expect=("six",))
    # The last audible sample is in the frame that leaves at 180 ms.
    assert record.v2v_ms == pytest.approx(320)
    assert (record.cut_off, record.missed, record.right) == (False, False, True)
    assert (record.prompt_tokens, record.cached_tokens) == (10, 9)


def test_an_answer_in_the_pause_is_a_false_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    record = asked(monkeypatch, "pause", lambda scene: answer(scene, 450))
    assert record.cut_off
    assert record.v2v_ms is None
    assert not record.missed


def test_a_turn_taken_in_the_pause_is_a_false_cut_off_even_if_it_sounds_late(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        scene.at(400, scene.wire.event, heard())
        answer(scene, 900, turn=2)

    assert asked(monkeypatch, "pause", script).cut_off


def test_an_answer_after_the_pause_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    record = asked(monkeypatch, "pause", lambda scene: answer(scene, 1000))
    assert not record.cut_off
    assert record.v2v_ms == pytest.approx(1000 - 680)


def test_silence_is_a_missed_turn_and_a_wrong_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    record = asked(monkeypatch, "question", lambda scene: None, expect=("six",))
    assert record.missed
    assert record.right is False


def fallen(
    monkeypatch: pytest.MonkeyPatch, kind: Any, script: Speaker, seconds: float = LONG
) -> tuple[list[BargeInRecord], list[BackChannelRecord], list[str]]:
    """The greeting sounds from 0 on for so long; the caller speaks one second later."""

    async def run(scene: Scene) -> Observer:
        observer = Observer(lambda text: None)
        observer.speech["x"] = speech_of(ASK)
        scene.wire.audio(0, np.tile(TONE, round(seconds * 50)))
        scene.wire.event(messages.ReplyDone(0, "Hello.", round(seconds * 24_000)))
        script(scene)
        await observer._fall_into(scene.caller, clip(kind), "")
        return observer

    observer = play(monkeypatch, run)
    return observer.barge_ins, observer.back_channels, observer.skipped


def test_a_barge_in_is_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        scene.at(1160, scene.wire.event, messages.Floor("duck", 0))
        scene.at(1220, scene.wire.event, messages.Clear(0))
        scene.at(1600, scene.wire.event, heard())

    (record,), _, skipped = fallen(monkeypatch, "barge_in", script)
    # Frames leave every 20 ms: the first audible one at 1100 or 1120 ms.
    assert record.ducked_ms in (pytest.approx(60), pytest.approx(40))
    assert record.silent_ms in (pytest.approx(120), pytest.approx(100))
    assert record.heard == "What I said."
    assert skipped == []


def test_a_barge_in_that_nothing_came_of_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    (record,), _, skipped = fallen(monkeypatch, "barge_in", lambda scene: answer(scene, 3500))
    assert record.silent_ms is None
    assert skipped == []


def floor(scene: Scene, at: float, move: Any) -> None:
    scene.at(at, scene.wire.event, messages.Floor(move, 0))


def test_a_barge_in_is_silent_from_the_hold_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        floor(scene, 1160, "duck")
        floor(scene, 1180, "hold")
        scene.at(1500, scene.wire.event, messages.Clear(0))
        scene.at(1600, scene.wire.event, heard())

    (record,), _, _ = fallen(monkeypatch, "barge_in", script)
    assert record.silent_ms in (pytest.approx(80), pytest.approx(60))


def test_a_barge_in_after_which_the_agent_goes_on_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        floor(scene, 1160, "duck")
        floor(scene, 1180, "hold")
        floor(scene, 2000, "release")

    (record,), _, skipped = fallen(monkeypatch, "barge_in", script)
    assert record.ducked_ms is not None
    assert record.silent_ms is None
    assert skipped == []


def test_a_hold_with_nothing_left_to_say_is_no_ignored_barge_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        floor(scene, 1640, "hold")  # the greeting ended 20 ms before
        scene.at(1700, scene.wire.event, heard())
        floor(scene, 1701, "release")

    (record,), _, _ = fallen(monkeypatch, "barge_in", script, seconds=1.62)
    assert record.silent_ms is not None


def test_an_agent_that_was_about_to_stop_was_not_barged_into(monkeypatch: pytest.MonkeyPatch) -> None:
    # It ends at 1400 ms by itself; what it says afterwards does not make that an ignored barge-in.
    records, _, skipped = fallen(monkeypatch, "barge_in", lambda scene: answer(scene, 1800), seconds=1.4)
    assert records == []
    assert skipped == ["x"]


def test_an_agent_that_is_silent_cannot_be_barged_into(monkeypatch: pytest.MonkeyPatch) -> None:
    records, _, skipped = fallen(monkeypatch, "barge_in", lambda scene: None, seconds=0.5)
    assert records == []
    assert skipped == ["x"]


@pytest.mark.parametrize("stopped", [True, False])
def test_a_back_channel_that_clears_the_reply_is_a_false_stop(monkeypatch: pytest.MonkeyPatch, stopped: bool) -> None:
    def script(scene: Scene) -> None:
        if stopped:
            scene.at(1300, scene.wire.event, messages.Clear(0))

    _, (record,), _ = fallen(monkeypatch, "back_channel", script)
    assert record.stopped is stopped


def test_a_back_channel_may_hold_the_agent_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        floor(scene, 1180, "hold")
        floor(scene, 1930, "release")

    _, records, _ = fallen(monkeypatch, "back_channel", script)
    assert records == [BackChannelRecord("x", False, pytest.approx(750))]  # type: ignore[arg-type]


def test_an_agent_that_is_held_for_long_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        floor(scene, 1180, "hold")
        # The last sound is in a frame that leaves at 1180 or 1200 ms.
        floor(scene, 3300, "release")

    _, (record,), _ = fallen(monkeypatch, "back_channel", script)
    assert record.stopped
    assert record.held_ms == pytest.approx(2120)


def test_an_agent_that_is_held_and_cleared_was_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    def script(scene: Scene) -> None:
        floor(scene, 1180, "hold")
        scene.at(1500, scene.wire.event, messages.Clear(0))

    _, (record,), _ = fallen(monkeypatch, "back_channel", script)
    assert record == BackChannelRecord("x", True, None)


def test_a_back_channel_into_the_last_words_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    _, records, skipped = fallen(monkeypatch, "back_channel", lambda scene: None, seconds=1.4)
    assert records == []
    assert skipped == ["x"]


def test_one_broken_call_is_told_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    class Refusing:
        @staticmethod
        def connect(url: str, ticket: str) -> Any:
            raise CallFailed("no_worker", f"No worker for {ticket}.")

    monkeypatch.setattr(driver, "Caller", Refusing)
    plan = Plan("ws://nowhere", (CallPlan("t1", ("q01", "q02")), CallPlan("t2", ("q03",))))
    record = asyncio.run(driver.run(plan, said.append))
    assert record.problems == (
        "call 0: No worker for t1. (no_worker)",
        "call 1: No worker for t2. (no_worker)",
    )
    assert record.not_played == ("q01", "q02", "q03")
    assert said == list(record.problems)


def test_a_call_that_is_not_taken_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        @staticmethod
        def connect(url: str, ticket: str) -> Any:
            raise CallFailed("worker_full", "Every place is taken.")

    monkeypatch.setattr(driver, "Caller", Full)
    record = asyncio.run(driver.run(Plan("ws://nowhere", (CallPlan("t1", ("q01",)), CallPlan("t2", ("q02",))))))
    assert record.refused == 2


def test_what_sounded_of_an_interrupted_reply_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run(scene: Scene) -> Observer:
        observer = Observer(lambda text: None)
        observer.speech["x"] = speech_of(ASK)
        scene.caller.ready = messages.Ready("cv_1", "lg_1", "Mia", 16_000, 24_000, resumed=False)
        scene.wire.audio(0, np.tile(TONE, 150))
        scene.wire.event(messages.ReplyDone(0, "Hello.", 72_000))
        scene.at(1220, scene.wire.event, messages.Clear(0))
        scene.at(1600, scene.wire.event, heard())
        await observer._fall_into(scene.caller, clip("barge_in"), "")
        return observer

    (cut,) = play(monkeypatch, run).cuts
    assert (cut.clip, cut.conversation, cut.turn) == ("x", "cv_1", 0)
    played = np.frombuffer(cut.pcm, dtype="<i2")
    # 300 ms before the greeting began and 1220 ms of it; frames go out every 20 ms.
    assert played.size / 24_000 == pytest.approx(1.52, abs=0.03)
    assert not played[: round(0.28 * 24_000)].any()
    assert played[round(0.32 * 24_000) : round(1.48 * 24_000)].any()


def test_nobody_at_the_other_end_is_told_too() -> None:
    plan = Plan("ws://127.0.0.1:9", (CallPlan("t", ("q01",)),))
    record = asyncio.run(driver.run(plan))
    assert record.not_played == ("q01",)
    assert "Nobody answers" in record.problems[0]


def test_lateness_is_summed_up_in_milliseconds() -> None:
    assert lateness_of([0.001] * 99 + [0.101]) == Lateness(100, 1.0, pytest.approx(2.0), pytest.approx(101.0))
    assert lateness_of([]) == Lateness()
