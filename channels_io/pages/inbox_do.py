"""What is done to one or several conversations from the inbox: one address, since the list acts on what is selected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from channels_io.actions.assign_conversation import assign_conversation
from channels_io.actions.close_conversation import close_conversation, reopen_conversation
from channels_io.actions.mark_read import mark_read
from channels_io.actions.tag_conversation import tag_conversation
from channels_io.actions.write_note import write_note
from channels_io.models import Conversation, Tag
from channels_io.pages.talk_json import refusal
from parley.accounts.actor import Actor
from parley.accounts.models import User
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404

MOST = 100
"""Conversations at a time."""

Undo = list[dict[str, Any]]
"""Requests of the same shape that take it back."""
Outcome = tuple[str, Undo]


@require_POST
@workspace_page(Permission.OPERATE)
def inbox_do(request: WorkspaceRequest) -> HttpResponse:
    """Form fields: `do` (assign, tag, untag, close, reopen, read, unread, note), `ids` (comma between), and for some
    `user`, `tag`, `text`. All of them or none: one that is not here makes it a 404.

    {"words", "undo": [fields of a request that takes it back]}; 400 {"error": {"code", "message"}}.
    """
    sent = request.POST
    act = _ACTS.get(sent.get("do", ""))
    ids = list(dict.fromkeys(each for each in sent.get("ids", "").replace("\0", "").split(",") if each))
    if act is None or not ids or len(ids) > MOST:
        message = _("Choose between 1 and %(most)s conversations, and what to do.") % {"most": MOST}
        return refusal("bad_request", message, 400)
    try:
        with transaction.atomic():
            words, undo = act(request.actor, _found(request.actor, ids), {name: sent.get(name, "") for name in _FIELDS})
    except ValidationError as error:
        return refusal(error.code or "invalid", " ".join(error.messages), 400)
    except Conversation.DoesNotExist:
        raise Http404 from None
    return JsonResponse({"words": words, "undo": undo})


_FIELDS = ("user", "tag", "text")


def _found(actor: Actor, ids: Sequence[str]) -> list[Conversation]:
    """In one order, so that two people who act on the same ones do not wait for each other. Http404."""
    rows = Conversation.objects.of(actor.workspace).filter(public_id__in=ids).defer("state").order_by("pk")
    found = list(rows)
    if len(found) != len(ids):
        raise Http404(_("There is nothing here, or it is not yours to see."))
    return found


def _assign(actor: Actor, rows: Sequence[Conversation], sent: dict[str, str]) -> Outcome:
    user = _colleague(actor, sent["user"])
    before: dict[str, list[str]] = {}
    for each in rows:
        was = assign_conversation(actor, each, user)
        if was != user:
            before.setdefault(was.public_id if was else "", []).append(each.public_id)
    undo: Undo = [{"do": "assign", "ids": ids, "user": was} for was, ids in before.items()]
    if user is None:
        return _("Assigned to nobody."), undo
    return _("Assigned to %(name)s.") % {"name": user}, undo


def _tag(actor: Actor, rows: Sequence[Conversation], sent: dict[str, str], *, on: bool = True) -> Outcome:
    tag = get_or_404(Tag, actor.workspace, sent["tag"])
    changed = [each.public_id for each in rows if tag_conversation(actor, each, tag, on=on)]
    undo: Undo = [{"do": "untag" if on else "tag", "ids": changed, "tag": tag.public_id}] if changed else []
    words = _("Tagged “%(tag)s”.") if on else _("Tag “%(tag)s” taken off.")
    return words % {"tag": tag.name}, undo


def _untag(actor: Actor, rows: Sequence[Conversation], sent: dict[str, str]) -> Outcome:
    return _tag(actor, rows, sent, on=False)


def _close(actor: Actor, rows: Sequence[Conversation], _sent: dict[str, str]) -> Outcome:
    changed = [each.public_id for each in rows if close_conversation(actor, each)]
    words = ngettext("Conversation closed.", "%(count)d conversations closed.", len(changed)) % {"count": len(changed)}
    return words, [{"do": "reopen", "ids": changed}] if changed else []


def _reopen(actor: Actor, rows: Sequence[Conversation], _sent: dict[str, str]) -> Outcome:
    changed = [each.public_id for each in rows if reopen_conversation(actor, each)]
    words = ngettext("Conversation reopened.", "%(count)d conversations reopened.", len(changed))
    return words % {"count": len(changed)}, [{"do": "close", "ids": changed}] if changed else []


def _read(actor: Actor, rows: Sequence[Conversation], _sent: dict[str, str]) -> Outcome:
    for each in rows:
        mark_read(actor, each)
    return "", []


def _unread(actor: Actor, rows: Sequence[Conversation], _sent: dict[str, str]) -> Outcome:
    changed = [each.public_id for each in rows if mark_read(actor, each, read=False)]
    return _("Marked as unread."), [{"do": "read", "ids": changed}] if changed else []


def _note(actor: Actor, rows: Sequence[Conversation], sent: dict[str, str]) -> Outcome:
    for each in rows:
        write_note(actor, each, sent["text"])
    return _("Noted for the team."), []


_ACTS: dict[str, Callable[[Actor, Sequence[Conversation], dict[str, str]], Outcome]] = {
    "assign": _assign,
    "tag": _tag,
    "untag": _untag,
    "close": _close,
    "reopen": _reopen,
    "read": _read,
    "unread": _unread,
    "note": _note,
}


def _colleague(actor: Actor, public_id: str) -> User | None:
    """Http404 for whoever is no member here."""
    if not public_id:
        return None
    found: User | None = User.objects.filter(
        public_id=public_id.replace("\0", ""), memberships__workspace=actor.workspace
    ).first()
    if found is None:
        raise Http404(_("There is nothing here, or it is not yours to see."))
    return found
