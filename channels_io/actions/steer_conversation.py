"""What a person does to a call or chat that is going on, beside talking: whisper, say, hold, transfer, end.

Each is a note to the process that runs it, after the commit. Whoever does it is written down, what they said is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from channels_io.actions.change_owner import locked_conversation
from channels_io.actions.keep_instruction import keep_instruction
from channels_io.announce import tell_leg
from channels_io.models import Conversation, Leg, Thread
from channels_io.owner_errors import NotLive, NotYours, UnknownPlace
from channels_io.reads.live_leg import live_leg, people_to_transfer_to
from channels_io.sanitize import clean_text
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.permissions import Permission, require

MOST_CHARS: Final = 500


def whisper(actor: Actor, conversation: Conversation, text: str) -> None:
    """The agent follows `text` from its next answer on; the caller does not hear it. In a thread of messages, where
    nothing runs between two of them, it waits for that answer.

    All of these raise PermissionDenied, NotLive; NotYours while another person talks; ValidationError for the text.
    """
    words = _words(text)
    require(actor, Permission.TAKE_OVER)
    with transaction.atomic():
        locked = locked_conversation(actor.workspace, conversation.pk)
        last = _resting(locked)
        if last is not None:
            keep_instruction(locked, last, words, _name(actor))
            audit(actor, "conversation.whispered", locked, leg=last.public_id)
            return
    _steer(actor, conversation, "whispered", {"do": "whisper", "text": words, "by": _name(actor)}, anybody=True)


def say_for_agent(actor: Actor, conversation: Conversation, text: str) -> None:
    """Spoken at once in the agent's voice. NotYours also while a person talks: they say it themselves."""
    words = _words(text)
    _steer(actor, conversation, "said", {"do": "say", "text": words, "by": _name(actor)}, only_agent=True)


def hold_call(actor: Actor, conversation: Conversation, *, on: bool) -> None:
    """The caller hears a tone, and nobody hears the caller, until off."""
    _steer(actor, conversation, "held" if on else "unheld", {"do": "hold", "on": on}, voice=True)


def end_conversation(actor: Actor, conversation: Conversation) -> None:
    """Goodbye is said, then the line is closed."""
    _steer(actor, conversation, "ended_by_person", {"do": "end"})


def transfer_conversation(actor: Actor, conversation: Conversation, target: str) -> None:
    """The caller is put through to one of the channel's people, by name. Raises UnknownPlace too."""
    target = clean_text(target, 120).strip()
    require(actor, Permission.TAKE_OVER)
    if target not in people_to_transfer_to(live_leg(conversation)):
        raise UnknownPlace(_("This is none of the people whom callers may be put through to."), conversation)
    _steer(actor, conversation, "transferred", {"do": "transfer", "target": target}, voice=True)


def _steer(
    actor: Actor,
    conversation: Conversation,
    verb: str,
    note: Mapping[str, Any],
    *,
    anybody: bool = False,
    only_agent: bool = False,
    voice: bool = False,
) -> None:
    """`anybody`: also while another person talks. `only_agent`: not while a person does. `voice`: of calls only."""
    require(actor, Permission.TAKE_OVER)
    with transaction.atomic():
        locked = locked_conversation(actor.workspace, conversation.pk)
        by_person = locked.owner == Conversation.Owner.HUMAN
        mine = actor.user is not None and locked.owner_user_id == actor.user.pk
        if by_person and (only_agent or not (anybody or mine)):
            raise NotYours.of(locked)
        leg = live_leg(locked)
        if leg is None or (voice and leg.media != Leg.Media.VOICE):
            raise NotLive.now(locked)
        audit(actor, f"conversation.{verb}", locked, leg=leg.public_id)
        transaction.on_commit(partial(tell_leg, locked.public_id, note), robust=True)


def _resting(locked: Conversation) -> Leg | None:
    """The newest leg of a conversation of messages, whose next message the agent answers; None: it runs, or is none."""
    if not Thread.objects.filter(conversation=locked).exists() or live_leg(locked) is not None:
        return None
    return locked.legs.order_by("-pk").first()


def _words(text: str) -> str:
    words = " ".join(clean_text(text).split())
    if not words:
        raise ValidationError(_("There are no words."), code="empty_text")
    if len(words) > MOST_CHARS:
        raise ValidationError(
            _("This is too long: at most %(most)d characters."), code="too_long", params={"most": MOST_CHARS}
        )
    return words


def _name(actor: Actor) -> str:
    return str(actor.user) if actor.user is not None else actor.label
