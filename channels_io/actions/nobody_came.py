"""A hand-off that nobody takes: what the team has chosen for it, once."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.change_owner import change_owner, locked_conversation
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.announce import announce
from channels_io.handoff_words import handoff_words
from channels_io.models import Conversation, FollowUp, Handoff, Team
from channels_io.outgoing import emit
from channels_io.reads.handoffs import handoff_json
from channels_io.reads.teams import hours_of, is_open
from parley.accounts.actor import system_actor


def nobody_came(row: Handoff) -> None:
    """`row` waits, and is locked or new, in a transaction of the caller's, who holds its conversation too.

    It is over, somebody of the team is to call back or to read the message that is left, and a conversation that waited
    in silence is the agent's again.
    """
    now = timezone.now()
    row.state, row.ended_at = Handoff.State.EXPIRED, now
    row.save(update_fields=["state", "ended_at", "updated_at"])
    conversation = locked_conversation(row.workspace, row.conversation_id)
    _write_down(row, conversation, now)
    if conversation.owner == Conversation.Owner.HUMAN and conversation.owner_user_id is None:
        change_owner(system_actor(row.workspace), conversation, user=None, by="expired")
    settle_waiting(Conversation.objects.filter(pk=conversation.pk))
    announce(row.workspace, conversation, "handoff")
    emit(row.workspace, "handoff.expired", conversation, handoff_json(row), f"handoff:{row.public_id}:expired")


def words_for_nobody(row: Handoff, language: str) -> str:
    """What the contact is told then; "" where the agent just goes on."""
    team = row.team
    if team is None or team.nobody == Team.Nobody.AGENT:
        return team.words if team is not None else ""
    return team.words or handoff_words("callback" if team.nobody == Team.Nobody.CALLBACK else "message", language)


def _write_down(row: Handoff, conversation: Conversation, now: datetime) -> None:
    team = row.team
    if team is None or team.nobody == Team.Nobody.AGENT:
        return
    callback = team.nobody == Team.Nobody.CALLBACK
    what = _("Call back") if callback else _("Read the message that was left")
    text = f"{what}: {row.reason}" if row.reason else what
    FollowUp.objects.create(
        workspace=row.workspace,
        conversation=conversation,
        text=text[:300],
        due_on=_due_on(team, now) if callback else None,
        source="handoff",
    )


def _due_on(team: Team, now: datetime) -> date:
    """Today while the team is open, else the day it opens next."""
    hours = hours_of(team)
    opening = None if hours is None or is_open(team, now) else hours.next_opening(now)
    return (opening or now.astimezone(ZoneInfo(team.workspace.timezone))).date()
