"""What a conversation cost, reckoned from its record: idempotent, the same record gives the same lines."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec
from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Greatest, Length
from django.utils import timezone

from channels_io.models import Conversation, CostLine, Leg, OutboundMessage, PhoneCall, PriceList, Spending, Turn
from channels_io.prices import Prices, load_prices
from parley.accounts.models import Workspace

Component = CostLine.Component


@dataclass(frozen=True, slots=True)
class Used:
    """`quantity` of a component in `unit`; `cost` in millionths of the currency, not yet rounded."""

    component: Component
    unit: str
    quantity: float
    cost: float


def prices_of(workspace: Workspace) -> Prices:
    """What is stored and not understood counts as nothing: a wrong price is worse than none."""
    row = PriceList.objects.filter(workspace=workspace).first()
    try:
        return load_prices(row.prices) if row is not None else Prices()
    except msgspec.ValidationError:
        return Prices()


@transaction.atomic
def write_costs(conversation: Conversation) -> int:
    """The lines written anew; the whole in millionths of the currency."""
    Conversation.objects.select_for_update().get(pk=conversation.pk)
    prices = prices_of(conversation.workspace)
    lines = [
        CostLine(
            workspace_id=conversation.workspace_id,
            conversation=conversation,
            component=used.component,
            unit=used.unit,
            quantity=round(used.quantity, 3),
            cost=round(used.cost),
        )
        for used in reckon(conversation, prices)
        if used.quantity
    ]
    CostLine.objects.filter(conversation=conversation).delete()
    CostLine.objects.bulk_create(lines)
    return sum(line.cost for line in lines)


def reckon(conversation: Conversation, prices: Prices) -> Iterator[Used]:
    turns = Turn.objects.filter(conversation=conversation)
    spoken = turns.filter(leg__media=Leg.Media.VOICE)
    length = Sum(Greatest(F("ended_ms") - F("started_ms"), 0))
    heard = _sum(spoken.filter(role=Turn.Role.CALLER, source=Turn.Source.VOICE), length) / 1000
    yield Used(Component.ASR, "second", heard, heard / 60 * prices.asr_minute)
    yield from _language(turns, prices)
    agent = spoken.filter(role=Turn.Role.AGENT)
    characters = _sum(agent, Sum(Length("full_text")))
    yield Used(Component.TTS, "character", characters, characters / 1e6 * prices.tts_characters)
    said = _sum(agent, length) / 1000
    yield Used(Component.TTS, "second", said, said / 60 * prices.tts_minute)
    yield from _carrier(conversation, prices)
    seconds = _call_seconds(conversation)
    yield Used(Component.GPU, "second", seconds, seconds / 3600 * prices.gpu_hour)


def _language(turns: Any, prices: Prices) -> Iterator[Used]:
    used = turns.aggregate(prompt=Sum("prompt_tokens"), cached=Sum("cached_tokens"), reply=Sum("reply_tokens"))
    prompt, cached, reply = (used[name] or 0 for name in ("prompt", "cached", "reply"))
    fresh = max(0, prompt - cached)
    yield Used(Component.LLM, "prompt token", fresh, fresh / 1e6 * prices.llm_prompt)
    yield Used(Component.LLM, "cached token", cached, cached / 1e6 * prices.llm_cached)
    yield Used(Component.LLM, "reply token", reply, reply / 1e6 * prices.llm_reply)


def _carrier(conversation: Conversation, prices: Prices) -> Iterator[Used]:
    """What we sent and dialled was paid by its key; what came in is reckoned by begun minutes."""
    messages = OutboundMessage.objects.filter(conversation=conversation).values("key")
    calls = PhoneCall.objects.filter(conversation=conversation)
    ours = Q(key__in=messages) | Q(key__in=calls.values("key"))
    paid = Spending.objects.filter(ours, workspace=conversation.workspace_id)
    for units, which in (("message", ~Q(what=Spending.What.CALL)), ("call out", Q(what=Spending.What.CALL))):
        found = paid.filter(which).aggregate(count=Count("pk"), cost=Sum("cost"))
        yield Used(Component.CARRIER, units, found["count"], found["cost"] or 0)
    minutes = 0
    for call in calls.filter(direction=PhoneCall.Direction.INBOUND):
        if call.answered_at is not None:
            minutes += math.ceil(((call.ended_at or timezone.now()) - call.answered_at).total_seconds() / 60)
    yield Used(Component.CARRIER, "minute in", minutes, minutes * prices.carrier_minute)


def _call_seconds(conversation: Conversation) -> float:
    """Of all spoken legs together; one that still runs counts until now."""
    legs = Leg.objects.filter(conversation=conversation, media=Leg.Media.VOICE).values_list("started_at", "ended_at")
    return sum((_lasted(began, ended) for began, ended in legs), timedelta()).total_seconds()


def _lasted(began: datetime, ended: datetime | None) -> timedelta:
    return max(timedelta(), (ended or timezone.now()) - began)


def _sum(rows: Any, what: Any) -> float:
    return float(rows.aggregate(found=what)["found"] or 0)
