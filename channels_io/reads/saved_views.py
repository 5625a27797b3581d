"""The filters that somebody finds under a name."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from channels_io.models import SavedView
from parley.accounts.actor import Actor


def views_of(actor: Actor) -> QuerySet[SavedView]:
    """The team's and the actor's own, in their order."""
    own = Q(user=actor.user) if actor.user is not None else Q(pk__in=[])
    rows: QuerySet[SavedView] = SavedView.objects.of(actor.workspace)
    return rows.filter(Q(user=None) | own)
