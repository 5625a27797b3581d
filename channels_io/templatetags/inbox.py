"""Filters of the inbox's rows."""

from __future__ import annotations

from django import template

from channels_io.pages.inbox_form import outcome_label

register = template.Library()
register.filter("outcome_label", outcome_label)

HUES = 6


@register.filter
def initials(who: object) -> str:
    """ "Jane van Doe" → "JD", "jane@example.com" → "J"."""
    words = [word for word in str(who).split() if word[0].isalnum()] or [str(who).lstrip("+") or "?"]
    return (words[0][:1] + (words[-1][:1] if len(words) > 1 else "")).upper()


@register.filter
def hue(public_id: str) -> int:
    """One of a few colours, always the same for the same somebody."""
    return sum(public_id.encode()) % HUES
