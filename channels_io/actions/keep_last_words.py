"""What the inbox shows of a conversation without reading its turns."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import F, QuerySet
from django.db.models.functions import Greatest

from channels_io.actions.settle_waiting import settle_waiting
from channels_io.models import Conversation, Leg, Turn
from channels_io.sanitize import clean_text

LONGEST = 200
"""Characters of `Conversation.last_words`."""


def keep_last_words(leg: Leg, written: Iterable[Turn]) -> None:
    """After `written` turns of `leg` were stored: the newest words, when the contact was heard, whether somebody waits.

    One query and one update a batch; two more only where a person has the conversation or it waits for one.
    Words of the contact open a closed conversation again.
    """
    heard = [turn.at for turn in written if turn.role == Turn.Role.CALLER and turn.text]
    rows: QuerySet[Conversation] = Conversation.objects.filter(pk=leg.conversation_id)
    # As stored: a batch may be an old one that is written again, and what is masked is masked here too.
    said = Turn.objects.filter(conversation=leg.conversation_id).exclude(text="")
    newest = said.order_by("-at", "-number", "role").values_list("text", "role").first()
    if newest is None:
        return
    changes: dict[str, object] = {
        "last_words": clean_text(" ".join(newest[0].split()), LONGEST),
        "last_role": newest[1],
    }
    if heard:
        changes["heard_at"] = Greatest(F("heard_at"), max(heard))
    rows.update(**changes)
    conversation = leg.conversation
    if heard and leg.ended_at is None and conversation.status == Conversation.Status.CLOSED:
        again = rows.filter(status=Conversation.Status.CLOSED, closed_at__lt=max(heard))
        again.update(status=Conversation.Status.OPEN, closed_at=None)
    if conversation.owner == Conversation.Owner.HUMAN or conversation.waits_since is not None:
        settle_waiting(rows)
