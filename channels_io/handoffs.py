"""`parley.transfer` to a team: the conversation waits in its queue, and a caller with it or the agent goes on meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import msgspec
from channels.db import database_sync_to_async
from django.db import transaction

from agents.tools.answer import ToolAnswer, failure
from channels_io.actions.ask_for_person import NoTeam, ask_for_person
from channels_io.actions.expire_handoffs import HELD, end_handoff
from channels_io.actions.nobody_came import words_for_nobody
from channels_io.handoff_words import handoff_words
from channels_io.live.own_tools import OwnCall
from channels_io.messaging.waking import lock_threads
from channels_io.models import Conversation, Handoff, Leg, Turn
from channels_io.reads.teams import team_for

LOOK_SECONDS: Final = 0.5
"""Between two looks at the row: it is another process where somebody takes it."""
SUMMARY_TURNS: Final = 6
State = Handoff.State


async def ask_team(call: OwnCall) -> ToolAnswer:
    """Arguments: target (a team's id or name, "" the default one), reason, briefing, skills (by commas), waiting ("hold",
    "talk"; "silent": a caller is held, and in writing the agent says nothing more).

    Answers {"waiting": true} where the agent goes on, {"taken": true} when a held caller has somebody; failed when nobody is
    there, or comes in time. `words` are for the contact.
    """
    try:
        row: Handoff = await database_sync_to_async(_asked)(call)
    except NoTeam:
        return failure("no_team", "There is no team that could take this conversation.")
    except LookupError:
        return failure("not_found", "There is no such conversation any more.")
    language = call.spec.language
    if row.state != State.WAITING:
        return _answer_of(row, language)
    if not _is_held(row):
        # One that is to be silent has said it already: its flow may not come to speak any more.
        silent = row.conversation.owner == Conversation.Owner.HUMAN
        return _found(waiting=True, words="" if silent else _asked_words(row.leg, language))
    await call.line.ring(on=True)
    try:
        return _answer_of(await _settled(row), language)
    finally:
        await call.line.ring(on=False)


def _asked(call: OwnCall) -> Handoff:
    """Raises NoTeam, Leg.DoesNotExist."""
    given = call.arguments
    leg = Leg.objects.select_related("conversation__workspace", "workspace").get(public_id=call.facts.leg)
    spoken = leg.media == Leg.Media.VOICE
    held = spoken and given.get("waiting") != "talk"
    silent = not spoken and given.get("waiting") == "silent"
    with transaction.atomic():
        if silent:
            lock_threads(leg.conversation)
        row = ask_for_person(
            leg.conversation,
            team=team_for(leg.workspace, _text(given.get("target"))),
            key=f"{HELD if held else 'talk:'}{call.facts.leg}:{call.call}",
            reason=_text(given.get("reason")),
            summary=_text(given.get("briefing")).strip() or _last_words(leg),
            skills=_text(given.get("skills")).split(","),
            leg=leg,
            silent=silent,
            words=_asked_words(leg, call.spec.language) if silent else "",
        )
    return Handoff.objects.select_related("team", "leg", "conversation").get(pk=row.pk)


def _asked_words(leg: Leg | None, language: str) -> str:
    spoken = leg is not None and leg.media == Leg.Media.VOICE
    return handoff_words("asked" if spoken else "asked_written", language)


async def _settled(row: Handoff) -> Handoff:
    """When it has been taken, or its time is over."""
    look = database_sync_to_async(_look)
    while (found := await look(row.pk)).state == State.WAITING:  # noqa: ASYNC110 -- another process writes it
        await asyncio.sleep(LOOK_SECONDS)
    return found  # type: ignore[no-any-return]


def _look(pk: int) -> Handoff:
    row = Handoff.objects.select_related("team", "leg").get(pk=pk)
    if row.state == State.WAITING and row.is_late:
        end_handoff(pk, speak=False)
        row = Handoff.objects.select_related("team", "leg").get(pk=pk)
    return row


def _answer_of(row: Handoff, language: str) -> ToolAnswer:
    if row.state == State.TAKEN:
        return _found(taken=True)
    words = words_for_nobody(row, language)
    return failure("nobody", "Nobody of the team could take it.", words=words)


def _found(**result: Any) -> ToolAnswer:
    return ToolAnswer(ok=True, result=msgspec.json.encode(result).decode())


def _is_held(row: Handoff) -> bool:
    return row.key.startswith(HELD)


def _last_words(leg: Leg) -> str:
    """For whoever takes it, where the flow has no briefing."""
    turns = Turn.objects.filter(conversation=leg.conversation).exclude(text="").order_by("-at", "-number")
    lines = [f"{turn.get_role_display()}: {turn.text}" for turn in turns[:SUMMARY_TURNS]]
    return "\n".join(reversed(lines))[:1_000]


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
