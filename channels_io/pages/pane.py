"""The conversation as people work in it: its words as they are said, who talks, what is known; a part of two pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from channels_io.models import Conversation
from channels_io.pages.analysis import analysis_context
from channels_io.pages.pane_words import pane_words
from channels_io.pages.waterfall import budget_ms, waterfalls
from channels_io.reads.flow_names import titles_of
from channels_io.reads.lines import Stretch, read_stretch
from channels_io.reads.pane import Pane, read_pane
from channels_io.reads.sent_media import media_of_turns
from channels_io.waits import KNOWN, OTHER_SLOT
from parley.accounts.actor import Actor
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

PEOPLE = ("workspace", "contact", "agent", "assignee", "owner_user")


@require_safe
@never_cache
@workspace_page(Permission.VIEW)
def pane(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """HTML for `<section id="talk">`; read again, it brings a page that is open up to date."""
    conversation = get_or_404(Conversation.objects.select_related(*PEOPLE), request.actor.workspace, public_id)
    return render(request, "channels_io/_talk.html", pane_context(request, conversation))


@require_safe
@never_cache
@workspace_page(Permission.VIEW)
def older_lines(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """What was said before turn ?before=: list items and, in data-cursor, where the next stretch begins."""
    conversation = get_or_404(Conversation.objects.select_related(*PEOPLE), request.actor.workspace, public_id)
    stretch = read_stretch(conversation, before=request.GET.get("before", ""))
    context = {
        "conversation": conversation,
        "may": _rights(request.actor),
        **_lines_context(stretch, titles_of(stretch.legs)),
    }
    return render(request, "channels_io/_talk_lines.html", context)


def pane_context(request: WorkspaceRequest, conversation: Conversation) -> dict[str, Any]:
    """For `_talk.html`; `conversation` comes with PEOPLE."""
    get_token(request)
    read = read_pane(request.actor, conversation)
    return {
        "pane": read,
        "conversation": conversation,
        "may": _rights(request.actor),
        "me": request.actor.user,
        "mine": _mine(request.actor, conversation),
        "talk_config": talk_config(request.actor, read),
        **analysis_context(request.actor, conversation),
        **_lines_context(read.stretch, read.titles),
    }


def _lines_context(stretch: Stretch, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "lines": stretch.lines,
        "older": stretch.older,
        "titles": titles,
        "waterfalls": waterfalls(stretch.turns),
        "sent_media": media_of_turns(record.turn for record in stretch.turns),
        "budget_ms": budget_ms(),
    }


def _mine(actor: Actor, conversation: Conversation) -> bool:
    """Whether the one who looks is the one who talks."""
    return conversation.owner == Conversation.Owner.HUMAN and conversation.owner_user == actor.user is not None


def _rights(actor: Actor) -> dict[str, bool]:
    """Named as the modules and templates ask for them."""
    return {
        "listen": actor.may(Permission.LISTEN),
        "take": actor.may(Permission.TAKE_OVER),
        "operate": actor.may(Permission.OPERATE),
        "export": actor.may(Permission.EXPORT),
        "edit": actor.may(Permission.EDIT_AGENT),
        "reveal": actor.may(Permission.REVEAL),
    }


def talk_config(actor: Actor, read: Pane) -> dict[str, Any]:
    """What static/channels_io/inbox/talk.js reads; `owner` and `live` hold until the socket knows better."""
    conversation, user = read.conversation, actor.user
    person = conversation.owner_user
    return {
        "id": conversation.public_id,
        "base": reverse("channels_io:conversation", args=[conversation.public_id]),
        "do": reverse("channels_io:inbox-do"),
        "me": {"id": user.public_id, "name": str(user)} if user is not None else {"id": "", "name": ""},
        "contact": str(conversation.contact),
        "agent": conversation.agent.name,
        "live": read.live is not None,
        "voice": read.spoken,
        "leg": read.leg.public_id if read.leg is not None else "",
        "since": read.live.started_at.isoformat() if read.live is not None else "",
        "owner": conversation.owner,
        "ownerUser": {"id": person.public_id, "name": str(person)} if person is not None else None,
        "number": conversation.owner_number,
        "may": _rights(actor),
        "way": read.way.as_json(),
        "node": read.node,
        "titles": dict(read.titles),
        "worklets": {name: reverse("channels_io:worklet", args=[name]) for name in ("microphone", "listener")},
        "budgetMs": budget_ms(),
        "waits": {
            name: {"label": str(wait.label), "slot": wait.slot, "explained": str(wait.explained)}
            for name, wait in KNOWN.items()
        },
        "otherSlot": OTHER_SLOT,
        "words": pane_words(),
    }
