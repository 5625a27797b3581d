"""Amounts in millionths, countries and reasons of the guards, as people read them."""

from __future__ import annotations

from django import template

from channels_io.guards.countries import country_name
from channels_io.guards.errors import label_of

register = template.Library()

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}


@register.filter
def money(micros: int, currency: str) -> str:
    """ "€0.84"; a currency without a sign is named: "CHF 0.84"."""
    amount = f"{micros / 1_000_000:,.2f}"
    sign = _SIGNS.get(currency)
    return f"{sign}{amount}" if sign else f"{currency} {amount}"


@register.filter
def guard_reason(code: str) -> str:
    return label_of(code)


@register.filter
def country(code: str) -> str:
    return country_name(code)
