"""The comparison's driver against a peer on a real socket: a scripted server, judged as pipecat would be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import msgspec
import numpy as np
import pytest
from websockets.asyncio.server import ServerConnection, serve

from channels_io.bench.corpus import all_clips
from channels_io.bench.peers import driver
from channels_io.bench.peers.caller import PeerUtterance
from channels_io.bench.peers.driver import PeerPlan, PeersPlan, run, turn_record
from channels_io.bench.records import RunRecord

TONE = np.full(480, 4000, dtype=np.int16).tobytes()


@asynccontextmanager
async def peer(*, greets: bool = True, hangs_up: bool = False) -> AsyncGenerator[str]:
    """Answers once, half a second after the caller's voice went away."""

    async def answer(socket: ServerConnection) -> None:
        if greets:
            await socket.send(TONE)
        loud, quiet = False, 0
        async for message in socket:
            assert isinstance(message, bytes)
            if np.abs(np.frombuffer(message, "<i2").astype(int)).max() > 2000:
                loud, quiet = True, 0
                if hangs_up:
                    return
            elif loud:
                quiet += 1
                if quiet == 25:
                    loud = False
                    await socket.send(json.dumps({"type": "heard", "text": "When do you open?"}))
                    await socket.send(TONE)
                    await socket.send(json.dumps({"type": "said", "text": "On Saturday we open at 9 am."}))

    async with serve(answer, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(driver, "GREETING_SECONDS", 0.5)
    monkeypatch.setattr(driver, "QUIET_SECONDS", 0.2)


async def test_a_turn_is_recorded_as_parleys_are() -> None:
    async with peer() as url:
        runs = await run(PeersPlan((PeerPlan("shipped", url, ("q01",)),)))
    record = runs["shipped"]
    assert list(runs) == ["shipped"]
    assert [(turn.clip, turn.kind, turn.position) for turn in record.turns] == [("q01", "question", 0)]
    turn = record.turns[0]
    assert turn.v2v_ms is not None
    assert turn.v2v_ms > 0
    assert (turn.heard, turn.said, turn.right) == ("When do you open?", "On Saturday we open at 9 am.", True)
    assert (record.problems, record.not_played) == ((), ())
    assert record.lateness_ms.frames > 100
    decoded = msgspec.json.decode(msgspec.json.encode(runs), type=dict[str, RunRecord])
    assert decoded["shipped"].turns == record.turns


async def test_a_broken_call_is_told_and_its_clips_are_not_lost() -> None:
    async with peer(hangs_up=True, greets=False) as url:
        told: list[str] = []
        runs = await run(PeersPlan((PeerPlan("shipped", url, ("q01", "q02")),)), told.append)
    record = runs["shipped"]
    assert record.not_played == ("q01", "q02")
    assert ["no greeting" in record.problems[0], "closed the call" in record.problems[1]] == [True, True]
    assert list(record.problems) == told


async def test_nobody_there_is_a_problem_not_a_crash() -> None:
    async with peer() as url:
        pass
    runs = await run(PeersPlan((PeerPlan("shipped", url, ("q01",)),)))
    assert "Nobody answers" in runs["shipped"].problems[0]


def test_a_turn_without_an_answer_is_missed() -> None:
    utterance = PeerUtterance()
    utterance.began, utterance.ended = 1.0, 2.0
    record = turn_record(all_clips()["q01"], 3, 1, utterance)
    assert record.missed
    assert (record.call, record.position, record.right) == (3, 1, False)


async def test_calls_are_made_one_after_the_other() -> None:
    async with peer() as url:
        order: list[str] = []
        calls = (PeerPlan("tuned", url, ("q01",)), PeerPlan("shipped", url, ("q01",)))
        async with asyncio.timeout(60):
            await run(PeersPlan(calls), order.append)
    assert [line.split()[0] for line in order] == ["tuned", "shipped"]
