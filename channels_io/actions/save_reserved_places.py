"""Places of the speech workers that are kept for an agent or for the workspace: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time
from typing import Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agents.models import Agent
from channels_io.models import ReservedPlaces
from channels_io.workers.provision import tell_reserved
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Workspace
from parley.accounts.permissions import Permission, require

MOST_ROWS: Final = 50
MOST_WORKERS: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservedValues:
    """As `ReservedPlaces` has them. `agent` None: all of the workspace."""

    agent: Agent | None = None
    places: int = 1
    workers: int = 1
    days: Sequence[int] = ()
    begins: time | None = None
    ends: time | None = None
    enabled: bool = True


@transaction.atomic
def save_reserved_places(actor: Actor, values: ReservedValues, row: ReservedPlaces | None = None) -> ReservedPlaces:
    """A new one, or `row` as the values say. Workers and web know within seconds.

    Raises PermissionDenied; ValidationError by field (agent, places, workers, days, ends).
    """
    require(actor, Permission.MANAGE_WORKSPACE)
    Workspace.objects.select_for_update().get(pk=actor.workspace.pk)  # Two at once do not pass the limit together.
    rows = ReservedPlaces.objects.of(actor.workspace)
    others = rows.exclude(pk=row.pk) if row is not None else rows
    if row is None and others.count() >= MOST_ROWS:
        raise ValidationError({"places": ValidationError(_("There are too many of these already."), code="too_many")})
    saved = ReservedPlaces(workspace=actor.workspace) if row is None else rows.get(pk=row.pk)
    if values.agent is not None and values.agent.workspace_id != actor.workspace.pk:
        raise ValidationError({"agent": ValidationError(_("Choose one from the list."), code="unknown_choice")})
    saved.agent = values.agent
    saved.workers = _within("workers", values.workers, MOST_WORKERS)
    saved.places = _places(values, sum(others.filter(enabled=True).values_list("places", flat=True)))
    saved.days = sorted(set(values.days))
    if not set(saved.days) <= set(range(7)):
        raise ValidationError({"days": ValidationError(_("Choose from the list."), code="unknown_choice")})
    if (values.begins is None) != (values.ends is None) or (values.begins and values.begins == values.ends):
        message = _("Say from when until when, or neither for the whole day.")
        raise ValidationError({"ends": ValidationError(message, code="incomplete")})
    saved.begins, saved.ends, saved.enabled = values.begins, values.ends, values.enabled
    saved.save()
    verb = "reserved_places.changed" if row is not None else "reserved_places.created"
    audit(actor, verb, saved, places=saved.places, workers=saved.workers, agent=_name(saved))
    transaction.on_commit(tell_reserved)
    return saved


@transaction.atomic
def delete_reserved_places(actor: Actor, row: ReservedPlaces) -> None:
    """Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    audit(actor, "reserved_places.deleted", row, places=row.places, agent=_name(row))
    row.delete()
    transaction.on_commit(tell_reserved)


def _places(values: ReservedValues, elsewhere: int) -> int:
    most = settings.PARLEY_RESERVED_PLACES
    places = _within("places", values.places, most)
    if values.enabled and places + elsewhere > most:
        message = _("This workspace may keep %(most)d places in all; %(others)d are kept already.")
        shown = message % {"most": most, "others": elsewhere}
        raise ValidationError({"places": ValidationError(shown, code="too_many")})
    return places


def _within(name: str, value: int, most: int) -> int:
    if not 0 <= value <= most:
        message = _("Between 0 and %(most)d.") % {"most": most}
        raise ValidationError({name: ValidationError(message, code="out_of_range")})
    return value


def _name(row: ReservedPlaces) -> str:
    return row.agent.public_id if row.agent is not None else ""
