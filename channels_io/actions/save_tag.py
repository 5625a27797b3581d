"""The team's words for conversations: made, renamed, recoloured, deleted."""

from __future__ import annotations

from typing import Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.announce import announce
from channels_io.models import Tag
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

COLOURS: Final = ("grey", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink")
LONGEST: Final = 40
MOST: Final = 200
"""Tags of a workspace."""


@transaction.atomic
def save_tag(actor: Actor, tag: Tag | None, *, name: str, colour: str = "grey") -> Tag:
    """Raises PermissionDenied; ValidationError ("tag_name", "tag_taken", "tag_colour", "tag_many")."""
    require(actor, Permission.OPERATE)
    cleaned = " ".join(clean_text(name, 200).split())
    rows = Tag.objects.of(actor.workspace)
    if not cleaned or len(cleaned) > LONGEST:
        raise ValidationError(
            _("Give the tag a name of at most %(most)s characters."), code="tag_name", params={"most": LONGEST}
        )
    if colour not in COLOURS:
        raise ValidationError(_("Choose one of the colours."), code="tag_colour")
    same = rows.filter(name__iexact=cleaned)
    if (same if tag is None else same.exclude(pk=tag.pk)).exists():
        raise ValidationError(_("There is a tag of this name."), code="tag_taken")
    if tag is None and rows.count() >= MOST:
        raise ValidationError(
            _("There are %(most)s tags already. Delete some first."), code="tag_many", params={"most": MOST}
        )
    saved: Tag = Tag(workspace=actor.workspace) if tag is None else rows.select_for_update().get(pk=tag.pk)
    saved.name, saved.colour = cleaned, colour
    saved.save()
    audit(actor, "tag.saved", saved)
    announce(actor.workspace, None, "tags")
    return saved


@transaction.atomic
def delete_tag(actor: Actor, tag: Tag) -> None:
    """It goes from all conversations. Raises PermissionDenied."""
    require(actor, Permission.OPERATE)
    held: Tag = Tag.objects.of(actor.workspace).select_for_update().get(pk=tag.pk)
    audit(actor, "tag.deleted", held)
    held.delete()
    announce(actor.workspace, None, "tags")
