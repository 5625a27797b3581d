"""How a number or sender behaves: hours, recording, transfers; waiting, voice notes, templates."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from channels_io import registry, splits
from channels_io.actions.save_channel import edit_channel
from channels_io.pages.channel_connect import carrier_channel_or_404
from channels_io.pages.channel_steps import channel_page
from channels_io.pages.form_errors import show_refusal
from channels_io.pages.option_forms import PLACES, CallForm, MessageForm
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_options(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = carrier_channel_or_404(request, public_id)
    form_class = CallForm if registry.channel_kind(row.kind).media == "voice" else MessageForm
    form = form_class(row, request.POST or None)
    if request.method == "POST" and form.is_valid():
        settings = form.settings_json()
        if splits.KEY in row.settings:
            settings[splits.KEY] = row.settings[splits.KEY]
        try:
            edit_channel(
                request.actor,
                row,
                name=row.name,
                agent=row.agent,
                version=row.version,
                enabled=row.enabled,
                settings=settings,
            )
        except ValidationError as error:
            row.refresh_from_db()
            show_refusal(form, error, PLACES)
        else:
            if request.GET.get("new"):
                return redirect(f"{reverse('channels_io:channel-connect', args=[row.public_id])}?new=1")
            messages.success(request, _("Saved."))
            return redirect("channels_io:channel-options", row.public_id)
    return channel_page(request, form.page, row, "options", {"form": form}, status=400 if form.errors else 200)
