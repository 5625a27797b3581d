from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from channels_io.base import CloseCode
from channels_io.end_reasons import EndReason
from channels_io.entries import CallerTurn, EventEntry, TurnUse
from channels_io.live import messages
from channels_io.live.facts import KnownMessage, LegFacts
from channels_io.live.limits import Limits
from channels_io.live.lines import line_text, signal
from channels_io.live.messages import CallerAudio, Gone, Hangup, Ping, Played, Refused, Text
from inference import events as wire
from inference.errors import WorkerError, WorkerFull, WorkerLost
from inference.events import ConversationState, Media, Message, Span
from inference.spec import VoiceSpec
from inference.used import Use
from tests.channels_io.live.script import FACTS, SPEC, Stage, hush, tone
from tests.support.virtual_time import run_virtual

APOLOGY = line_text("apology", "en")
RESUMED = line_text("resumed", "en")
TEXT = Media("text")


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


def history(*lines: tuple[str, str]) -> tuple[Message, ...]:
    return tuple(Message(role, text) for role, text in lines)  # type: ignore[arg-type]


async def answer(stage: Stage, turn: int, *, milliseconds: int = 400, heard: str = "Question?") -> None:
    """The worker hears a typed question and answers it in full."""
    await stage.down(
        wire.Heard(turn, heard, source="text"),
        wire.ReplyText(turn, "Answer."),
        wire.ReplyAudio(turn, tone(milliseconds)),
        wire.ReplyDone(turn, "Answer.", 24 * milliseconds),
    )


@virtual
async def test_the_caller_learns_that_the_line_is_open() -> None:
    async with Stage() as stage:
        assert stage.channel.sent == [messages.Ready("cv_1", "lg_1", "Ada", 16_000, 24_000, False)]
        assert stage.link.opening == wire.Open(SPEC, "cv_1", Media(), None)


@virtual
async def test_caller_frames_reach_the_worker_and_the_recording() -> None:
    async with Stage() as stage:
        frame = tone(20, 16_000)
        await stage.hear(CallerAudio(frame, stage.clock()), CallerAudio(frame, stage.clock()))
        assert stage.link.received == [wire.Audio(frame), wire.Audio(frame)]
        assert [count for _, count in stage.recorder.caller_audio] == [320, 320]


@virtual
async def test_a_spoken_turn_with_its_waterfall() -> None:
    async with Stage() as stage:
        arrived = stage.clock()
        for index in range(10):
            await stage.hear(CallerAudio(tone(20, 16_000), arrived + index * 0.02))
        await stage.down(wire.SpeechStarted(100, 0), wire.Floor("duck", 0), wire.Partial("What"))
        await asyncio.sleep(arrived + 0.5 - stage.clock())
        await stage.down(wire.Heard(1, "What time?", speech_start=100, speech_end=1700))
        await stage.down(wire.Timing(1, (Span("silence", 200.0), Span("voice", 100.0)), prompt_tokens=5))
        await stage.down(wire.ReplyText(1, "Nine."), wire.ReplyAudio(1, hush(40) + tone(400)))
        await asyncio.sleep(1)
        # The answer is not to be spoken softly.
        assert [(move, turn) for _, move, turn in stage.channel.floor] == [("duck", 0), ("release", 0)]
        assert stage.channel.sent[1:4] == [
            messages.SpeechStarted(0),
            messages.Partial("What"),
            messages.Heard(1, "What time?", "voice", ""),
        ]
        (timing,) = stage.channel.got(messages.Timing)
        first_sound = next(at for at, turn, _ in stage.channel.audio[2:] if turn == 1)
        expected = round((first_sound - (arrived + 0.1)) * 1000, 1)
        assert isinstance(timing, messages.Timing)
        assert timing.v2v_ms == expected
        assert [span.name for span in timing.spans] == ["silence", "voice", "pacing", "wire"]
        assert sum(span.ms for span in timing.spans) == pytest.approx(expected)
        (caller,) = stage.recorder.callers()
        assert (caller.number, caller.text, caller.source) == (1, "What time?", "voice")
        assert caller.ended_ms - caller.started_ms == pytest.approx(100, abs=10)
        assert stage.recorder.timings()[0].v2v_ms == expected


@virtual
async def test_reply_audio_is_paced_and_played_is_estimated_for_a_silent_player() -> None:
    async with Stage() as stage:
        began = stage.clock()
        await answer(stage, 1, milliseconds=400)
        assert stage.channel.samples(1) == 4 * 480
        await asyncio.sleep(1)
        assert stage.channel.samples(1) == 9600
        last_at = stage.channel.audio[-1][0]
        assert last_at - began == pytest.approx(0.32, abs=0.01)
        reports = [message for message in stage.link.got(wire.Playback) if isinstance(message, wire.Playback)]
        assert [report.done for report in reports] == [False] * (len(reports) - 1) + [True]
        assert reports[-1] == wire.Playback(1, 9600, True)
        assert [report.samples for report in reports] == sorted(report.samples for report in reports)


@virtual
async def test_the_players_own_reports_count_when_there_are_any() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=400)
        await asyncio.sleep(0.1)
        before = len(stage.link.got(wire.Playback))
        await stage.hear(Played(1, 1000), Played(1, 10**9), Played(1, 500), Played(99, 500, True))
        sent = stage.channel.samples(1)
        assert stage.link.got(wire.Playback)[before:] == [
            wire.Playback(1, 1000),
            wire.Playback(1, sent),
            wire.Playback(1, sent),
            wire.Playback(99, 0, True),
        ]


@virtual
async def test_an_interruption_clears_at_once_and_tells_what_was_played() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=3000)
        await asyncio.sleep(1.0)
        await stage.down(wire.Interrupted(2))
        at, turn = stage.channel.clears[0]
        assert turn == 1
        assert at <= stage.clock()
        sent = stage.channel.samples(1)
        await asyncio.sleep(0.5)
        assert stage.channel.samples(1) == sent
        last = stage.link.got(wire.Playback)[-1]
        assert isinstance(last, wire.Playback)
        assert last.done
        assert last.samples == pytest.approx(24_000, abs=300)
        assert stage.recorder.cuts == [pytest.approx(1.01, abs=0.02)]
        assert stage.recorder.events() == ["interrupted"]


@virtual
async def test_after_a_cut_the_players_report_is_waited_for_but_not_long() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=3000)
        await stage.hear(Played(1, 10))
        await asyncio.sleep(0.5)
        await stage.down(wire.Interrupted(2))
        before = len(stage.link.got(wire.Playback))
        await stage.hear(Played(1, 12_000, True))
        assert stage.link.got(wire.Playback)[before:] == [wire.Playback(1, 12_000, True)]
        await answer(stage, 3, milliseconds=3000)
        await asyncio.sleep(0.5)
        await stage.down(wire.Interrupted(4))
        await asyncio.sleep(0.3)
        last = stage.link.got(wire.Playback)[-1]
        assert isinstance(last, wire.Playback)
        assert (last.turn, last.done) == (3, True)
        assert last.samples == pytest.approx(12_000, abs=300)


@virtual
async def test_stale_messages_are_dropped() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=100)
        await stage.down(wire.Interrupted(2))
        shown = len(stage.channel.sent)
        heard = len(stage.channel.audio)
        await stage.down(
            wire.ReplyText(1, "stale"), wire.ReplyAudio(1, tone(100)), wire.ReplyDone(1, "stale"), wire.Timing(1, ())
        )
        await asyncio.sleep(0.5)
        assert (len(stage.channel.sent), len(stage.channel.audio)) == (shown, heard)


@virtual
async def test_a_false_interruption_goes_on_in_the_next_turn() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=1000)
        await stage.down(wire.Interrupted(2), wire.ReplyText(2, "rest"), wire.ReplyAudio(2, tone(100)))
        await asyncio.sleep(0.5)
        assert stage.channel.samples(2) == 2400


@virtual
async def test_a_new_turn_silences_what_still_sounds() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=3000)
        await answer(stage, 2, milliseconds=100)
        await asyncio.sleep(1)
        assert [turn for _, turn in stage.channel.clears] == [1]
        assert stage.channel.samples(2) == 2400
        assert stage.channel.samples(1) < 24_000


# --- the caller speaks over the agent -----------------------------------------------------------


def moves(stage: Stage) -> list[tuple[str, int]]:
    return [(move, turn) for _, move, turn in stage.channel.floor]


@virtual
async def test_mm_hm_holds_the_agent_for_a_moment() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=1000)
        await asyncio.sleep(0.5)
        await stage.down(wire.Floor("duck", 1))
        await asyncio.sleep(0.03)
        await stage.down(wire.Floor("hold", 1))
        held_at, sent = stage.clock(), stage.channel.samples(1)
        assert stage.recorder.cuts == [pytest.approx(held_at - stage.started, abs=0.002)]
        await asyncio.sleep(0.7)
        assert stage.channel.samples(1) == sent
        told = [message.samples for message in stage.link.got(wire.Playback) if isinstance(message, wire.Playback)]
        assert told[-1] <= 0.54 * 24_000
        await stage.down(wire.Floor("release", 1))
        await asyncio.sleep(1.5)
        assert moves(stage) == [("duck", 1), ("hold", 1), ("release", 1)]
        assert stage.channel.samples(1) == 24_000
        assert stage.channel.clears == []
        last_at = stage.channel.audio[-1][0]
        assert last_at - stage.started == pytest.approx(0.01 + 0.92 + 0.7, abs=0.025)
        last = stage.link.got(wire.Playback)[-1]
        assert last == wire.Playback(1, 24_000, True)
        assert stage.recorder.events() == []


@virtual
async def test_the_recording_shows_when_it_really_sounded() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=500)
        await asyncio.sleep(0.211)
        await stage.down(wire.Floor("hold", 1))
        held_at = stage.recorder.cuts[0]
        before = len(stage.recorder.agent_audio)
        await asyncio.sleep(0.4)
        assert len(stage.recorder.agent_audio) == before
        await stage.down(wire.Floor("release", 1))
        await asyncio.sleep(1)
        sounded = [(at, at + count / 24_000) for at, count in stage.recorder.agent_audio]
        until_hold = [(begins, min(ends, held_at)) for begins, ends in sounded[:before] if begins < held_at]
        after = sounded[before:]
        assert after[0][0] == pytest.approx(held_at + 0.401, abs=0.002)
        for (_, ends), (begins, _) in zip(after, after[1:], strict=False):
            assert begins == pytest.approx(ends)
        heard = sum(ends - begins for begins, ends in (*until_hold, *after))
        assert heard == pytest.approx(0.5, abs=0.001)
        await stage.down(wire.State(ConversationState(turn=1), 1, 1, "Answer.", False))
        assert stage.recorder.agents()[1].ended_ms == pytest.approx(after[-1][1] * 1000, abs=2)


@virtual
async def test_a_held_reply_that_is_then_interrupted_ended_where_it_was_held() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=3000)
        await asyncio.sleep(1.0)
        await stage.down(wire.Floor("hold", 1))
        held_at = stage.recorder.cuts[0]
        await asyncio.sleep(0.5)
        await stage.down(wire.Interrupted(2), wire.State(ConversationState(turn=2), 2, 1, "Answ", True))
        assert [turn for _, turn in stage.channel.clears] == [1]
        last = stage.link.got(wire.Playback)[-1]
        assert isinstance(last, wire.Playback)
        assert (last.turn, last.done) == (1, True)
        assert last.samples == pytest.approx(24_000, abs=300)
        assert stage.recorder.agents()[1].ended_ms == pytest.approx(held_at * 1000, abs=2)
        await answer(stage, 3, milliseconds=100)
        await asyncio.sleep(0.5)
        assert stage.channel.samples(3) == 2400
        assert moves(stage) == [("hold", 1)]


@virtual
async def test_an_agent_that_speaks_again_unasked_is_heard_after_what_it_said_and_reported() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=400)
        pcm = bytes(2 * 24_000 * 200 // 1000)
        await stage.down(
            wire.ReplyText(2, "Still there?"), wire.ReplyAudio(2, pcm), wire.ReplyDone(2, "Still there?", 4800)
        )
        await asyncio.sleep(1.5)
        assert (stage.channel.samples(1), stage.channel.samples(2)) == (9600, 4800)
        assert stage.channel.clears == []
        last = stage.link.got(wire.Playback)[-1]
        assert isinstance(last, wire.Playback)
        assert (last.turn, last.samples, last.done) == (2, 4800, True)


@virtual
async def test_a_player_that_cannot_hold_is_sent_again_what_it_dropped() -> None:
    async with Stage() as stage:
        stage.channel.can_hold = False
        await answer(stage, 1, milliseconds=500)
        await asyncio.sleep(0.211)
        await stage.down(wire.Floor("hold", 1))
        sent = stage.channel.samples(1)
        await asyncio.sleep(0.4)
        await stage.down(wire.Floor("release", 1))
        await asyncio.sleep(1)
        dropped = stage.channel.samples(1) - 12_000
        assert dropped == pytest.approx(sent - 0.212 * 24_000, abs=60)
        last = stage.link.got(wire.Playback)[-1]
        assert last == wire.Playback(1, 12_000, True)


@virtual
async def test_a_worker_that_forgets_a_hold_does_not_silence_the_agent() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=1000)
        await asyncio.sleep(0.3)
        await stage.down(wire.Floor("hold", 1))
        await asyncio.sleep(2.9)
        assert moves(stage) == [("hold", 1)]
        await asyncio.sleep(2)
        assert moves(stage) == [("hold", 1), ("release", 1)]
        assert stage.channel.floor[1][0] - stage.channel.floor[0][0] == pytest.approx(3, abs=0.06)
        assert stage.channel.samples(1) == 24_000
        assert stage.recorder.events() == ["hold_forgotten"]


@virtual
async def test_a_turn_after_a_hold_with_nothing_left_is_heard() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=100)
        await asyncio.sleep(0.5)
        await stage.down(wire.Floor("hold", 1))
        await answer(stage, 2, milliseconds=100)
        await asyncio.sleep(0.2)
        assert stage.channel.samples(2) == 2400
        assert stage.channel.clears == []


@virtual
async def test_a_worker_that_dies_while_the_agent_is_held() -> None:
    async with Stage() as stage:
        await asyncio.sleep(0.1)
        await answer(stage, 1, milliseconds=1000)
        await stage.down(wire.Floor("hold", 1))
        stage.link.die()
        await asyncio.sleep(1)
        assert [turn for _, turn in stage.channel.clears] == [1]
        assert stage.channel.samples(2) == 12_000


@virtual
async def test_a_hold_of_an_older_reply_is_stale_but_a_release_never_is() -> None:
    async with Stage() as stage:
        await answer(stage, 2, milliseconds=1000)
        await stage.down(wire.Floor("hold", 1), wire.Floor("duck", 1))
        assert moves(stage) == []
        await stage.down(wire.Floor("hold", 2), wire.Floor("release", 1), wire.Floor("release", 1))
        assert moves(stage) == [("hold", 2), ("release", 2)]


@virtual
async def test_a_goodbye_is_not_held() -> None:
    async with Stage() as stage:
        await stage.down(wire.ReplyText(0, "Bye."), wire.ReplyAudio(0, tone(500)), wire.Floor("hold", 0))
        await stage.down(wire.ReplyDone(0, "Bye.", 12_000, "agent_ended"), wire.Floor("hold", 0))
        assert await stage.end() == EndReason.AGENT_ENDED
        assert stage.channel.samples(0) == 12_000
        assert moves(stage) == [("hold", 0), ("release", 0)]
        assert stage.clock() - stage.started < 2


# --- the worker dies ----------------------------------------------------------------------------


@virtual
async def test_the_worker_dies_in_mid_sentence() -> None:
    async with Stage() as stage:
        await stage.down(wire.Heard(1, "Question?"))
        await stage.down(wire.State(ConversationState(turn=1, history=history(("user", "Question?"))), 1))
        await stage.down(wire.ReplyText(1, "One two three four."), wire.ReplyAudio(1, tone(2000)))
        await asyncio.sleep(1.0)
        first = stage.link
        stage.workers.down = True
        first.die()
        died = stage.clock()
        await asyncio.sleep(0.2)
        assert [turn for _, turn in stage.channel.clears] == [1]
        apology_at = next(at for at, turn, _ in stage.channel.audio if turn == 2)
        assert apology_at - died < 0.05
        assert messages.ReplyText(2, APOLOGY) in stage.channel.sent
        assert stage.channel.close_code is None
        assert stage.recorder.agents()[1].text == "One two"
        assert stage.recorder.agents()[1].cut
        await asyncio.sleep(2.0)
        stage.workers.down = False
        await asyncio.sleep(1.1)
        assert stage.link is not first
        assert stage.link.opening.state == ConversationState(
            turn=3, greeted=True, history=history(("user", "Question?"), ("assistant", "One two"))
        )
        assert messages.ReplyText(3, RESUMED) in stage.channel.sent
        await asyncio.sleep(1.0)
        assert (stage.channel.samples(2), stage.channel.samples(3)) == (12_000, 12_000)
        await answer(stage, 4, milliseconds=100)
        await asyncio.sleep(0.3)
        assert stage.channel.samples(4) == 2400
        assert stage.recorder.events() == ["worker_lost", "worker_back"]
        assert stage.recorder.agents()[2].text == APOLOGY
        assert stage.recorder.agents()[3].text == RESUMED


@virtual
async def test_a_quick_return_plays_apology_and_return_one_after_the_other() -> None:
    async with Stage() as stage:
        stage.link.die()
        await asyncio.sleep(2)
        assert stage.channel.samples(1) == 12_000
        assert stage.channel.samples(2) == 12_000
        turns = [turn for _, turn, _ in stage.channel.audio]
        assert turns == sorted(turns)


@virtual
async def test_without_cached_speech_the_caller_hears_the_signal() -> None:
    async with Stage() as stage:
        stage.speech._audio.clear()
        stage.workers.voice_fails = True
        stage.workers.down = True
        stage.link.die()
        await asyncio.sleep(1)
        assert stage.channel.samples(1) * 2 == len(signal(24_000))


@virtual
async def test_audio_into_a_dead_line_is_dropped_and_positions_start_anew() -> None:
    async with Stage() as stage:
        stage.workers.down = True
        stage.link.die()
        await asyncio.sleep(0.1)
        await stage.hear(CallerAudio(tone(20, 16_000), stage.clock()))
        stage.workers.down = False
        await asyncio.sleep(2)
        frame = CallerAudio(tone(20, 16_000), stage.clock())
        await stage.hear(frame)
        await stage.down(wire.Heard(5, "Now", speech_start=0, speech_end=300))
        assert stage.recorder.callers()[-1].ended_ms == pytest.approx((frame.arrived - stage.started) * 1000, abs=1)


@virtual
async def test_typed_words_survive_the_worker() -> None:
    async with Stage() as stage:
        stage.link.dead = True
        await stage.hear(Text("What time?", "m1"))
        stage.workers.down = True
        stage.link.die()
        await stage.hear(Text("Hello?", "m2"))
        await asyncio.sleep(1)
        stage.workers.down = False
        await asyncio.sleep(2)
        assert stage.link.got(wire.Text) == [wire.Text("What time?", "m1"), wire.Text("Hello?", "m2")]
        await stage.down(wire.Heard(3, "What time?", source="text", id="m1"))
        stage.link.die()
        await asyncio.sleep(2)
        assert stage.link.got(wire.Text) == [wire.Text("Hello?", "m2")]


@virtual
async def test_the_caller_is_asked_to_stay_and_in_the_end_let_go() -> None:
    async with Stage(limits=Limits(worker_away=40.0)) as stage:
        stage.begin_frames()
        stage.workers.down = True
        stage.link.die()
        reason = await stage.end()
        assert reason == "worker_lost"
        assert stage.channel.close_code == CloseCode.NO_WORKER
        said = [event.text for event in stage.channel.sent if isinstance(event, messages.ReplyText)]
        assert said == [APOLOGY, line_text("still_away", "en"), line_text("still_away", "en")]
        assert stage.clock() - stage.started == pytest.approx(40, abs=2)


@virtual
async def test_a_worker_that_gives_no_sign_of_an_answer_is_given_up() -> None:
    async with Stage() as stage:
        stage.begin_frames()
        await stage.down(wire.Heard(1, "Question?"))
        await asyncio.sleep(13)
        assert len(stage.workers.links) == 2
        assert stage.recorder.events() == ["worker_lost", "worker_back"]


@virtual
async def test_on_a_text_leg_the_next_worker_answers_anew() -> None:
    async with Stage(media=TEXT) as stage:
        await stage.down(wire.Heard(1, "Question?", source="text", id="m1"))
        asked = ConversationState(turn=1, history=history(("user", "Question?")))
        await stage.down(wire.State(asked, 1), wire.ReplyText(1, "Half an ans"))
        stage.link.die()
        await asyncio.sleep(1)
        assert stage.link.opening.state == msgspec.structs.replace(asked, turn=2, greeted=True)
        assert not stage.channel.audio
        assert stage.recorder.agents()[1].text == "Half an ans"
        await stage.down(wire.ReplyText(2, "Whole answer."), wire.ReplyDone(2, "Whole answer."))
        assert stage.recorder.agents()[2].text == "Whole answer."


# --- beginnings and ends --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("refusal", "reason", "code"),
    [
        (WorkerFull("full"), "worker_full", CloseCode.WORKER_FULL),
        (WorkerLost("none"), "no_worker", CloseCode.NO_WORKER),
        (WorkerError("No such voice.", code="engine_unknown"), "engine_unknown", CloseCode.NO_WORKER),
    ],
)
def test_a_call_that_no_worker_takes(refusal: WorkerError, reason: str, code: CloseCode) -> None:
    async def main() -> None:
        stage = Stage()
        stage.workers.refusals = [refusal] * 100
        async with stage:
            assert await stage.end() == reason
            assert stage.channel.close_code == code
            assert [event.code for event in stage.channel.sent if isinstance(event, messages.Failed)] == [reason]
            assert stage.channel.sent[-1] == messages.Ended(reason)
            assert stage.clock() - stage.started < 5

    run_virtual(main())


@virtual
async def test_a_worker_that_starts_a_moment_later_takes_the_call() -> None:
    stage = Stage()
    stage.workers.refusals = [WorkerLost("starting")] * 3
    async with stage:
        await asyncio.sleep(2)
        assert isinstance(stage.channel.sent[0], messages.Ready)


@virtual
async def test_messages_wait_for_a_slot() -> None:
    stage = Stage(media=TEXT, limits=Limits(first_worker=20.0, queue_when_full=True))
    stage.workers.refusals = [WorkerFull("full")] * 5
    async with stage:
        await stage.hear(Text("Question?", "m1"))
        await asyncio.sleep(10)
        assert stage.link.got(wire.Text) == [wire.Text("Question?", "m1")]


@virtual
async def test_a_conversation_goes_on_where_it_stopped() -> None:
    state = ConversationState(turn=7, greeted=True, history=history(("user", "Hi")))
    facts = LegFacts(
        leg="lg_2", conversation="cv_1", agent="Ada", spec=SPEC, state=state, resumed=True, caller="Now: x"
    )
    async with Stage(facts=facts) as stage:
        assert stage.link.opening == wire.Open(SPEC, "cv_1", Media(), state, caller="Now: x")
        assert stage.channel.sent == [messages.Ready("cv_1", "lg_2", "Ada", 16_000, 24_000, True)]
        await stage.down(wire.ReplyText(6, "stale"))
        assert len(stage.channel.sent) == 1


@virtual
async def test_hanging_up_waits_a_moment_for_the_last_state() -> None:
    async with Stage() as stage:
        await answer(stage, 1, milliseconds=3000)
        await asyncio.sleep(1.0)
        await stage.hear(Hangup())
        assert stage.link.received[-1] == wire.Close("hangup")
        settled = ConversationState(turn=1, history=history(("assistant", "Ans")))
        await stage.down(wire.State(settled, 1, reply_turn=1, heard="Ans", cut=True))
        assert await stage.end() == "hangup"
        assert stage.channel.close_code == CloseCode.NORMAL
        assert stage.recorder.agents()[1].text == "Ans"
        assert stage.recorder.states()[-1].state == settled


@virtual
async def test_a_lost_socket_settles_by_estimate() -> None:
    async with Stage() as stage:
        await stage.down(wire.Heard(1, "Question?", source="text"), wire.ReplyText(1, "One two three four."))
        await stage.down(wire.ReplyAudio(1, tone(2000)))
        await asyncio.sleep(1.0)
        await stage.hear(Gone())
        assert await stage.end() == "lost"
        assert stage.recorder.agents()[1].text == "One two"
        assert stage.recorder.states()[-1].state.history == history(("assistant", "One two"))


@virtual
async def test_the_agent_ends_the_call_after_its_last_word() -> None:
    async with Stage() as stage:
        began = stage.clock()
        await stage.down(wire.ReplyAudio(1, tone(1000)), wire.ReplyDone(1, "Bye.", 24_000, end="completed"))
        assert await stage.end() == "agent_ended"
        assert stage.channel.samples(1) == 24_000
        assert stage.clock() - began == pytest.approx(1.4, abs=0.1)
        assert stage.channel.sent[-1] == messages.Ended("agent_ended")


@virtual
async def test_a_stream_of_a_day_ends_with_a_goodbye() -> None:
    async with Stage(limits=Limits(call=600.0)) as stage:
        stage.begin_frames()
        assert await stage.end() == "call_limit"
        assert stage.clock() - stage.started == pytest.approx(601, abs=1)
        assert stage.channel.close_code == CloseCode.NORMAL
        said = [event.text for event in stage.channel.sent if isinstance(event, messages.ReplyText)]
        assert said == [line_text("goodbye", "en")]
        assert stage.channel.audio[-1][0] < stage.clock()


@virtual
async def test_a_socket_that_says_nothing_is_closed() -> None:
    async with Stage() as stage:
        assert await stage.end() == "silence"
        assert stage.channel.close_code == CloseCode.SILENT
        assert stage.clock() - stage.started == pytest.approx(30, abs=1)


@virtual
async def test_pings_keep_a_muted_voice_page_alive_but_not_an_idle_chat() -> None:
    async def ping(stage: Stage) -> None:
        while True:
            await stage.hear(Ping())
            await asyncio.sleep(10)

    for media, alive in ((Media(), True), (TEXT, False)):
        async with Stage(media=media) as stage:
            pinging = asyncio.create_task(ping(stage))
            await asyncio.sleep(1000)
            assert stage.running.done() is not alive
            assert messages.Pong() in stage.channel.sent
            pinging.cancel()


@pytest.mark.parametrize("how", ["backlog", "blocked", "unplayed"])
def test_a_slow_reader_is_closed(how: str) -> None:
    async def main() -> None:
        async with Stage() as stage:
            stage.begin_frames()
            if how == "backlog":
                stage.channel.waiting_bytes = (1 << 20) + 1
            if how == "blocked":
                stage.channel.blocked = True
            await stage.hear(Played(0, 0))
            await answer(stage, 1, milliseconds=30_000)
            assert await stage.end() == "slow_reader"
            assert stage.channel.close_code == CloseCode.SLOW_READER
            limit = {"backlog": 0.1, "blocked": 5.1, "unplayed": 22.1}[how]
            assert stage.clock() - stage.started == pytest.approx(limit, abs=0.2)

    run_virtual(main())


@virtual
async def test_a_refused_line_says_why() -> None:
    async with Stage() as stage:
        await stage.hear(Refused(CloseCode.PROTOCOL, "protocol", "An audio frame holds whole 16-bit samples."))
        assert await stage.end() == "protocol"
        assert stage.channel.close_code == CloseCode.PROTOCOL
        assert messages.Failed("protocol", "An audio frame holds whole 16-bit samples.", True) in stage.channel.sent


@virtual
async def test_a_broken_part_ends_this_leg_and_says_so() -> None:
    async with Stage() as stage:
        stage.recorder.caller = None  # type: ignore[assignment, method-assign]
        await stage.hear(CallerAudio(tone(20, 16_000), stage.clock()))
        assert await stage.end() == "failed"
        assert stage.channel.close_code == CloseCode.SERVER_ERROR


@virtual
async def test_a_leg_that_is_stopped_says_why() -> None:
    async with Stage() as stage:
        stage.session.stop(EndReason.SHUTDOWN, CloseCode.RESTARTING, "Restarting.")
        assert await stage.end() == "shutdown"
        assert stage.link.got(wire.Close) == [wire.Close("shutdown")]
        assert stage.channel.sent[-2:] == [
            messages.Failed("shutdown", "Restarting.", fatal=True),
            messages.Ended("shutdown"),
        ]
        assert stage.channel.close_code == CloseCode.RESTARTING
        assert stage.recorder.events() == []


# --- words and other messages ---------------------------------------------------------------------


@virtual
async def test_the_same_message_twice_is_one_message() -> None:
    async with Stage() as stage:
        await stage.hear(Text("Hi", "m1"), Text("Hi", "m1"), Text("Hi", "m2"))
        assert stage.link.got(wire.Text) == [wire.Text("Hi", "m1"), wire.Text("Hi", "m2")]


@virtual
async def test_a_message_that_an_earlier_leg_took_is_acknowledged_with_its_answer() -> None:
    known = {"m1": KnownMessage(4, "Open?", (4, "Yes, until six.")), "m2": KnownMessage(5, "And on Sunday?")}
    facts = replace(FACTS, known=known, resumed=True)
    async with Stage(media=TEXT, facts=facts) as stage:
        before = len(stage.channel.sent)
        await stage.hear(Text("Open?", "m1"), Text("Open?", "m1"), Text("And on Sunday?", "m2"), Text("New", "m3"))
        assert stage.link.got(wire.Text) == [wire.Text("New", "m3")]
        assert stage.channel.sent[before:] == [
            messages.Heard(4, "Open?", "text", "m1"),
            messages.ReplyText(4, "Yes, until six."),
            messages.ReplyDone(4, "Yes, until six.", 0),
            messages.Heard(5, "And on Sunday?", "text", "m2"),
        ]
        assert stage.recorder.callers() == []


@virtual
async def test_the_record_keeps_the_callers_name_for_a_message_and_no_other() -> None:
    async with Stage(media=TEXT) as stage:
        await stage.hear(Text("Hi", "m1"), Text("Ho"))
        for turn, sent in enumerate(stage.link.got(wire.Text), start=1):
            assert isinstance(sent, wire.Text)
            await stage.down(wire.Heard(turn, sent.text, source="text", id=sent.id))
        assert [(turn.text, turn.message_id) for turn in stage.recorder.callers()] == [("Hi", "m1"), ("Ho", "")]


@virtual
async def test_a_message_without_id_is_echoed_without_one() -> None:
    async with Stage() as stage:
        await stage.hear(Text("Hi"))
        (sent,) = stage.link.got(wire.Text)
        assert isinstance(sent, wire.Text)
        assert sent.id
        await stage.down(wire.Heard(1, "Hi", source="text", id=sent.id))
        assert stage.channel.sent[-1] == messages.Heard(1, "Hi", "text", "")


@virtual
async def test_text_is_cleaned_and_nothing_is_no_message() -> None:
    async with Stage() as stage:
        await stage.hear(Text(" a\x00b ", "m1"), Text(" \x00 ", "m2"))
        assert stage.link.got(wire.Text) == [wire.Text("ab", "m1")]
        assert stage.channel.sent[-1] == messages.Failed("empty_text", "There was no text in this message.", False)


@virtual
async def test_too_many_waiting_messages_are_refused_not_lost_silently() -> None:
    async with Stage(limits=Limits(pending_texts=2)) as stage:
        await stage.hear(*(Text("Hi", f"m{index}") for index in range(3)))
        assert len(stage.link.got(wire.Text)) == 2
        failed = stage.channel.sent[-1]
        assert isinstance(failed, messages.Failed)
        assert failed.code == "too_many_messages"
        await stage.down(wire.Heard(1, "Hi", source="text", id="m0"))
        await stage.hear(Text("Hi", "m2"))
        assert stage.link.got(wire.Text)[-1] == wire.Text("Hi", "m2")


@virtual
async def test_tools_keys_and_failures_are_recorded() -> None:
    async with Stage() as stage:
        await stage.hear(messages.Dtmf("5"))
        assert stage.link.got(wire.Dtmf) == [wire.Dtmf("5")]
        await stage.down(wire.ToolCall("c1", "book", "{}"))
        assert stage.link.got(wire.ToolResult) == [
            wire.ToolResult("c1", '{"error":"There is no such tool.","code":"tool_unknown"}', ok=False)
        ]
        await stage.down(wire.Failed("engine_timeout", "Slow.", turn=1))
        assert stage.channel.sent[-1] == messages.Failed("engine_timeout", "Slow.", False)
        await stage.down(wire.Failed("voice_failed", "No voice.", turn=1))
        assert stage.channel.sent[-2] == messages.ReplyText(1, APOLOGY)
        assert stage.recorder.events() == ["dtmf", "tool_call", "tool_result", "failed", "failed"]


@virtual
async def test_two_legs_do_not_touch_each_other() -> None:
    other_facts = LegFacts(leg="lg_9", conversation="cv_9", agent="Bob", spec=SPEC)
    async with Stage(facts=FACTS) as one, Stage(facts=other_facts) as two:
        await answer(one, 1, milliseconds=100)
        await two.hear(Refused(CloseCode.PROTOCOL, "protocol", "no"))
        await two.end()
        await asyncio.sleep(0.5)
        assert one.channel.samples(1) == 2400
        assert two.channel.samples(1) == 0
        assert not one.running.done()


@virtual
async def test_the_way_through_the_flow_is_shown_to_whoever_tests() -> None:
    async with Stage(media=TEXT, facts=replace(FACTS, test=True)) as stage:
        await stage.down(wire.Entered(1, ("a", "b"), {"day": "Tuesday"}), wire.Entered(1, (), {"day": "Friday"}))
        assert stage.channel.got(messages.Entered) == [
            messages.Entered(1, ("a", "b"), {"day": "Tuesday"}),
            messages.Entered(1, (), {"day": "Friday"}),
        ]
        kept = [
            entry.data for entry in stage.recorder.entries if isinstance(entry, EventEntry) and entry.kind == "node"
        ]
        assert kept[0] == {"turn": 1, "nodes": ("a", "b"), "variables": {"day": "Tuesday"}}


@virtual
async def test_callers_are_not_shown_the_flow() -> None:
    async with Stage(media=TEXT) as stage:
        await stage.down(wire.Entered(1, ("a",), {"day": "Tuesday"}), wire.Entered(1, (), {"day": "Friday"}))
        assert stage.channel.got(messages.Entered) == []
        kept = [
            entry.data for entry in stage.recorder.entries if isinstance(entry, EventEntry) and entry.kind == "node"
        ]
        assert kept == [{"turn": 1, "nodes": ("a",)}]


GERMAN = VoiceSpec("coqui", "anna", language="de")


def languages_of(stage: Stage) -> list[dict[str, object]]:
    return [dict(e.data) for e in stage.recorder.entries if isinstance(e, EventEntry) and e.kind == "language"]


@virtual
async def test_a_change_of_language_is_recorded_and_our_own_sentences_follow_it() -> None:
    async with Stage() as stage:
        await stage.down(wire.Heard(1, "Guten Tag.", language="de", language_probability=0.9))
        await stage.down(wire.LanguageChanged(1, "de", GERMAN, "caller", 0.9))
        assert languages_of(stage) == [{"turn": 1, "language": "de", "by": "caller", "probability": 0.9}]
        heard = next(entry for entry in stage.recorder.entries if isinstance(entry, CallerTurn))
        assert (heard.language, heard.language_probability) == ("de", 0.9)
        await asyncio.sleep(1.0)
        await stage.down(wire.Failed("voice_failed", "No voice.", turn=1))
        assert stage.channel.got(messages.ReplyText)[-1].text == line_text("apology", "de")
        assert line_text("apology", "de") in stage.workers.spoken


@virtual
async def test_the_flows_change_of_language_has_no_probability() -> None:
    async with Stage() as stage:
        await stage.down(wire.LanguageChanged(0, "de", GERMAN))
        assert languages_of(stage) == [{"turn": 0, "language": "de", "by": "flow"}]


@virtual
async def test_a_conversation_that_goes_on_in_another_language_has_our_sentences_in_it() -> None:
    facts = replace(FACTS, state=ConversationState(language="de", turn=3, greeted=True), resumed=True)
    async with Stage(facts=facts) as stage:
        await stage.down(wire.Failed("voice_failed", "No voice.", turn=3))
        assert stage.channel.got(messages.ReplyText)[-1].text == line_text("apology", "de")


# --- a telephone's own --------------------------------------------------------------------------


@virtual
async def test_a_caller_who_was_put_through_did_not_hang_up() -> None:
    for inbound, reason in ((Hangup(), "transferred"), (Gone(), "transferred")):
        async with Stage() as stage:
            stage.session.leave("transferred")
            stage.channel.inbox.put(inbound)
            assert await stage.running == reason
        assert stage.channel.got(messages.Ended) == [messages.Ended(reason)]


@virtual
async def test_what_broke_is_not_taken_for_a_transfer() -> None:
    async with Stage() as stage:
        stage.session.leave("transferred")
        stage.channel.inbox.put(Refused(4413, "too_fast", "Too fast."))
        assert await stage.running == "too_fast"


@virtual
async def test_it_rings_on_the_line_while_somebody_is_called() -> None:
    async with Stage() as stage:
        await stage.session.ring(on=True)
        await asyncio.sleep(1.05)
        await stage.session.ring(on=False)
        rang = len(stage.channel.tones)
        assert rang >= 10
        await answer(stage, 1, milliseconds=200)
        await asyncio.sleep(1)
        assert stage.channel.samples(1) == 4800, "and what the agent says afterwards is counted as ever"
        assert len(stage.channel.tones) == rang
        assert stage.link.got(wire.Playback)[-1] == wire.Playback(1, 4800, True)


@virtual
async def test_a_call_that_was_cut_off_begins_with_a_word_of_ours() -> None:
    state = wire.ConversationState(turn=4, greeted=True)
    facts = replace(FACTS, state=state, resumed=True, comeback="resumed")
    async with Stage(facts=facts) as stage:
        assert stage.link.opening.state is not None
        assert (stage.link.opening.state.turn, stage.link.opening.state.greeted) == (5, True)
        await asyncio.sleep(1)
        assert stage.channel.got(messages.ReplyText) == [messages.ReplyText(5, "I'm back. Could you say that again?")]
        assert stage.channel.samples(5) == 12_000
        await answer(stage, 6, milliseconds=100)
        await asyncio.sleep(1)
        assert stage.channel.samples(6) == 2400


@virtual
async def test_what_services_did_is_recorded_also_of_a_turn_that_is_over() -> None:
    def used(stage: Stage) -> list[tuple[int, str, int]]:
        found = [entry for entry in stage.recorder.entries if isinstance(entry, TurnUse)]
        return [(entry.number, entry.role, sum(use.prompt_tokens for use in entry.used)) for entry in found]

    async with Stage() as stage:
        await answer(stage, 1)
        await stage.down(wire.Timing(1, (), used=(Use("chat", "pv_1", prompt_tokens=5),)))
        await stage.down(wire.Interrupted(2))
        await stage.down(wire.Timing(1, (), used=(Use("chat", "pv_1", prompt_tokens=2),)))
        await stage.down(wire.State(ConversationState(turn=2), 2, used=(Use("chat", "pv_1", prompt_tokens=9),)))
        assert used(stage) == [(1, "agent", 5), (1, "agent", 7)]  # The last is of no turn yet: it goes with the next.
        await answer(stage, 3)
        await stage.down(wire.Timing(3, (), used=(Use("chat", "pv_1", prompt_tokens=1),)))
        assert used(stage)[-1] == (3, "agent", 10)
