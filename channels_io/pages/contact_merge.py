"""Merging two contacts: whom with, what that would move, and taking it apart again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from channels_io.actions.merge_contacts import CannotMerge, merge_contacts, preview
from channels_io.actions.unmerge_contacts import unmerge_contacts
from channels_io.models import Contact, ContactMerge
from channels_io.reads.contacts import contact_rows, contacts_of, found, suggestions
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

MOST_FOUND = 20


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Permission.OPERATE)
def contact_merge(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """GET: choose with `q`, look at what it moves with `with`. POST with `with`: do it."""
    workspace = request.actor.workspace
    kept = get_or_404(contacts_of(workspace).select_related("workspace"), workspace, public_id)
    chosen = request.POST.get("with", "") if request.method == "POST" else request.GET.get("with", "")
    gone = get_or_404(contacts_of(workspace), workspace, chosen) if chosen else None
    if request.method == "POST":
        return _merge(request, kept, gone)
    text = request.GET.get("q", "")
    others = found(request.actor, text) if text.strip() else suggestions(kept)
    context = {
        "contact": kept,
        "kept": contact_rows([kept])[0],
        "gone": contact_rows([gone])[0] if gone is not None and gone.pk != kept.pk else None,
        "preview": preview(kept, gone) if gone is not None else None,
        "text": text,
        "rows": contact_rows(list(others.exclude(pk=kept.pk).order_by("-seen_at", "-pk")[:MOST_FOUND])),
    }
    title = _("Merge with %(name)s") % {"name": kept}
    return render_page(request, "channels_io/contact_merge.html", context, title=title)


@require_POST
@workspace_page(Permission.OPERATE)
def contact_unmerge(request: WorkspaceRequest, public_id: str, merge_id: str) -> HttpResponse:
    merge = get_or_404(ContactMerge, request.actor.workspace, merge_id, kept__public_id=public_id)
    try:
        gone = unmerge_contacts(request.actor, merge)
    except CannotMerge as error:
        messages.error(request, error.message)
        return redirect("channels_io:contact", public_id)
    messages.success(request, _("Taken apart: everything is back where it came from."))
    return redirect("channels_io:contact", gone.public_id)


def _merge(request: WorkspaceRequest, kept: Contact, gone: Contact | None) -> HttpResponse:
    if gone is None:
        messages.error(request, _("Choose whom to merge with."))
        return redirect("channels_io:contact-merge", kept.public_id)
    try:
        merge_contacts(request.actor, kept, gone)
    except CannotMerge as error:
        messages.error(request, error.message)
        return redirect("channels_io:contact-merge", kept.public_id)
    messages.success(request, _("Merged. You can undo it on this page."))
    return redirect("channels_io:contact", kept.public_id)
