"""Filters that turn the record's numbers and words into what people read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import template
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from agents.prompt import language_name
from channels_io.guards.numbers import masked
from channels_io.kind_names import kind_icon, kind_label
from channels_io.models import Channel, Leg
from channels_io.pages.waterfall import verdict
from channels_io.phone_numbers import shown_number

register = template.Library()
register.filter("kind_label", kind_label)
register.filter("kind_icon", kind_icon)
register.filter("spoken_language", language_name)
register.filter("verdict", verdict)

_WORD = re.compile(r"\w+")
_ADDRESS = re.compile(r"""https?://[^\s<>"'`]+""")
_OPENS = {")": "(", "]": "[", "}": "{"}


_DELIVERIES = {
    "waiting": ("schedule", ""),
    "sent": ("check", ""),
    "delivered": ("done_all", ""),
    "read": ("done_all", "is-good"),
    "failed": ("error", "is-bad"),
    "dead": ("error", "is-bad"),
    "refused": ("block", "is-warn"),
    "canceled": ("cancel", ""),
}
"""State of an outgoing message → (Material Symbol, class of its badge)."""


@register.filter
def delivery_icon(state: str) -> str:
    return _DELIVERIES.get(state, ("help", ""))[0]


@register.filter
def delivery_tone(state: str) -> str:
    return _DELIVERIES.get(state, ("help", ""))[1]


@register.filter
def ms(value: float | None) -> str:
    """412.4 → "412 ms", 12345 → "12.3 s", None → "–"."""
    if value is None:
        return "–"
    if value >= 9995:
        return _("%(seconds).1f s") % {"seconds": value / 1000}
    return _("%(ms)s ms") % {"ms": f"{value:.0f}"}


@register.filter
def clock(value: float | None) -> str:
    """Milliseconds as a place in a call: 83400 → "1:23"."""
    seconds = int((value or 0) // 1000)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


@register.filter
def lasting(value: timedelta | None) -> str:
    """A duration in two units at most: "45 s", "3 min 20 s", "2 h 5 min"."""
    seconds = int(value.total_seconds()) if value else 0
    if seconds < 60:
        return _("%(seconds)d s") % {"seconds": seconds}
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        parts = _("%(minutes)d min %(seconds)d s") if seconds else _("%(minutes)d min")
        return parts % {"minutes": minutes, "seconds": seconds}
    hours, minutes = divmod(minutes, 60)
    return (_("%(hours)d h %(minutes)d min") if minutes else _("%(hours)d h")) % {"hours": hours, "minutes": minutes}


@register.filter
def leg_length(leg: Leg) -> timedelta | None:
    """How long a leg lasted; None while it does."""
    return leg.ended_at - leg.started_at if leg.ended_at is not None else None


@register.filter
def share(value: float | None) -> str:
    """0.957 → "96 %"."""
    return "–" if value is None else _("%(percent).0f %%") % {"percent": value * 100}


@register.filter
def pretty(value: Any) -> str:
    """JSON for reading; text that holds JSON is unpacked first."""
    if not isinstance(value, str):
        return json.dumps(value, indent=2, ensure_ascii=False)
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return value


@register.filter
def mark_words(text: str, searched: str) -> SafeString:
    """`text` with every word that begins with a searched one in <mark>."""
    words = tuple(word.casefold() for word in _WORD.findall(searched or ""))
    if not words:
        return conditional_escape(text)
    parts: list[tuple[str, str]] = []
    end = 0
    for found in _WORD.finditer(text):
        if found[0].casefold().startswith(words):
            parts.append((text[end : found.start()], found[0]))
            end = found.end()
    return format_html_join("", "{}<mark>{}</mark>", parts) + conditional_escape(text[end:])


@register.filter
def linked(text: str) -> SafeString:
    """`text` with its web addresses to click on; as talk/links.js does on the page of a call."""
    parts: list[SafeString] = []
    end = 0
    for found in _ADDRESS.finditer(text):
        address = _trimmed(found[0])
        if len(address) <= len("https://"):
            continue
        parts.append(conditional_escape(text[end : found.start()]))
        link = '<a href="{}" target="_blank" rel="noopener noreferrer nofollow">{}</a>'
        parts.append(format_html(link, address, address))
        end = found.start() + len(address)
    return SafeString("".join([*parts, conditional_escape(text[end:])]))


def _trimmed(address: str) -> str:
    """Without what belongs to the sentence around it: a full stop, a bracket that was opened before it."""
    while True:
        shorter = address.rstrip(".,;:!?…*_~")
        last = shorter[-1:]
        if last and last in _OPENS and shorter.count(_OPENS[last]) < shorter.count(last):
            shorter = shorter[:-1]
        if shorter == address:
            return address
        address = shorter


@register.filter
def at(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The entry of a mapping under a key that is known only in the template; None without one."""
    return mapping.get(key)


@register.filter
def shown_address(channel: Channel) -> str:
    """A carrier channel's number as people read it; what is no telephone number as it is."""
    return shown_number(channel.address)


@register.filter
def telephone(number: str) -> str:
    """As people read it."""
    return shown_number(number)


@register.filter
def telephone_masked(number: str) -> str:
    """For those who may not see it whole."""
    return masked(number.removeprefix("whatsapp:"))


@register.filter
def seconds_lasting(seconds: int) -> str:
    return lasting(timedelta(seconds=seconds))
