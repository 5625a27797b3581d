"""A conversation waits for a person of a team; or nobody is there, and what the team wants then is done at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone

from channels_io.actions.change_owner import change_owner, locked_conversation
from channels_io.actions.nobody_came import nobody_came
from channels_io.actions.settle_waiting import settle_waiting
from channels_io.actions.speak_for_agent import speak_for_agent
from channels_io.announce import announce
from channels_io.models import Conversation, Event, EventKind, Handoff, Leg, Team
from channels_io.outgoing import emit
from channels_io.reads.handoffs import handoff_json, waiting_of
from channels_io.reads.teams import is_open, people_free
from channels_io.sanitize import clean_count, clean_text
from parley.accounts.actor import system_actor
from parley.accounts.audit import audit

MOST_SKILLS: Final = 10


class NoTeam(LookupError):
    """The workspace has no team, or none that takes what names no team."""


@transaction.atomic
def ask_for_person(
    conversation: Conversation,
    *,
    team: Team | None,
    key: str,
    reason: str = "",
    summary: str = "",
    skills: Sequence[str] = (),
    leg: Leg | None = None,
    silent: bool = False,
    words: str = "",
) -> Handoff:
    """The hand-off of `key`, new or as it was; while the conversation waits already, that one.

    `state` says what became of it: "waiting", or "expired" when the team is closed, or when somebody is on the line and
    nobody is there to take it. Written conversations wait whoever is there. `silent`: of a written one, the agent says
    `words` and then nothing more, what the contact writes waits for the person; the caller has locked its threads. Raises
    NoTeam.
    """
    if team is None:
        raise NoTeam
    locked = locked_conversation(conversation.workspace, conversation.pk)
    name = clean_text(key, 200)
    known = Handoff.objects.filter(workspace=locked.workspace, key=name).first() or waiting_of(locked)
    if known is not None:
        return known
    now = timezone.now()
    spoken = leg is not None and leg.media == Leg.Media.VOICE
    wanted = [word for word in (clean_text(skill, 40).strip().casefold() for skill in skills) if word][:MOST_SKILLS]
    there = is_open(team, now) and (not spoken or bool(people_free(team, wanted, now)))
    row: Handoff = Handoff.objects.create(
        workspace=locked.workspace,
        conversation=locked,
        leg=leg,
        team=team,
        key=name,
        reason=clean_text(reason, 200).strip(),
        summary=clean_text(summary).strip(),
        skills=wanted,
        due_at=now + timedelta(seconds=team.answer_seconds),
    )
    if leg is not None:
        _note(leg, row)
    audit(system_actor(locked.workspace), "handoff.asked", row, conversation=locked.public_id, team=team.public_id)
    if not there:
        nobody_came(row)
        return row
    if silent and locked.owner == Conversation.Owner.AI and not spoken:
        if words:
            speak_for_agent(locked, words, key=f"asked:{row.public_id}")
        change_owner(system_actor(locked.workspace), locked, user=None, by="flow", people=True)
    settle_waiting(Conversation.objects.filter(pk=locked.pk))
    announce(locked.workspace, locked, "handoff")
    emit(locked.workspace, "handoff.waiting", locked, handoff_json(row), f"handoff:{row.public_id}:waiting")
    return row


def _note(leg: Leg, row: Handoff) -> None:
    """Beside the turns of the leg; recorders count their entries from 1."""
    offset = clean_count((row.created_at - leg.started_at).total_seconds() * 1000)
    Event.objects.create(
        workspace_id=leg.workspace_id,
        conversation_id=leg.conversation_id,
        leg=leg,
        seq=-row.pk,
        kind=EventKind.HANDOFF,
        data={"team": row.team.name if row.team is not None else "", "reason": row.reason},
        at_ms=offset,
    )
