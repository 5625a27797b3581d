"""Who watches a leg, what they are told, and that they never hold it up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
import pytest

from channels_io.live.hub import Subscription
from channels_io.live.messages import CallerAudio
from channels_io.live.watch_events import AGENT, CALLER, OPERATOR, unpack_sound
from channels_io.live.watching import KEPT_SECONDS, LINES
from inference import events as wire
from inference.events import ConversationState, Span
from inference.spec import VoiceSpec
from tests.channels_io.live.script import Stage, tone
from tests.channels_io.live.test_operator import owned, speak
from tests.support.virtual_time import run_virtual

EVENTS = "live:cv_1:events"
SOUND = "live:cv_1:sound"


def virtual(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    def run() -> None:
        run_virtual(test())

    run.__name__ = test.__name__
    return run


def taken(subscription: Subscription) -> list[dict[str, Any]]:
    found = []
    while subscription._items:
        found.append(msgspec.json.decode(subscription._items.popleft()))
    return found


def kinds(subscription: Subscription) -> list[str]:
    return [event["type"] for event in taken(subscription)]


@virtual
async def test_without_a_watcher_nothing_is_told() -> None:
    async with Stage() as stage:
        with stage.hub.listening(EVENTS) as events, stage.hub.listening(SOUND) as sound:
            await stage.hear(CallerAudio(tone(20, 16_000), stage.clock()))
            await stage.down(wire.Heard(1, "Hello?"), wire.ReplyText(1, "Yes?"), wire.ReplyAudio(1, tone(40)))
            await asyncio.sleep(0.2)
            assert taken(events) == []
            assert not sound._items


@virtual
async def test_a_watcher_is_told_how_it_stands_and_what_comes() -> None:
    async with Stage() as stage:
        with stage.hub.listening(EVENTS) as events:
            await stage.down(wire.Heard(1, "Hello?"), wire.ReplyText(1, "Yes?"), wire.ReplyDone(1, "Yes?"))
            await stage.down(wire.State(ConversationState(node="goal", variables={"name": "Jane"}, turn=1), 1))
            await stage.note(do="watch", listen=False, watcher="w1")
            (hello,) = taken(events)
            assert (hello["type"], hello["to"], hello["leg"], hello["kind"], hello["media"]) == (
                "hello",
                "w1",
                "lg_1",
                "hand",
                "voice",
            )
            assert (hello["owner"], hello["owner_user"], hello["number"]) == ("ai", None, 0)
            assert (hello["node"], hello["variables"]) == ("goal", {"name": "Jane"})
            assert [(line["number"], line["role"], line["text"]) for line in hello["turns"]] == [
                (1, "caller", "Hello?"),
                (1, "agent", "Yes?"),
            ]
            await stage.note(do="watch", listen=False, watcher="w1")
            assert taken(events) == []  # Still there: told already.
            await stage.down(wire.SpeechStarted(10, 1), wire.Partial("And", 1), wire.Heard(2, "And now?"))
            await stage.down(wire.Entered(2, ("goal",), {}), wire.ReplyText(2, "Now "), wire.ReplyText(2, "this."))
            await stage.down(wire.ReplyAudio(2, tone(400)), wire.ReplyDone(2, "Now this.", 9600))
            await stage.down(wire.Timing(2, (Span("voice", 100.0),)))
            await asyncio.sleep(1.5)
            told = taken(events)
            assert {"type": "partial", "text": "And"} in told
            assert [event["text"] for event in told if event["type"] == "reply"] == ["Now", "Now this.", "Now this."]
            assert [event["on"] for event in told if event["type"] == "speaking" and event["who"] == "caller"] == [
                True,
                False,
            ]
            assert [event["on"] for event in told if event["type"] == "speaking" and event["who"] == "agent"] == [
                True,
                False,
            ]
            assert [event["title"] for event in told if event["type"] == "node"] == ["goal"]
            assert next(event for event in told if event["type"] == "timing")["spans"][0] == ["voice", 100.0]
            await stage.down(wire.State(ConversationState(turn=2), 2, 2, "Now", cut=True))
            assert {"type": "settled", "turn": 2, "text": "Now", "cut": True} in taken(events)


@virtual
async def test_a_watcher_is_told_of_another_language() -> None:
    async with Stage() as stage:
        with stage.hub.listening(EVENTS) as events:
            await stage.note(do="watch", listen=False, watcher="w1")
            await stage.down(wire.LanguageChanged(1, "de", VoiceSpec(language="de"), "caller", 0.9))
            assert {"type": "language", "turn": 1, "language": "de", "name": "German"} in taken(events)


@virtual
async def test_owner_words_hold_and_whispers_are_told_with_names() -> None:
    async with Stage() as stage:
        with stage.hub.listening(EVENTS) as events:
            await stage.note(do="watch", listen=False, watcher="w1")
            await owned(stage)
            await stage.note(do="whisper", text="Be kind.", by="Bob")
            ear = next(link for link in stage.workers.links if link.opening.listen_only)
            ear.say(wire.Heard(1, "Hello, Alice here."))
            await asyncio.sleep(0.1)
            await stage.note(do="hold", on=True)
            told = taken(events)
            assert {"type": "owner", "owner": "human", "user": {"id": "us_Alice", "name": "Alice"}, "number": 1} in told
            assert {"type": "whispered", "text": "Be kind.", "by": "Bob"} in told
            assert {"type": "hold", "on": True} in told
            spoken = [event for event in told if event["type"] == "reply" and event["role"] == "human"]
            assert [event["text"] for event in spoken] == ["Hello, Alice here."]
            await stage.note(do="watch", listen=False, watcher="w2")
            hello = next(event for event in taken(events) if event["type"] == "hello")
            assert hello["held"]
            assert [line["by"] for line in hello["turns"] if line["role"] == "human"] == ["Alice"]


@virtual
async def test_sound_only_while_somebody_listens_and_from_all_sides() -> None:
    async with Stage() as stage:
        with stage.hub.listening(SOUND, limit=1000) as sound:
            await stage.note(do="watch", listen=False, watcher="w1")
            await stage.hear(CallerAudio(tone(20, 16_000), stage.clock()))
            assert not sound._items
            await stage.note(do="watch", listen=True, watcher="w2")
            await stage.hear(CallerAudio(tone(20, 16_000), stage.clock()))
            await stage.down(wire.ReplyAudio(1, tone(100)), wire.ReplyDone(1, "Hm.", 2400))
            await asyncio.sleep(0.3)
            await owned(stage)
            await speak(stage, 200)
            await asyncio.sleep(0.1)
            pieces = [unpack_sound(payload) for payload in sound._items]
            assert {side for side, *_ in pieces} == {CALLER, AGENT, OPERATOR}
            assert all(0 <= at_ms < 5000 for _, at_ms, _ in pieces)
            caller = [pcm for side, _, pcm in pieces if side == CALLER]
            assert [len(pcm) for pcm in caller] == [640]
            operator = sum(len(pcm) for side, _, pcm in pieces if side == OPERATOR)
            assert abs(operator - 16 * 200 * 2) < 100
            sound.clear()
            await stage.note(do="left", watcher="w2")
            await stage.hear(CallerAudio(tone(20, 16_000), stage.clock()))
            assert not sound._items


@virtual
async def test_a_watcher_who_says_nothing_any_more_is_forgotten() -> None:
    async with Stage() as stage:
        stage.begin_frames()
        with stage.hub.listening(EVENTS, limit=10_000) as events:
            await stage.note(do="watch", listen=True, watcher="w1")
            await asyncio.sleep(KEPT_SECONDS + 1)
            taken(events)
            await stage.down(wire.Heard(1, "Hello?"))
            assert taken(events) == []


@virtual
async def test_twenty_watchers_who_never_read_do_not_delay_the_voice() -> None:
    """Exact: in virtual time every frame leaves at its own moment, with twenty full queues as with none."""

    async def moments(watchers: int) -> list[tuple[float, int, int]]:
        async with Stage() as stage:
            began = stage.clock()
            stage.begin_frames()
            lines = [stage.hub.listening(topic, limit=5) for topic in (EVENTS, SOUND) for _ in range(watchers)]
            subscriptions = [line.__enter__() for line in lines]
            for number in range(watchers):
                await stage.note(do="watch", listen=True, watcher=f"w{number}")
            await asyncio.sleep(began + 1.0 - stage.clock())
            await stage.down(wire.ReplyText(1, "A long story."), wire.ReplyAudio(1, tone(5000)))
            await asyncio.sleep(began + 7.0 - stage.clock())
            assert all(len(each._items) == 5 and each.dropped for each in subscriptions)
            for line in lines:
                line.__exit__(None, None, None)
            return [(round(at - began, 4), turn, count) for at, turn, count in stage.channel.audio]

    assert await moments(20) == await moments(0)


@virtual
async def test_what_is_kept_for_those_who_come_later_is_bounded() -> None:
    async with Stage() as stage:
        for number in range(1, 80):
            await stage.down(wire.Heard(number, f"Question {number}?"))
        with stage.hub.listening(EVENTS) as events:
            await stage.note(do="watch", listen=False, watcher="w1")
            (hello,) = taken(events)
            assert len(hello["turns"]) == LINES
            assert hello["turns"][-1]["text"] == "Question 79?"


def test_a_subscription_drops_the_oldest_and_counts() -> None:
    async def run() -> None:
        subscription = Subscription(limit=2)
        for item in (b"1", b"2", b"3"):
            subscription.put(item)
        assert subscription.dropped == 1
        assert [await subscription.get(), await subscription.get()] == [b"2", b"3"]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await subscription.get()

    run_virtual(run())
