"""Filters of the analytics page."""

from __future__ import annotations

from django import template

register = template.Library()


@register.filter
def change(value: float) -> str:
    """ "+12 %" of 0.12; more than tenfold has no meaning as a share."""
    return f"{value * 100:+.0f} %" if abs(value) < 10 else "× 10"


@register.filter
def unlocal(value: float) -> str:
    """For attributes: with a point, whatever the language."""
    return f"{value:.4f}"
