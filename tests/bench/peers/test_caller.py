"""The caller on the peer's wire, in virtual time: every frame comes at a known moment."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from types import SimpleNamespace

import numpy as np
import pytest

from channels_io.bench.peers import caller as module
from channels_io.bench.peers.caller import PeerCaller, PeerUtterance, last_audible
from channels_io.simulators.browser_caller import CallFailed
from channels_io.simulators.microphone import FRAME_SAMPLES, quiet_room, speech_of
from tests.channels_io.simulators.scene import HUSH, LOUD, QUIET, TONE, Wire
from tests.support.virtual_time import run_virtual

ASK = speech_of(np.concatenate([QUIET, LOUD, QUIET]))
"""Audible from 100 to 200 ms: the last audible sample is in the frame that leaves at 180 ms."""


class Peer:
    def __init__(self, wire: Wire, started: float) -> None:
        self.wire = wire
        self.started = started

    def audio(self, at: float, seconds: float = 1.0) -> None:
        """Tone from `at` ms on, in frames of 20 ms that come in real time."""
        for index in range(round(seconds * 50)):
            self._at(at + 20 * index, TONE.tobytes())

    def hush(self, at: float) -> None:
        self._at(at, HUSH.tobytes())

    def tell(self, at: float, kind: str, text: str = "") -> None:
        self._at(at, json.dumps({"type": kind, "text": text}))

    def close(self, at: float) -> None:
        asyncio.get_running_loop().call_at(self.started + at / 1000, self.wire.close)

    def _at(self, at: float, message: bytes | str) -> None:
        asyncio.get_running_loop().call_at(self.started + at / 1000, self.wire.arriving.put_nowait, message)


def talk(
    monkeypatch: pytest.MonkeyPatch, script: Callable[[PeerCaller, Peer], Awaitable[PeerUtterance]]
) -> PeerUtterance:
    async def run() -> PeerUtterance:
        loop = asyncio.get_running_loop()
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=loop.time))
        wire = Wire()
        caller = PeerCaller(wire)  # type: ignore[arg-type]
        tasks = [asyncio.create_task(work) for work in (caller._read(), caller._speak_frames())]
        try:
            return await script(caller, Peer(wire, loop.time()))
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    result = run_virtual(run())
    assert isinstance(result, PeerUtterance)
    return result


def test_voice_to_voice_begins_with_the_last_audible_frame_and_ends_with_the_first_audible_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        peer.tell(400, "heard", "What I said.")
        peer.hush(480)
        peer.audio(500)
        peer.tell(1600, "said", "We close at six.")
        utterance = await caller.speak(ASK)
        await caller.wait_until_quiet(1.2, 10)
        assert await caller.comes_true(lambda: bool(utterance.said), 10)
        return utterance

    utterance = talk(monkeypatch, script)
    assert utterance.v2v_ms == pytest.approx(320)
    assert not utterance.cut_off
    assert (utterance.heard, utterance.said) == (["What I said."], ["We close at six."])


def test_quiet_is_what_is_not_audible_even_while_frames_come(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        utterance = await caller.speak(ASK)
        peer.audio(500, seconds=0.4)
        for at in range(900, 3000, 20):
            peer.hush(at)
        await caller.reaches(peer.started + 0.6)
        assert await caller.wait_until_quiet(1.2, 10)
        # The last tone frame comes at 880 ms and sounds for 20.
        assert module.time.monotonic() - peer.started == pytest.approx(2.1)
        return utterance

    talk(monkeypatch, script)


@pytest.mark.parametrize("early", ["audio", "turn"])
def test_an_answer_or_a_taken_turn_before_the_end_is_a_cut_off(monkeypatch: pytest.MonkeyPatch, early: str) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        if early == "audio":
            peer.audio(140, 0.1)
        else:
            peer.tell(140, "heard", "What")
            peer.audio(500)
        utterance = await caller.speak(ASK)
        await caller.reaches(peer.started + 2)
        return utterance

    utterance = talk(monkeypatch, script)
    assert utterance.cut_off
    assert utterance.v2v_ms is None


def test_a_barge_in_is_over_when_clear_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        peer.audio(0, seconds=0.43)
        peer.tell(430, "clear")
        await caller.reaches(peer.started + 0.06)
        utterance = await caller.speak(ASK)
        await caller.reaches(peer.started + 2)
        assert caller.audible_until == pytest.approx(peer.started + 0.43)
        return utterance

    utterance = talk(monkeypatch, script)
    assert utterance.sounding
    # The first frame of it leaves at 60 ms, the first audible one 100 ms later.
    assert utterance.silent_ms == pytest.approx(430 - 160)


def test_what_the_peer_still_says_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        peer.audio(0, seconds=1.0)
        await caller.reaches(peer.started + 0.06)
        utterance = await caller.speak(ASK)
        await caller.reaches(peer.started + 2)
        return utterance

    utterance = talk(monkeypatch, script)
    assert utterance.sound.at is None
    assert utterance.silent_ms is None


def test_the_microphone_never_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        utterance = await caller.speak(ASK)
        await caller.reaches(peer.started + 1.0)
        frames = [message for _, message in peer.wire.sent]
        assert len(frames) in (50, 51)
        assert {len(frame) for frame in frames} == {2 * FRAME_SAMPLES}
        assert frames[-1] in quiet_room()
        return utterance

    talk(monkeypatch, script)


def test_a_call_that_ends_fails_what_is_being_said(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script(caller: PeerCaller, peer: Peer) -> PeerUtterance:
        peer.close(100)
        with pytest.raises(CallFailed, match="1006"):
            await caller.speak(ASK)
        with pytest.raises(CallFailed):
            await caller.speak(ASK)
        return caller.utterances[0]

    assert talk(monkeypatch, script).ended is None


def test_the_last_audible_sample_is_found_to_ten_milliseconds() -> None:
    assert last_audible(np.concatenate([TONE, HUSH]).tobytes()) == TONE.size
    assert last_audible(HUSH.tobytes()) == 0
    assert last_audible(b"") == 0
