"""The person who has a written conversation answers the contact: one row in the record, one message, sent once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.actions.queue_message import queue_message
from channels_io.actions.write_turn import leg_of_person, write_human_turn
from channels_io.announce import tell_leg
from channels_io.messaging.content import Content, TemplateContent, TextContent
from channels_io.messaging.segments import split_text
from channels_io.messaging.template_text import filled
from channels_io.messaging.waking import lock_threads
from channels_io.models import Conversation, MessageTemplate, Team, Thread, Turn
from channels_io.reads.ways import Way, way_of
from channels_io.registry import messenger_of
from channels_io.sanitize import clean_text
from inference.errors import ParleyError
from inference.events import MAX_TEXT_CHARS
from parley.accounts.actor import Actor
from parley.accounts.audit import audit
from parley.accounts.models import User, Workspace
from parley.accounts.permissions import Permission, require

KEY: Final = "person:"
"""What the ids of a person's turns, and the keys of their messages, begin with."""
LONGEST_KEY: Final = 40
MOST_PARTS: Final = 10


class NotWritten(ParleyError):
    """Nothing was written. `code`: empty_text, too_long, bad_key, not_yours, or what `reads.ways` has against it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


def write_as_person(actor: Actor, conversation: Conversation, text: str, key: str) -> Turn:
    """The turn, new or as it was: the same `key` (1 to 40 characters, the page's own) again writes nothing twice.

    An open page shows it at once, a message leaves in its order, of anything else it is kept to be asked for. Raises
    PermissionDenied, NotWritten; Conversation.DoesNotExist when it was erased meanwhile.
    """
    words = clean_text(text).strip()
    if not words:
        raise NotWritten("empty_text", _("There is nothing to send."))
    if len(words) > MAX_TEXT_CHARS:
        raise NotWritten("too_long", _("This is too long: at most %(most)d characters.") % {"most": MAX_TEXT_CHARS})
    return _write(actor, conversation, words, key, None)


def write_template_as_person(
    actor: Actor, conversation: Conversation, template: MessageTemplate, values: Sequence[str], key: str
) -> Turn:
    """The same with an approved template: what may be sent when WhatsApp's hours are over. NotWritten also: bad_template."""
    given = tuple(clean_text(value, 500).strip() for value in values)
    words = filled(template.body, given)
    if not words.strip() or "{{" in words:
        raise NotWritten("bad_template", _("Fill in every place of the template."))
    return _write(
        actor,
        conversation,
        words,
        key,
        (template, TemplateContent(template.reference, template.language, given, words)),
    )


def shown_name(workspace: Workspace, user: User) -> str:
    """What callers are told this person is called: their name where a team of theirs says so; "": a colleague."""
    named = Team.objects.filter(workspace=workspace, members=user, names=True).exists()
    return user.get_full_name() if named else ""


def _write(
    actor: Actor,
    conversation: Conversation,
    words: str,
    key: str,
    template: tuple[MessageTemplate, TemplateContent] | None,
) -> Turn:
    require(actor, Permission.OPERATE)
    name = clean_text(key).strip()
    if actor.user is None or not 0 < len(name) <= LONGEST_KEY:
        raise NotWritten("bad_key", _("A person writes, with a key of 1 to 40 characters."))
    with transaction.atomic():
        lock_threads(conversation)
        rows = Conversation.objects.of(actor.workspace).select_related("workspace", "agent__published")
        held: Conversation = rows.select_for_update(of=("self",)).get(pk=conversation.pk)
        known = Turn.objects.filter(conversation=held, message_id=f"{KEY}{name}").first()
        if known is not None:
            return known
        if held.owner != Conversation.Owner.HUMAN or held.owner_user_id != actor.user.pk:
            raise NotWritten("not_yours", _("Take the conversation over before you write: somebody else answers it."))
        way = _checked(way_of(held), template)
        turn = _in_the_record(held, way, words, f"{KEY}{name}", actor.user)
        if way.thread is not None:
            _send(held, way.thread, turn, words, name, None if template is None else template[1])
        audit(actor, "conversation.written", held, turn=turn.public_id, by=way.by, characters=len(words))
        if way.by == "page":
            shown = shown_name(actor.workspace, actor.user)
            note = {"do": "told", "text": words, "by": shown, "turn": turn.public_id}
            transaction.on_commit(partial(tell_leg, held.public_id, note))
    return turn


def _checked(way: Way, template: tuple[MessageTemplate, TemplateContent] | None) -> Way:
    """Raises NotWritten."""
    if template is not None:
        account = way.thread.channel.account_id if way.thread is not None else None
        if account is None or template[0].account_id != account:
            raise NotWritten("bad_template", _("This template belongs to another line."))
        if way.refused == "window_closed":
            return way
    if way.refused:
        raise NotWritten(way.refused, way.why)
    return way


def _in_the_record(held: Conversation, way: Way, words: str, message_id: str, user: User) -> Turn:
    leg = way.leg if way.by == "page" else None
    if leg is None:
        thread = way.thread
        kind = thread.channel.kind if thread is not None else way.leg.kind if way.leg is not None else held.last_kind
        channel = thread.channel if thread is not None else way.leg.channel if way.leg is not None else None
        leg = leg_of_person(held, kind=kind, channel=channel, now=timezone.now())
    return write_human_turn(held, leg, text=words, message_id=message_id, by=user)


def _send(
    held: Conversation, thread: Thread, turn: Turn, words: str, key: str, template: TemplateContent | None
) -> None:
    contents: Sequence[Content] = (template,) if template is not None else _parts(thread, words)
    for number, content in enumerate(contents):
        queue_message(
            thread=thread,
            content=content,
            key=f"{KEY}{held.public_id}:{key}:{number}",
            conversation=held,
            leg=turn.leg,
        )


def _parts(thread: Thread, words: str) -> list[Content]:
    """Raises NotWritten."""
    parts = split_text(words, messenger_of(thread.channel).abilities.text_limit)
    if len(parts) > MOST_PARTS:
        raise NotWritten("too_long", _("This is too long for this channel. Send less at once."))
    return [TextContent(part) for part in parts]
