"""What may be written to this person now: not after STOP, and freely only within WhatsApp's hours."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.translation import gettext as _

from channels_io.messaging.content import Content, TemplateContent, as_text
from channels_io.messaging.provider import Abilities
from channels_io.models import MessageTemplate, OptOut, OutboundMessage, Thread
from inference.errors import ParleyError

FALLBACK = "template"
"""In `Channel.settings`: public id of the template whose {{1}} takes what cannot be written freely."""


class Refusal(ParleyError):
    """It is not sent, and trying again would change nothing. `code` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message, code=code)


def permitted_content(message: OutboundMessage, content: Content, abilities: Abilities) -> Content:
    """`content`, or the template that stands in for it. Raises Refusal."""
    thread = message.thread
    if not message.key.startswith("stop:") and opted_out(thread, abilities):
        raise Refusal("opted_out", _("This person does not want messages any more (STOP)."))
    if isinstance(content, TemplateContent) or is_open(thread, abilities):
        return content
    template = _fallback(message)
    if template is None:
        raise Refusal(
            "window_closed",
            _(
                "The person's last message is more than %(hours)d hours old: only a template may be sent, and none is set."
            )
            % {"hours": abilities.window_hours},
        )
    words = " ".join(as_text(content).split())
    body = template.body.replace("{{1}}", words)
    return TemplateContent(template.reference, template.language, (words,), body)


def opted_out(thread: Thread, abilities: Abilities) -> bool:
    rows = OptOut.objects.filter(workspace_id=thread.workspace_id, scope=abilities.scope, address=thread.address)
    return rows.exists()


def is_open(thread: Thread, abilities: Abilities) -> bool:
    """Whether free words may be sent: always, or so long after the person's last message."""
    if not abilities.window_hours:
        return True
    return thread.heard_at is not None and timezone.now() - thread.heard_at < timedelta(hours=abilities.window_hours)


def _fallback(message: OutboundMessage) -> MessageTemplate | None:
    channel = message.channel
    wanted = None if channel is None else channel.settings.get(FALLBACK)
    if channel is None or channel.account is None or not isinstance(wanted, str) or not wanted:
        return None
    return MessageTemplate.objects.filter(account=channel.account, public_id=wanted).first()
