"""What a conversation cost, reckoned from its record: idempotent, the same record gives the same lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from django.db import transaction
from django.db.models import Count, Q, Sum
from django.db.models.functions import Length
from django.utils import timezone

from agents.models import Provider
from agents.service_prices import ServicePrices, load_service_prices
from channels_io.after.work import OwnWork, TurnWork, work_of
from channels_io.models import Conversation, CostLine, Leg, OutboundMessage, PhoneCall, PriceList, Spending, Turn
from channels_io.prices import Prices, load_prices
from inference.used import Use, uses_from
from parley.accounts.models import Workspace

Component = CostLine.Component


@dataclass(frozen=True, slots=True)
class Used:
    """`quantity` of a component in `unit`; `cost` in millionths of the currency, not yet rounded.

    `service`: public id of whoever did it; empty: an engine of our own, or a carrier.
    """

    component: Component
    unit: str
    quantity: float
    cost: float
    service: str = ""
    model: str = ""
    name: str = ""
    """What the service was called then."""


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
    services = Provider.objects.of(conversation.workspace).values_list("public_id", "prices")
    taken = {public_id: load_service_prices(stored) for public_id, stored in services}
    lines = [
        CostLine(
            workspace_id=conversation.workspace_id,
            conversation=conversation,
            component=used.component,
            unit=used.unit,
            quantity=round(used.quantity, 3),
            cost=round(used.cost),
            service=used.service,
            service_name=used.name,
            model=used.model,
        )
        for used in reckon(conversation, prices_of(conversation.workspace), taken)
        if used.quantity
    ]
    CostLine.objects.filter(conversation=conversation).delete()
    CostLine.objects.bulk_create(lines)
    return sum(line.cost for line in lines)


def reckon(
    conversation: Conversation, prices: Prices, services: Mapping[str, ServicePrices] | None = None
) -> Iterator[Used]:
    """`services`: what they take, by public id. One that is gone by now takes nothing."""
    work = work_of(_turns(conversation))
    yield from _own(work.own, prices)
    for use in work.services:
        yield from charged(use, (services or {}).get(use.service, ServicePrices()))
    yield from _carrier(conversation, prices)
    seconds = _call_seconds(conversation)
    yield Used(Component.GPU, "second", seconds, seconds / 3600 * prices.gpu_hour)


def charged(use: Use, prices: ServicePrices) -> Iterator[Used]:
    """What a service takes for what it did."""
    of = (use.service, use.model[:200], use.name[:60])
    match use.stage:
        case "transcriber":
            seconds = use.audio_ms / 1000
            yield Used(Component.ASR, "second", seconds, seconds / 60 * prices.asr_minute, *of)
        case "chat":
            fresh = max(0, use.prompt_tokens - use.cached_tokens)
            yield Used(Component.LLM, "prompt token", fresh, fresh / 1e6 * prices.llm_prompt, *of)
            yield Used(Component.LLM, "cached token", use.cached_tokens, use.cached_tokens / 1e6 * prices.cached, *of)
            yield Used(Component.LLM, "reply token", use.reply_tokens, use.reply_tokens / 1e6 * prices.llm_reply, *of)
        case "synthesizer":
            cost = use.characters / 1e6 * prices.tts_characters
            yield Used(Component.TTS, "character", use.characters, cost, *of)


def _own(work: OwnWork, prices: Prices) -> Iterator[Used]:
    yield Used(Component.ASR, "second", work.heard, work.heard / 60 * prices.asr_minute)
    fresh = max(0, work.prompt_tokens - work.cached_tokens)
    yield Used(Component.LLM, "prompt token", fresh, fresh / 1e6 * prices.llm_prompt)
    yield Used(Component.LLM, "cached token", work.cached_tokens, work.cached_tokens / 1e6 * prices.llm_cached)
    yield Used(Component.LLM, "reply token", work.reply_tokens, work.reply_tokens / 1e6 * prices.llm_reply)
    yield Used(Component.TTS, "character", work.characters, work.characters / 1e6 * prices.tts_characters)
    yield Used(Component.TTS, "second", work.said, work.said / 60 * prices.tts_minute)


def _turns(conversation: Conversation) -> Iterator[TurnWork]:
    turns = Turn.objects.filter(conversation=conversation).annotate(characters=Length("full_text"))
    names = (
        "role", "source", "leg__media", "started_ms", "ended_ms", "characters", "prompt_tokens", "cached_tokens",
        "reply_tokens", "used",
    )  # fmt: skip
    for role, source, media, began, ended, characters, prompt, cached, reply, used in turns.values_list(*names):
        seconds = max(0, ended - began) / 1000
        spoken = media == Leg.Media.VOICE
        yield TurnWork(role, source, spoken, seconds, characters, prompt, cached, reply, uses_from(used))


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
