"""A picture, a voice note, a file that a contact sent: fetched from the carrier when somebody looks at it."""

from __future__ import annotations

from typing import Final

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from channels_io.messaging.provider import SendFailed
from channels_io.models import Conversation
from channels_io.reads.sent_media import media_of_turn
from channels_io.registry import UnknownKind, messenger_of
from inference.errors import ParleyError
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

MOST_BYTES: Final = 20 * 1024 * 1024
SHOWN: Final = frozenset(
    {"image/jpeg", "image/png", "image/webp", "image/gif", "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac"}
    | {"audio/amr", "video/mp4", "video/3gpp"}
)
"""Shown in the page; anything else is saved, never opened: it is from a stranger."""


@require_safe
@workspace_page(Permission.VIEW)
def sent_media(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """`?turn=<id>&n=0`. 404 when there is none, or the carrier no longer has it."""
    conversation = get_or_404(Conversation, request.actor.workspace, public_id)
    found = media_of_turn(conversation, request.GET.get("turn", ""))
    number = request.GET.get("n", "0")
    if not number.isascii() or not number.isdigit() or int(number[:4]) >= len(found):
        raise Http404
    item = found[int(number[:4])]
    if item.channel is None:
        raise Http404
    try:
        content = messenger_of(item.channel).download(item.media, MOST_BYTES)
    except (SendFailed, UnknownKind, LookupError, ParleyError) as error:
        raise Http404 from error
    mime = item.media.mime.split(";")[0].strip().lower()
    response = HttpResponse(content, content_type=mime if mime in SHOWN else "application/octet-stream")
    response["Cache-Control"] = "private, max-age=3600"
    disposition = content_disposition_header(mime not in SHOWN, item.media.name[:80] or "file")
    if disposition:
        response["Content-Disposition"] = disposition
    return response
