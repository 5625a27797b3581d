"""Conversations as a live leg would leave them: written through the real actions, with sound if asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.utils import timezone

from agents.models import Agent, Version
from channels_io.actions.close_leg import close_leg
from channels_io.actions.open_leg import open_leg
from channels_io.actions.record_entries import record_entries
from channels_io.actions.start_recording import start_recording
from channels_io.entries import AgentTurn, CallerTurn, Entry, EventEntry, StateSnapshot, TurnTiming
from channels_io.models import Channel, Conversation, Leg, Turn
from channels_io.recordings import AGENT_RATE, RATE
from inference.audio import Samples
from inference.events import ConversationState, Message, Span
from inference.spec import AgentSpec

NAMES = ("silence", "recognition", "first token", "first clause", "voice", "wire")


@dataclass(frozen=True)
class Said:
    """One exchange. `heard` shorter than `reply`: the agent was interrupted there."""

    caller: str
    reply: str
    spans: tuple[float, ...] = (152.0, 74.5, 98.2, 61.3, 14.0, 9.5)
    heard: str | None = None
    source: str = "voice"
    cached: int = 352
    guesses_wasted: int = 0
    filler: bool = False
    names: tuple[str, ...] = NAMES


GREETING = "Smile Dental, this call is recorded. How can I help you?"
EXCHANGES = (
    Said("What time do you open on Saturday?", "On Saturday we open at nine in the morning and close at one."),
    Said(
        "And how much is a cleaning?",
        "A cleaning is eighty dollars. It takes about forty minutes, and you can pay by card or in cash.",
        spans=(148.0, 81.0, 212.4, 96.0, 15.2, 11.9),
        heard="A cleaning is eighty dollars. It takes about",
    ),
    Said(
        "Sorry, can I come this Saturday at ten?",
        "Yes, ten o'clock is free. May I have your name?",
        spans=(201.0, 77.7, 402.8, 102.0, 13.9, 12.6),
        cached=340,
    ),
    Said(
        "jane.doe@example.com",
        "Thank you, Jane. I have noted your address.",
        spans=(0.0, 0.0, 180.0, 70.0),
        source="text",
    ),
)


def entries_of(exchanges: Sequence[Said], started: datetime, greeting: str = GREETING) -> list[Entry]:
    """All entries of a leg in the order in which a recorder sends them."""
    entries: list[Entry] = []
    clock = 400

    def seq() -> int:
        return len(entries) + 1

    def at(offset: int) -> datetime:
        return started + timedelta(milliseconds=offset)

    end = clock + len(greeting) * 55
    entries.append(AgentTurn(seq=seq(), number=0, text=greeting, started_ms=clock, ended_ms=end, at=at(clock)))
    history = [Message("assistant", greeting)]
    clock = end + 900
    for number, said in enumerate(exchanges, start=1):
        spoke = 0 if said.source == "text" else len(said.caller) * 60
        begin, clock = clock, clock + spoke
        entries.append(
            CallerTurn(
                seq=seq(),
                number=number,
                text=said.caller,
                source=said.source,
                started_ms=begin,
                ended_ms=clock,
                at=at(clock),
            )
        )
        wait = sum(said.spans)
        start = clock + round(wait)
        heard = said.reply if said.heard is None else said.heard
        clock = start + len(heard) * 55
        full = AgentTurn(seq=seq(), number=number, text=said.reply, started_ms=start, ended_ms=clock, at=at(start))
        entries.append(full)
        entries.append(
            TurnTiming(
                seq=seq(),
                number=number,
                v2v_ms=None if said.source == "text" else wait,
                spans=tuple(Span(name, ms) for name, ms in zip(said.names, said.spans, strict=False)),
                prompt_tokens=360 + number * 12,
                cached_tokens=said.cached + number * 12,
                reply_tokens=len(said.reply) // 4,
                guesses_wasted=said.guesses_wasted,
                filler=said.filler,
            )
        )
        if said.heard is not None:
            entries.append(EventEntry(seq=seq(), kind="interrupted", at_ms=clock, at=at(clock)))
        entries.append(
            AgentTurn(
                seq=seq(),
                number=number,
                text=heard,
                full_text=said.reply,
                cut=said.heard is not None,
                started_ms=start,
                ended_ms=clock,
                at=at(start),
            )
        )
        history += [Message("user", said.caller), Message("assistant", heard)]
        state = ConversationState(node="main", history=tuple(history), turn=number, greeted=True)
        entries.append(StateSnapshot(seq=seq(), state=state))
        clock += 1100
    return entries


def make_conversation(
    agent: Agent,
    *,
    exchanges: Sequence[Said] = EXCHANGES,
    kind: str = "browser_voice",
    media: str = "voice",
    channel: Channel | None = None,
    running: Version | AgentSpec | None = None,
    identity: tuple[str, str] | None = ("visitor", "v_test"),
    contact_name: str = "",
    conversation: Conversation | None = None,
    started: datetime | None = None,
    end_reason: str | None = "hangup",
    recorded: bool = False,
    more: Sequence[Entry] = (),
) -> Conversation:
    """A conversation with one leg (or one more leg). `end_reason` None leaves it live."""
    started = started or timezone.now() - timedelta(minutes=5)
    version = running or agent.published
    assert version is not None, "publish the agent first, or give what runs"
    leg = open_leg(
        agent=agent,
        running=version,
        kind=kind,
        media=media,
        channel=channel,
        identity=identity,
        conversation=conversation,
    )
    entries = [*entries_of(exchanges, started), *more]
    ended = started + timedelta(milliseconds=_end_of(entries) + 800)
    if recorded:
        _record_sound(leg, entries)
    record_entries(leg, entries)
    if end_reason is not None:
        close_leg(leg, end_reason)
    Leg.objects.filter(pk=leg.pk).update(started_at=started, ended_at=None if end_reason is None else ended)
    row = leg.conversation
    Conversation.objects.filter(pk=row.pk).update(last_at=ended, **({} if conversation else {"started_at": started}))
    if contact_name:
        type(row.contact).objects.filter(pk=row.contact_id).update(name=contact_name)
    return Conversation.objects.select_related("contact", "agent").get(pk=row.pk)


def _end_of(entries: Sequence[Entry]) -> int:
    return max((entry.ended_ms for entry in entries if isinstance(entry, CallerTurn | AgentTurn)), default=0)


def _record_sound(leg: Leg, entries: Sequence[Entry]) -> None:
    writer = start_recording(leg)
    assert writer is not None
    turns = {
        (entry.number, isinstance(entry, AgentTurn)): entry
        for entry in entries
        if isinstance(entry, CallerTurn | AgentTurn) and entry.source == "voice"
    }
    for (_, agent), turn in sorted(turns.items(), key=lambda item: item[1].started_ms):
        rate = AGENT_RATE if agent else RATE
        sound = speech_like(turn.ended_ms - turn.started_ms, rate, seed=turn.number, pitch=190 if agent else 120)
        place = turn.started_ms * rate // 1000
        (writer.agent if agent else writer.caller)(sound, place)
    writer.close()


def speech_like(ms: int, rate: int, *, seed: int, pitch: float) -> Samples:
    """Sound with syllables and pauses, so that a waveform looks like speech."""
    count = ms * rate // 1000
    rng = np.random.default_rng(seed)
    time = np.arange(count) / rate
    steps = max(2, ms // 90)
    loudness = rng.uniform(0.08, 1.0, steps) * (rng.random(steps) > 0.18)
    envelope = np.interp(time, np.linspace(0, ms / 1000, steps), loudness)
    voice = np.sin(2 * np.pi * pitch * time) + 0.5 * np.sin(2 * np.pi * pitch * 2.02 * time)
    return (voice * envelope * 9000 + rng.normal(0, 60, count)).astype(np.int16)


def turns_of(conversation: Conversation) -> list[Turn]:
    return list(Turn.objects.filter(conversation=conversation).order_by("leg", "number", "role"))
