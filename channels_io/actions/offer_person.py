"""The agent does not understand: after so many misses as its builder allows, a person is asked for, once."""

from __future__ import annotations

import logging

from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.ask_for_person import NoTeam, ask_for_person
from channels_io.actions.nobody_came import words_for_nobody
from channels_io.actions.speak_for_agent import speak_for_agent
from channels_io.handoff_words import handoff_words
from channels_io.messaging.waking import lock_threads
from channels_io.models import Conversation, Handoff, Leg
from channels_io.reads.live_leg import spec_of_leg
from channels_io.reads.teams import team_for

logger = logging.getLogger(__name__)


def offer_person(leg: int, misses: int) -> bool:
    """Whether this call asked, for the leg with this primary key. Until somebody has taken the conversation, one is asked once.

    `misses`: turns of the caller in a row that were of no use (`ConversationState.misses`).
    """
    row = (
        Leg.objects.select_related("version", "workspace", "conversation__workspace", "channel").filter(pk=leg).first()
    )
    if row is None or row.version is None or row.conversation.test:
        return False
    most = row.version.draft.get("ask_person_after") or 0
    conversation = row.conversation
    if not 0 < most <= misses or conversation.owner != Conversation.Owner.AI:
        return False
    key = f"misses:{conversation.public_id}:{conversation.owner_number}"
    if Handoff.objects.filter(workspace=row.workspace, key=key).exists():
        return False
    with transaction.atomic():
        lock_threads(conversation)
        try:
            found = ask_for_person(
                conversation,
                team=team_for(row.workspace),
                key=key,
                reason=_("Not understood %(count)d times in a row") % {"count": misses},
                leg=row,
            )
        except NoTeam:
            logger.info("Leg %s: nobody can be asked, there is no team.", row.public_id)
            return False
        _say(row, found, key)
    return True


def _say(leg: Leg, found: Handoff, key: str) -> None:
    spec = spec_of_leg(leg)
    language = spec.language if spec is not None else "en"
    if found.state == Handoff.State.WAITING:
        words = handoff_words("asked" if leg.media == Leg.Media.VOICE else "asked_written", language)
    else:
        words = words_for_nobody(found, language)
    if words:
        speak_for_agent(leg.conversation, words, key=key)
