"""One invented conversation with everything that hangs on it: rows without a database."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Final

from django.db.models import Model

from channels_io.end_reasons import EndReason
from channels_io.models import (
    Analysis,
    Conversation,
    CostLine,
    Event,
    FollowUp,
    Handoff,
    Leg,
    Note,
    Outcome,
    OwnerChange,
    Turn,
    TurnSpan,
)
from channels_io.seeding.town import Line, Town
from channels_io.seeding.words import AGENT, CALLER, PERSON, PROMISES, QUESTIONS, REASONS, SUMMARIES, says, sentence
from parley.accounts.models import User

WAITS: Final = (
    ("silence", 0.34),
    ("recognition", 0.12),
    ("first token", 0.26),
    ("first clause", 0.15),
    ("voice", 0.09),
    ("wire", 0.04),
)
"""Name and usual share of the whole."""
BUDGET_MS: Final = 600
LIVE: Final = 14
"""Of all, the newest so many go on at this moment."""
COSTS: Final = (
    ("asr", "second", 90),
    ("llm", "prompt token", 2),
    ("tts", "character", 15),
    ("carrier", "minute in", 8500),
    ("gpu", "second", 120),
)
"""Component, unit, millionths of the currency for one."""


@dataclass(slots=True)
class Talk:
    """Rows by table, in the order in which they may be written; `conversation` and `leg` come first and get their keys."""

    conversation: Conversation
    leg: Leg
    turns: list[Turn] = field(default_factory=list)
    spans: list[TurnSpan] = field(default_factory=list)
    others: list[Model] = field(default_factory=list)
    tags: list[int] = field(default_factory=list)
    asked: datetime | None = None
    taken: datetime | None = None
    """When a person was asked for, and when one came, if one did."""


def make_talk(town: Town, random: Random, started: datetime, *, now: datetime, live: bool) -> Talk:
    before = random.getstate()
    line: Line = random.choices(town.lines, town.weights)[0]
    agent = random.choices(town.agents, [5, 3, 2][: len(town.agents)])[0]
    conversation = Conversation(
        workspace=town.workspace,
        contact=random.choice(town.contacts),
        agent=agent,
        created_at=started,
        started_at=started,
        last_at=started,
        last_kind=line.kind,
        state={"node": "main", "turn": 0},
    )
    leg = Leg(
        workspace=town.workspace,
        conversation=conversation,
        channel=line.channel,
        kind=line.kind,
        version=agent.published,
        media=line.media,
        created_at=started,
        started_at=started,
        seen_at=started,
    )
    talk = Talk(conversation, leg)
    handed = random.random() < 0.09
    at = _speak(
        talk, town, random, started, by=random.choice(town.people) if handed and random.random() < 0.7 else None
    )
    if live and at > now:
        # What was said lies behind us: the same talk again, begun so much earlier.
        random.setstate(before)
        return make_talk(town, random, started - (at - now), now=now, live=True)
    if live:
        leg.seen_at = now
        conversation.last_at = at
    else:
        _end(talk, random, at)
    _inbox(talk, town, random, handed=handed, live=live, now=now)
    if not live:
        _afterwards(talk, town, random)
    return talk


def _speak(talk: Talk, town: Town, random: Random, started: datetime, by: User | None) -> datetime:
    """The turns; when the last of them ended."""
    voice = talk.leg.media == Leg.Media.VOICE
    exchanges = random.randint(2, 6)
    at, number = started + timedelta(seconds=1), 0
    for number in range(exchanges):
        if number:
            at = _turn(talk, random, number, Turn.Role.CALLER, says(random, CALLER), at, voice)
        person = by is not None and number > exchanges // 2
        if person and talk.taken is None:
            talk.asked, at = at, at + timedelta(seconds=random.uniform(4, 150))
            talk.taken = at
        role, patterns = (Turn.Role.HUMAN, PERSON) if person else (Turn.Role.AGENT, AGENT)
        at = _turn(talk, random, number, role, says(random, patterns), at, voice, by=by if person else None)
    if random.random() < 0.5:
        at = _turn(talk, random, number + 1, Turn.Role.CALLER, says(random, CALLER), at, voice)
    if random.random() < 0.03:  # Somebody who said nothing.
        talk.turns, talk.spans = talk.turns[:1], []
    return at


def _turn(
    talk: Talk, random: Random, number: int, role: str, text: str, at: datetime, voice: bool, by: User | None = None
) -> datetime:
    conversation, leg = talk.conversation, talk.leg
    begins = round((at - leg.started_at).total_seconds() * 1000)
    lasts = len(text) * (55 if voice else 20)
    turn = Turn(
        workspace=conversation.workspace,
        conversation=conversation,
        leg=leg,
        number=number,
        role=role,
        text=text,
        full_text=text,
        by=by,
        source=Turn.Source.VOICE if voice else Turn.Source.TEXT,
        started_ms=begins,
        ended_ms=begins + lasts,
        at=at,
        text_seq=number * 3 + 1,
        timing_seq=number * 3 + 2,
    )
    talk.turns.append(turn)
    if role == Turn.Role.AGENT and number:
        _time(talk, turn, random, voice)
    pause = random.uniform(0.6, 2.5) if voice else random.uniform(4, 90)
    return at + timedelta(milliseconds=lasts) + timedelta(seconds=pause)


def _time(talk: Talk, turn: Turn, random: Random, voice: bool) -> None:
    turn.prompt_tokens, turn.cached_tokens = random.randint(320, 900), random.randint(250, 320)
    turn.reply_tokens = len(turn.text) // 4
    if not voice:
        return
    whole = min(random.lognormvariate(6.05, 0.32), 6000.0)
    turn.v2v_ms, turn.over_budget = whole, whole > BUDGET_MS
    turn.filler = whole > 1500
    turn.guesses_wasted = random.choice((0, 0, 0, 0, 1, 2))
    shares = [share * random.uniform(0.6, 1.5) for _, share in WAITS]
    start = 0.0
    for position, ((word, _), share) in enumerate(zip(WAITS, shares, strict=True)):
        ms = whole * share / sum(shares)
        talk.spans.append(TurnSpan(turn=turn, position=position, name=word, start_ms=start, ms=ms))
        start += ms
    if random.random() < 0.08:
        turn.cut, turn.text = True, turn.text[: len(turn.text) // 2]
        soon = random.random() < 0.12  # The caller had not finished: hardly anything of the answer was heard.
        turn.ended_ms = turn.started_ms + (round(random.uniform(200, 900)) if soon else 1000 + len(turn.text) * 55)
        talk.others.append(_event(talk, "interrupted", turn))


def _event(talk: Talk, kind: str, turn: Turn, **data: str) -> Event:
    seq = turn.number * 3 + (3 if kind == "interrupted" else 9000)
    return Event(
        workspace=talk.conversation.workspace, conversation=talk.conversation, leg=talk.leg, seq=seq, kind=kind,
        data=data, at_ms=turn.ended_ms, at=turn.at,
    )  # fmt: skip


def _end(talk: Talk, random: Random, at: datetime) -> None:
    conversation, leg = talk.conversation, talk.leg
    spoke = any(turn.role == Turn.Role.CALLER for turn in talk.turns)
    leg.ended_at = leg.seen_at = conversation.last_at = conversation.closed_at = at
    conversation.status = Conversation.Status.CLOSED
    if random.random() < 0.02:
        leg.end_reason, conversation.outcome = random.choice((EndReason.WORKER_LOST, EndReason.FAILED)), Outcome.FAILED
        talk.others.append(_event(talk, "failed", talk.turns[-1], code="engine_failed"))
    else:
        leg.end_reason = random.choice((EndReason.HUNG_UP, EndReason.AGENT_ENDED, EndReason.SILENCE))
        conversation.outcome = (
            random.choices(("completed", "booked", "ordered", "not_solved"), (60, 20, 12, 8))[0]
            if spoke
            else Outcome.SILENT
        )


def _inbox(talk: Talk, town: Town, random: Random, *, handed: bool, live: bool, now: datetime) -> None:
    conversation = talk.conversation
    last = talk.turns[-1]
    conversation.last_words, conversation.last_role = last.text[:200], last.role
    heard = [turn.at for turn in talk.turns if turn.role == Turn.Role.CALLER]
    conversation.heard_at = max(heard, default=None)
    old = (now - conversation.last_at) > timedelta(days=2)
    conversation.read_at = conversation.last_at if old or random.random() < 0.6 else None
    if random.random() < 0.25:
        talk.tags = random.sample([tag.pk for tag in town.tags], random.choice((1, 1, 1, 2, 3)))
    if handed:
        _hand_off(talk, town, random, waits=not live and not old and random.random() < 0.4)
    elif not old and random.random() < 0.1:
        conversation.assignee, conversation.status, conversation.closed_at = random.choice(town.people), "open", None
    if random.random() < 0.04:
        talk.others.append(Note(workspace=town.workspace, conversation=conversation, author=random.choice(town.people),
                                text=sentence(random, random.choice(PROMISES)), created_at=conversation.last_at))  # fmt: skip


def _hand_off(talk: Talk, town: Town, random: Random, *, waits: bool) -> None:
    conversation = talk.conversation
    person = next((turn.by for turn in talk.turns if turn.by is not None), None)
    asked = talk.asked or talk.turns[-1].at
    taken = talk.taken or asked + timedelta(seconds=60)
    came, over = person is not None and not waits, conversation.closed_at is not None
    if waits:
        state = Handoff.State.WAITING
    elif came:
        state = Handoff.State.RETURNED if over else Handoff.State.TAKEN
    else:
        state = Handoff.State.EXPIRED
    talk.others.append(Handoff(
        workspace=town.workspace, conversation=conversation, leg=talk.leg, team=random.choice(town.teams), key="seeded",
        state=state, reason=random.choice(REASONS), summary=sentence(random, random.choice(SUMMARIES)),
        created_at=asked, due_at=asked + timedelta(seconds=60), taken_by=person if came else None,
        taken_at=taken if came else None, ended_at=_when(state, conversation.last_at, taken),
    ))  # fmt: skip
    if waits:
        conversation.status, conversation.closed_at, conversation.waits_since = "open", None, asked
    elif person is not None:
        conversation.assignee = person
        conversation.owner_number = 2
        talk.others += [
            OwnerChange(workspace=town.workspace, conversation=conversation, number=1, owner="human", user=person, by="taken", at=taken),
            OwnerChange(workspace=town.workspace, conversation=conversation, number=2, owner="ai", by="ended", at=conversation.last_at),
        ]  # fmt: skip


def _when(state: str, ended: datetime, expired: datetime) -> datetime | None:
    """When the hand-off was over."""
    return {Handoff.State.RETURNED: ended, Handoff.State.EXPIRED: expired}.get(Handoff.State(state))


def _afterwards(talk: Talk, town: Town, random: Random) -> None:
    conversation, leg = talk.conversation, talk.leg
    seconds = (conversation.last_at - conversation.started_at).total_seconds()
    handed = any(isinstance(each, Handoff) for each in talk.others)
    if random.random() < 0.9:
        talk.others.append(Analysis(
            workspace=town.workspace, conversation=conversation, state=Analysis.State.DONE, of=conversation.last_at,
            summary=sentence(random, random.choice(SUMMARIES)),
            sentiment=random.choices(("positive", "neutral", "negative"), (25, 60, 15))[0],
            fields={"name": conversation.contact.name}, unanswered=[sentence(random, random.choice(QUESTIONS))] if random.random() < 0.1 else [],
            contained=not handed, model="seeded", done_at=conversation.last_at + timedelta(seconds=20),
        ))  # fmt: skip
    if random.random() < 0.06:
        talk.others.append(FollowUp(
            workspace=town.workspace, conversation=conversation, text=sentence(random, random.choice(PROMISES)),
            due_on=(conversation.last_at + timedelta(days=2)).date(), created_at=conversation.last_at,
        ))  # fmt: skip
    quantities = {
        "asr": seconds / 2, "llm": float(sum(turn.prompt_tokens for turn in talk.turns)), "tts": float(sum(len(turn.text) for turn in talk.turns)),
        "carrier": seconds / 60, "gpu": seconds / 10,
    }  # fmt: skip
    spoken = leg.media == Leg.Media.VOICE
    for component, unit, price in COSTS:
        if component in ("asr", "tts") and not spoken:
            continue
        quantity = quantities[component]
        talk.others.append(CostLine(
            workspace=town.workspace, conversation=conversation, component=component, unit=unit, quantity=quantity,
            cost=round(quantity * price),
        ))  # fmt: skip
