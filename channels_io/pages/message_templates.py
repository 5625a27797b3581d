"""Message templates of WhatsApp: what the provider has approved, and how one reads with its values."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from channels_io.actions.fetch_templates import fetch_templates
from channels_io.messaging.template_text import places_in
from channels_io.models import Account, MessageTemplate
from channels_io.setting_up import SetUpFailed
from parley.accounts.models import Workspace
from parley.accounts.pages.guard import WorkspaceRequest, workspace_page
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def templates(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """Of one account; a POST fetches them anew."""
    account = get_or_404(Account.objects.select_related("workspace"), request.actor.workspace, public_id)
    if request.method == "POST":
        try:
            count = fetch_templates(request.actor, account)
        except SetUpFailed as failed:
            messages.error(request, " ".join(filter(None, (failed.message, failed.advice))))
        else:
            words = ngettext("%(count)d template.", "%(count)d templates.", count) % {"count": count}
            messages.success(request, words)
        return redirect("channels_io:templates", account.public_id)
    rows = template_rows(request.actor.workspace, account)
    fetched = (
        MessageTemplate.objects.filter(account=account).order_by("fetched_at").values_list("fetched_at", flat=True)
    )
    context = {"account": account, "rows": rows, "fetched_at": fetched.first()}
    title = _("Templates of %(account)s") % {"account": account.name}
    return render_page(request, "channels_io/accounts/templates.html", context, title=title)


@require_safe
@workspace_page(Permission.VIEW)
def templates_json(request: WorkspaceRequest) -> JsonResponse:
    """For pickers: {"templates": [{"id", "name", "language", "status", "approved", "body", "places", "account"}]}; `?account=`."""
    rows = template_rows(request.actor.workspace)
    account = request.GET.get("account")
    return JsonResponse({"templates": [row for row in rows if account in (None, "", row["account"])]})


def template_rows(workspace: Workspace, account: Account | None = None) -> list[dict[str, Any]]:
    """By name and language. `places`: what the values fill, in their order."""
    found = MessageTemplate.objects.of(workspace).select_related("account").order_by("name", "language", "pk")
    if account is not None:
        found = found.filter(account=account)
    return [
        {
            "id": row.public_id,
            "name": row.name,
            "language": row.language,
            "category": row.category,
            "status": row.status,
            "approved": row.status.lower() in ("approved", ""),
            "body": row.body,
            "places": list(places_in(row.body)),
            "account": row.account.public_id,
            "account_name": row.account.name,
        }
        for row in found
    ]
