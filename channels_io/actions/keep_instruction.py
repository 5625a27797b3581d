"""What is whispered while nothing runs: it waits in the conversation's stored state, and the agent's next answer follows it."""

from __future__ import annotations

from typing import Final

import msgspec
from django.db.models import Max
from django.utils import timezone
from msgspec.structs import replace

from channels_io.actions.write_turn import state_of
from channels_io.announce import announce
from channels_io.models import Conversation, Event, Leg
from channels_io.models.event import EventKind
from channels_io.privacy.rules import masked_sorts
from channels_io.privacy.words import hidden_state
from channels_io.sanitize import clean_count, clean_json

MOST: Final = 8
"""As many as a worker keeps."""


def keep_instruction(locked: Conversation, last: Leg, text: str, by: str) -> None:
    """`locked` is whole and locked, in a transaction of the caller's; `last`, its newest leg, is over."""
    state = state_of(locked)
    instructions = (*state.instructions, text)[-MOST:]
    state = replace(state, instructions=instructions, unfollowed=min(state.unfollowed + 1, len(instructions)))
    locked.state = hidden_state(clean_json(msgspec.to_builtins(state)), masked_sorts(locked.workspace_id))
    locked.save(update_fields=["state", "updated_at"])
    now = timezone.now()
    newest: int | None = Event.objects.filter(leg=last).aggregate(last=Max("seq"))["last"]
    Event.objects.create(
        workspace_id=locked.workspace_id,
        conversation=locked,
        leg=last,
        seq=(newest or 0) + 1,
        kind=EventKind.WHISPERED,
        data={"text": text, "by": by},
        at_ms=clean_count((now - last.started_at).total_seconds() * 1000),
        at=now,
    )
    announce(locked.workspace, locked, "notes")
