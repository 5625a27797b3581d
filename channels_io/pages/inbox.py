"""The inbox: every conversation of the workspace in one list, and the one that is open beside it."""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from channels_io.actions.save_tag import COLOURS
from channels_io.models import Outcome, Tag
from channels_io.pages.inbox_form import InboxForm, address, query_of
from channels_io.pages.inbox_row import draw_row
from channels_io.pages.inbox_words import inbox_words
from channels_io.reads.inbox import (
    InboxRow,
    any_conversation,
    read_inbox,
    read_rows,
    shown_count,
    tab_counts,
)
from channels_io.reads.inbox_filters import InboxFilters
from channels_io.reads.saved_views import views_of
from parley.accounts.models import User
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.roles import ROLE_PERMISSIONS
from parley.lib.pages import render_page

OPERATORS: Final = [role for role, allowed in ROLE_PERMISSIONS.items() if Permission.OPERATE in allowed]
_OLD_STATES: Final = {"human": {"owner": "person"}, "failed": {"outcome": "failed"}}


@require_safe
@workspace_page(Permission.VIEW)
def inbox(request: WorkspaceRequest) -> HttpResponse:
    actor = request.actor
    colleagues, tags = _colleagues(request), list(Tag.objects.of(actor.workspace))
    form = InboxForm(request.GET, actor, colleagues, tags)
    filters = form.filters()
    page = read_inbox(actor, filters, before=request.GET.get("before", ""))
    counts = tab_counts(actor)
    query = query_of(request.GET)
    views = list(views_of(actor))
    context = {
        "form": form,
        "filters": filters,
        "chips": form.chips(request.GET),
        "selects": form.selects(),
        "others": [form[name] for name in ("outcome", "since", "until")],
        "page": page,
        "rows": [draw_row(row, filters.text, may_operate=actor.may(Permission.OPERATE)) for row in page.rows],
        "tabs": _tabs(request, filters, counts),
        "waiting": counts["waiting"],
        "clear": address(request.GET, **dict.fromkeys(form.fields, "")),
        "query": query,
        "views": [(view, view.query == query) for view in views],
        "view": next((view for view in views if view.query == query and query), None),
        "tags": tags,
        "colours": COLOURS,
        "colleagues": colleagues,
        "outcomes": Outcome.choices,
        "anything": bool(page.rows) or any_conversation(actor),
        "may_operate": actor.may(Permission.OPERATE),
        "may_export": actor.may(Permission.EXPORT),
        "opened": request.GET.get("c", "")[:40],
        "config": _config(request, colleagues, tags, query),
        "is_fullwidth": "1",
    }
    return render_page(request, "channels_io/inbox/inbox.html", context, title=_("Inbox"))


@require_safe
@workspace_page(Permission.VIEW)
def inbox_rows_json(request: WorkspaceRequest) -> HttpResponse:
    """{"rows": [{"id", "place", "html"}], "older", "counts": {tab: shown}, "waiting"}.

    `?before=` the page behind a cursor; `?ids=` (comma between) those of them that the filters let through.
    """
    actor = request.actor
    filters = InboxForm(request.GET, actor, _colleagues(request), Tag.objects.of(actor.workspace)).filters()
    older = ""
    if "ids" in request.GET:
        rows = read_rows(actor, filters, request.GET["ids"].replace("\0", "").split(","))
    else:
        page = read_inbox(actor, filters, before=request.GET.get("before", ""))
        rows, older = page.rows, page.older
    counts = tab_counts(actor)
    answer = {
        "rows": [_row_json(request, row, filters) for row in rows],
        "older": older,
        "counts": {tab: shown_count(count) for tab, count in counts.items()},
        "waiting": counts["waiting"],
    }
    response = JsonResponse(answer)
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@workspace_page(Permission.VIEW)
def old_list(request: WorkspaceRequest) -> HttpResponse:
    """Where the list of conversations was before the inbox: its addresses lead to the same conversations."""
    state = request.GET.get("state", "")
    query = query_of(request.GET, **({"state": "", **_OLD_STATES[state]} if state in _OLD_STATES else {}))
    return redirect(reverse("channels_io:inbox") + (f"?{query}" if query else ""))


def _colleagues(request: WorkspaceRequest) -> list[User]:
    """Who can be given a conversation."""
    members = request.actor.workspace.memberships.filter(role__in=OPERATORS).select_related("user")
    return sorted((each.user for each in members), key=lambda user: str(user).casefold())


def _tabs(request: WorkspaceRequest, filters: InboxFilters, counts: dict[str, int]) -> list[dict[str, Any]]:
    names = {"mine": _("Mine"), "waiting": _("Waiting"), "live": _("Live"), "all": _("All")}
    return [
        {
            "name": name,
            "label": label,
            "count": shown_count(counts[name]),
            "active": filters.tab == name,
            "link": address(request.GET, tab="" if name == "all" else name),
        }
        for name, label in names.items()
    ]


def _row_json(request: WorkspaceRequest, row: InboxRow, filters: InboxFilters) -> dict[str, str]:
    html = draw_row(row, filters.text, may_operate=request.actor.may(Permission.OPERATE))
    return {"id": row.conversation.public_id, "place": row.place, "html": html}


def _config(request: WorkspaceRequest, colleagues: list[User], tags: list[Tag], query: str) -> dict[str, Any]:
    """What the page's modules need to know."""
    actor = request.actor
    return {
        "query": query,
        "me": actor.user.public_id if actor.user is not None else "",
        "mayOperate": actor.may(Permission.OPERATE),
        "rows": reverse("channels_io:inbox-rows"),
        "act": reverse("channels_io:inbox-do"),
        "tags": [{"id": tag.public_id, "name": tag.name, "colour": tag.colour} for tag in tags],
        "colours": list(COLOURS),
        "colleagues": [{"id": each.public_id, "name": str(each)} for each in colleagues],
        "saveTag": reverse("channels_io:inbox-tags"),
        "views": reverse("channels_io:inbox-views"),
        "viewOrder": reverse("channels_io:inbox-view-order"),
        "words": inbox_words(),
    }
