"""The queue in the top bar: a button that knows how many wait, for whoever may take a conversation."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from parley.accounts.models import Membership
from parley.accounts.permissions import Permission

register = template.Library()


@register.inclusion_tag("channels_io/queue/_bar.html", takes_context=True)
def queue_bar(context: Context) -> dict[str, Any]:
    """No query: what waits is asked for by the page."""
    request = context.get("request")
    membership: Membership | None = getattr(request, "membership", None)
    may = membership is not None and membership.may(Permission.TAKE_OVER)
    return {"may_take": may, "request": request, "csrf_token": context.get("csrf_token")}
