"""Filters of the inbox under a name: a person's own, or the whole team's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from channels_io.models import SavedView
from channels_io.reads.saved_views import views_of
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

LONGEST: Final = 60
MOST: Final = 50
"""Views that one person sees."""


@transaction.atomic
def save_view(actor: Actor, view: SavedView | None, *, name: str, query: str, shared: bool) -> SavedView:
    """`query` is the inbox's own. Raises PermissionDenied (a shared one takes more than looking on);
    ValidationError ("view_name", "view_taken", "view_long", "view_many", "view_nobody"); SavedView.DoesNotExist."""
    require(actor, Permission.OPERATE if shared else Permission.VIEW)
    if actor.user is None and not shared:
        raise ValidationError(_("A view of one's own belongs to a person."), code="view_nobody")
    cleaned = " ".join(clean_text(name, 200).split())
    if not cleaned or len(cleaned) > LONGEST:
        raise ValidationError(
            _("Give the view a name of at most %(most)s characters."), code="view_name", params={"most": LONGEST}
        )
    if len(query) > 1000:
        raise ValidationError(_("These are too many filters for one view."), code="view_long")
    owner = None if shared else actor.user
    same = SavedView.objects.of(actor.workspace).filter(user=owner, name__iexact=cleaned)
    if (same if view is None else same.exclude(pk=view.pk)).exists():
        raise ValidationError(_("There is a view of this name."), code="view_taken")
    saved = _held(actor, view) if view else SavedView(workspace=actor.workspace)
    if view is None:
        if views_of(actor).count() >= MOST:
            raise ValidationError(
                _("There are %(most)s views already. Delete some first."), code="view_many", params={"most": MOST}
            )
        last: int | None = views_of(actor).aggregate(last=Max("position"))["last"]
        saved.position = (last or 0) + 1
    saved.name, saved.query, saved.user = cleaned, clean_text(query, 1000), owner
    saved.save()
    audit(actor, "view.saved", saved, shared=shared)
    return saved


@transaction.atomic
def delete_view(actor: Actor, view: SavedView) -> None:
    """Raises PermissionDenied; SavedView.DoesNotExist."""
    require(actor, Permission.VIEW)
    held = _held(actor, view)
    audit(actor, "view.deleted", held, shared=held.user_id is None)
    held.delete()


@transaction.atomic
def order_views(actor: Actor, ids: Sequence[str]) -> None:
    """`ids`: public ids in their new order; what is not named stays behind them. Raises PermissionDenied.

    The team's views stand in one order for all: who only looks on moves just their own.
    """
    require(actor, Permission.VIEW)
    places = {public_id: place for place, public_id in enumerate(ids[:MOST], start=1)}
    shown = views_of(actor) if actor.may(Permission.OPERATE) else views_of(actor).exclude(user=None)
    views = list(shown.select_for_update(of=("self",)))
    for view in views:
        view.position = places.get(view.public_id, len(places) + view.position)
    SavedView.objects.bulk_update(views, ["position"])
    audit(actor, "views.ordered", actor.workspace, count=len(places))


def _held(actor: Actor, view: SavedView) -> SavedView:
    held: SavedView = views_of(actor).select_for_update(of=("self",)).get(pk=view.pk)
    if held.user_id is None:
        require(actor, Permission.OPERATE)
    return held
