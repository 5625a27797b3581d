from __future__ import annotations

import pytest

from channels_io.base import CloseCode
from channels_io.kinds.browser_voice.codec import BrowserVoiceCodec
from channels_io.live.inbox import Inbox
from channels_io.live.intake import Intake
from channels_io.live.limits import Limits
from channels_io.live.messages import CallerAudio, Ping, Refused

FRAME = bytes(640)


def intake(inbox: Inbox) -> Intake:
    return Intake(BrowserVoiceCodec(), inbox, rate=16_000, limits=Limits(), started=0.0)


async def first_refusal(inbox: Inbox) -> Refused:
    async for item in inbox.messages():
        if isinstance(item, Refused):
            return item
    raise AssertionError("nothing was refused")


async def test_real_time_audio_passes_for_an_hour() -> None:
    inbox = Inbox()
    entrance = intake(inbox)
    for frame in range(3600 * 50):
        entrance.feed(None, FRAME, frame * 0.02)
        assert await inbox.get() == CallerAudio(FRAME, frame * 0.02)
    assert inbox.dropped_frames == 0


@pytest.mark.parametrize(
    ("text", "data", "close_code", "code"),
    [
        (None, bytes(641), CloseCode.PROTOCOL, "protocol"),
        (None, b"", CloseCode.PROTOCOL, "protocol"),
        (None, bytes(6402), CloseCode.TOO_LARGE, "too_large"),
        (None, bytes(1 << 20), CloseCode.TOO_LARGE, "too_large"),
        ("{garbage", None, CloseCode.PROTOCOL, "protocol"),
        ("x" * 100_000, None, CloseCode.TOO_LARGE, "too_large"),
    ],
)
async def test_bad_frames_end_the_line_with_a_code(
    text: str | None, data: bytes | None, close_code: CloseCode, code: str
) -> None:
    inbox = Inbox()
    intake(inbox).feed(text, data, 1.0)
    refusal = await first_refusal(inbox)
    assert (refusal.close_code, refusal.code) == (close_code, code)


async def test_a_microphone_at_48_khz_is_refused_within_two_seconds() -> None:
    inbox = Inbox()
    entrance = intake(inbox)
    for frame in range(101):
        entrance.feed(None, bytes(1920), frame * 0.02)
    assert (await first_refusal(inbox)).code == "too_fast"


async def test_ten_thousand_frames_a_second_are_refused() -> None:
    inbox = Inbox()
    entrance = intake(inbox)
    for frame in range(10_000):
        entrance.feed(None, FRAME, frame * 0.0001)
    assert (await first_refusal(inbox)).code == "too_fast"
    assert inbox.dropped_frames <= 250


async def test_a_burst_after_a_gap_in_the_network_passes() -> None:
    inbox = Inbox()
    entrance = intake(inbox)
    for _ in range(400):
        entrance.feed(None, FRAME, 8.0)
    assert inbox.dropped_frames == 150
    assert isinstance(await inbox.get(), CallerAudio)


async def test_a_flood_of_pings_is_refused_and_the_rest_ignored() -> None:
    inbox = Inbox()
    entrance = intake(inbox)
    for _ in range(2000):
        entrance.feed('{"type":"ping"}', None, 1.0)
    items = [item async for item in inbox.messages()]
    assert [type(item) for item in items[:-1]] == [Ping] * 1000
    assert items[-1] == Refused(CloseCode.TOO_LARGE, "flood", "Too many messages at once.")
