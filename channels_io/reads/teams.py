"""Teams: which one a hand-off goes to, whether it is open, and who of it is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from django.core.exceptions import ValidationError
from django.utils import timezone

from channels_io.business_hours import Hours, read_hours
from channels_io.models import Conversation, Leg, OperatorPresence, Team, TeamMember
from parley.accounts.models import Membership, User, Workspace
from parley.accounts.permissions import Permission

THERE: Final = timedelta(seconds=60)
"""A page of theirs was open within it."""


def team_for(workspace: Workspace, named: str = "") -> Team | None:
    """The team of this public id or name; else the one that takes what names none, and without one the only team."""
    teams = Team.objects.of(workspace)
    if named:
        wanted = named.strip()
        found = teams.filter(public_id=wanted).first() or teams.filter(name__iexact=wanted).first()
        if found is not None:
            return found
    default = teams.filter(is_default=True).first()
    if default is not None:
        return default
    only = list(teams.order_by("pk")[:2])
    return only[0] if len(only) == 1 else None


def hours_of(team: Team) -> Hours | None:
    """None: always open, also where what is stored is damaged."""
    if not team.hours:
        return None
    try:
        return read_hours(team.hours)
    except ValidationError:
        return None


def is_open(team: Team, now: datetime | None = None) -> bool:
    hours = hours_of(team)
    return hours is None or hours.open_at(now or timezone.now())


def people_free(team: Team, skills: Sequence[str] = (), now: datetime | None = None) -> list[User]:
    """Members who are at the inbox, take conversations, may take one over and are not in a call.

    Of those with all `skills`, if the team has such members at all, whether they are there or not.
    """
    members = list(TeamMember.objects.filter(team=team).select_related("user").order_by("pk"))
    wanted = {skill.casefold() for skill in skills if skill.strip()}
    able = [member for member in members if wanted <= set(member.skills)]
    users = [member.user for member in (able or members)]
    there = _there(team, users, now or timezone.now())
    busy = _in_a_call(team, users)
    return [user for user in users if user.pk in there and user.pk not in busy]


def teams_of(workspace: Workspace, user: User | None) -> list[Team]:
    return [] if user is None else list(Team.objects.of(workspace).filter(members=user).order_by("name", "pk"))


def _there(team: Team, users: Sequence[User], now: datetime) -> set[int]:
    roles = Membership.objects.filter(workspace=team.workspace_id, user__in=users)
    may = {membership.user_id for membership in roles if membership.may(Permission.TAKE_OVER)}
    seen = OperatorPresence.objects.filter(
        workspace=team.workspace_id, user__in=may, available=True, seen_at__gt=now - THERE
    )
    return set(seen.values_list("user", flat=True))


def _in_a_call(team: Team, users: Sequence[User]) -> set[int]:
    calls = Leg.objects.filter(
        ended_at=None,
        media=Leg.Media.VOICE,
        conversation__workspace=team.workspace_id,
        conversation__owner=Conversation.Owner.HUMAN,
        conversation__owner_user__in=users,
    )
    return {user for user in calls.values_list("conversation__owner_user", flat=True) if user is not None}
