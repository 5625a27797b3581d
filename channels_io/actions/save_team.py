"""Teams that take conversations over: made, changed, deleted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.expire_handoffs import end_handoff
from channels_io.announce import announce
from channels_io.business_hours import read_hours
from channels_io.models import Handoff, Team, TeamMember
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import Membership
from parley.accounts.permissions import Permission, require

SECONDS: Final = (10, 600)
"""How long somebody is waited for, at least and at most."""
MOST_TEAMS: Final = 50
MOST_MEMBERS: Final = 200
MOST_SKILLS: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamValues:
    """`hours` as `business_hours.read_hours` takes it, None: always open. `members`: skills by the user's public id."""

    name: str
    hours: Mapping[str, Any] | None = None
    answer_seconds: int = 60
    nobody: str = Team.Nobody.AGENT
    words: str = ""
    is_default: bool = False
    names: bool = False
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)


@transaction.atomic
def save_team(actor: Actor, values: TeamValues, team: Team | None = None) -> Team:
    """A new team, or `team` as the values say. Where it takes what names no team, no other does.

    Raises PermissionDenied; ValidationError by field (name, hours, answer_seconds, nobody, members).
    """
    require(actor, Permission.MANAGE_WORKSPACE)
    teams = Team.objects.of(actor.workspace).select_for_update()
    others = list(teams.exclude(pk=team.pk) if team is not None else teams)
    row = Team(workspace=actor.workspace) if team is None else teams.get(pk=team.pk)
    if team is None and len(others) >= MOST_TEAMS:
        raise ValidationError({"name": ValidationError(_("There are too many teams already."), code="too_many")})
    row.name = _name(values.name, others)
    row.hours = _hours(values.hours)
    row.answer_seconds = _seconds(values.answer_seconds)
    if values.nobody not in Team.Nobody.values:
        raise ValidationError({"nobody": ValidationError(_("Choose one from the list."), code="unknown_choice")})
    row.nobody = values.nobody
    row.words = " ".join(clean_text(values.words, 300).split())
    row.names = values.names
    row.is_default = values.is_default or not others
    if row.is_default:
        Team.objects.of(actor.workspace).exclude(pk=row.pk).filter(is_default=True).update(is_default=False)
    row.save()
    _keep_members(actor, row, values.members)
    audit(actor, "team.changed" if team is not None else "team.created", row, name=row.name)
    announce(actor.workspace, None, "presence")
    return row


@transaction.atomic
def delete_team(actor: Actor, team: Team) -> None:
    """What waits for it is over, as if nobody had come. Raises PermissionDenied."""
    require(actor, Permission.MANAGE_WORKSPACE)
    for pk in Handoff.objects.filter(team=team, state=Handoff.State.WAITING).values_list("pk", flat=True):
        end_handoff(pk)
    row = Team.objects.of(actor.workspace).select_for_update().get(pk=team.pk)
    audit(actor, "team.deleted", row, name=row.name)
    row.delete()
    rest = Team.objects.of(actor.workspace).order_by("name", "pk")
    if not rest.filter(is_default=True).exists() and (first := rest.first()) is not None:
        Team.objects.filter(pk=first.pk).update(is_default=True)


def _name(sent: str, others: Sequence[Team]) -> str:
    name = " ".join(clean_text(sent, 60).split())
    if not name:
        raise ValidationError({"name": ValidationError(_("Give the team a name."), code="required")})
    if name.casefold() in {other.name.casefold() for other in others}:
        raise ValidationError({"name": ValidationError(_("Another team has this name."), code="not_unique")})
    return name


def _hours(sent: Mapping[str, Any] | None) -> dict[str, Any]:
    if sent is None:
        return {}
    try:
        return read_hours(sent).as_json()
    except ValidationError as error:
        raise ValidationError({"hours": error}) from error


def _seconds(sent: int) -> int:
    least, most = SECONDS
    if not least <= sent <= most:
        message = _("Between %(least)d and %(most)d seconds.") % {"least": least, "most": most}
        raise ValidationError({"answer_seconds": ValidationError(message, code="out_of_range")})
    return sent


def _keep_members(actor: Actor, row: Team, members: Mapping[str, Sequence[str]]) -> None:
    found = Membership.objects.filter(workspace=actor.workspace, user__public_id__in=list(members))
    able = {each.user.public_id: each.user for each in found.select_related("user") if each.may(Permission.TAKE_OVER)}
    if len(members) > MOST_MEMBERS or set(able) != set(members):
        message = _("Somebody of these does not work in conversations of this workspace. Give them another role first.")
        raise ValidationError({"members": ValidationError(message, code="not_a_colleague")})
    TeamMember.objects.filter(team=row).exclude(user__in=able.values()).delete()
    for public_id, user in able.items():
        TeamMember.objects.update_or_create(team=row, user=user, defaults={"skills": _skills(members[public_id])})


def _skills(sent: Sequence[str]) -> list[str]:
    cleaned = (" ".join(clean_text(skill, 40).split()).casefold() for skill in sent)
    return list(dict.fromkeys(skill for skill in cleaned if skill))[:MOST_SKILLS]
