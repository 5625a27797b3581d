"""Filters for what a conversation came to and what it cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from channels_io.models import CostLine
from channels_io.outgoing.events import EVENTS, TEST
from channels_io.templatetags.money import money

register = template.Library()

_MOODS = {"positive": ("sentiment_satisfied", "is-good"), "neutral": ("sentiment_neutral", ""), "negative": ("sentiment_dissatisfied", "is-bad")}  # fmt: skip
_STATES = {"waiting": "", "done": "is-good", "dead": "is-bad"}


@register.filter
def mood_icon(sentiment: str) -> str:
    return _MOODS.get(sentiment, ("sentiment_neutral", ""))[0]


@register.filter
def mood_tone(sentiment: str) -> str:
    return _MOODS.get(sentiment, ("", ""))[1]


@register.filter
def delivered_tone(state: str) -> str:
    return _STATES.get(state, "")


@register.filter
def found_value(value: Any) -> str:
    """A field's value as people read it."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:g}" if isinstance(value, float) else str(value)


@register.filter
def event_label(event: str) -> str:
    return _("A test") if event == TEST else str(EVENTS.get(event, event))


@register.filter
def quantity(line: CostLine) -> str:
    """ "1,204 cached tokens", "48 s"."""
    number = f"{line.quantity:,.0f}"
    match line.unit:
        case "second":
            return _("%(number)s s") % {"number": number}
        case "prompt token":
            return _("%(number)s tokens read") % {"number": number}
        case "cached token":
            return _("%(number)s from the cache") % {"number": number}
        case "reply token":
            return _("%(number)s written") % {"number": number}
        case "character":
            return _("%(number)s characters") % {"number": number}
        case "message":
            return ngettext("%(number)s message", "%(number)s messages", round(line.quantity)) % {"number": number}
        case "call out":
            return ngettext("%(number)s call", "%(number)s calls", round(line.quantity)) % {"number": number}
        case "minute in":
            return _("%(number)s min") % {"number": number}
    return f"{number} {line.unit}"


@register.filter
def small_money(micros: int, currency: str) -> str:
    """As `money`, with the places that a fraction of a cent needs: "€0.0042", "< €0.0001"."""
    if micros == 0 or abs(micros) >= 100_000:
        return money(micros, currency)
    if 0 < micros < 100:
        return "< " + small_money(100, currency)
    return money(0, currency).replace("0.00", f"{Decimal(micros) / 1_000_000:.4f}")
