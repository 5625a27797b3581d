"""Webhooks: addresses that are told what happens, and the log of what they were told."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from channels_io.actions.replay_delivery import replay_delivery
from channels_io.actions.save_endpoint import (
    create_endpoint,
    delete_endpoint,
    edit_endpoint,
    renew_endpoint_secret,
    test_endpoint,
)
from channels_io.models import Delivery, Endpoint
from channels_io.outgoing.events import EVENTS, TEST
from channels_io.pages.form_errors import show_refusal
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

DELIVERIES_A_PAGE = 50


class EndpointForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=60)
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        help_text=gettext_lazy("https://, open to the internet, or one that this server's operator has allowed."),
        widget=forms.TextInput(
            attrs={"type": "url", "placeholder": "https://example.com/parley", "spellcheck": "false"}
        ),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Tell it when"),
        required=False,
        help_text=gettext_lazy("None marked: all of them, also those that later versions add."),
        choices=tuple(EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )
    enabled = forms.BooleanField(label=gettext_lazy("Switched on"), required=False, initial=True)


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_WEBHOOKS)
@never_cache
@sensitive_variables("secret")
def endpoints(request: WorkspaceRequest) -> HttpResponse:
    """The list; a POST makes one and shows its secret in that one answer."""
    if request.method != "POST":
        return _list(request, EndpointForm())
    form = EndpointForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=400)
    sent = form.cleaned_data
    try:
        made, secret = create_endpoint(request.actor, name=sent["name"], url=sent["url"], events=sent["events"])
    except ValidationError as error:
        show_refusal(form, error)
        return _list(request, form, status=400)
    return _list(request, EndpointForm(), made=made, secret=secret)


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_WEBHOOKS)
@never_cache
def endpoint(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    form = EndpointForm(
        request.POST or None,
        initial={"name": row.name, "url": row.url, "events": row.events, "enabled": row.enabled},
    )
    if request.method == "POST" and form.is_valid():
        try:
            edit_endpoint(request.actor, row, **form.cleaned_data)
        except ValidationError as error:
            show_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("channels_io:endpoint", row.public_id)
    return _detail(request, row, form, status=400 if form.errors else 200)


@require_POST
@workspace_page(Permission.MANAGE_WEBHOOKS)
def endpoint_test(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    test_endpoint(request.actor, row)
    messages.success(request, _("A test event is on its way. What comes of it stands in the log below."))
    return redirect("channels_io:endpoint", row.public_id)


@require_POST
@workspace_page(Permission.MANAGE_WEBHOOKS)
@never_cache
@sensitive_variables("secret")
def endpoint_secret(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    """A new secret, shown in this one answer."""
    row = _row(request, public_id)
    secret = renew_endpoint_secret(request.actor, row)
    form = EndpointForm(initial={"name": row.name, "url": row.url, "events": row.events, "enabled": row.enabled})
    return _detail(request, row, form, secret=secret)


@require_POST
@workspace_page(Permission.MANAGE_WEBHOOKS)
def endpoint_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = _row(request, public_id)
    delete_endpoint(request.actor, row)
    messages.success(request, _("“%(name)s” is told nothing any more.") % {"name": row.name})
    return redirect("channels_io:endpoints")


@require_safe
@workspace_page(Permission.MANAGE_WEBHOOKS)
def delivery(request: WorkspaceRequest, public_id: str, delivery_id: str) -> HttpResponse:
    row = _delivery(request, public_id, delivery_id)
    context = {
        "delivery": row,
        "endpoint": row.endpoint,
        "body": json.dumps(row.body, indent=2, ensure_ascii=False, sort_keys=True),
    }
    return render_page(request, "channels_io/delivery.html", context, title=row.event)


@require_POST
@workspace_page(Permission.MANAGE_WEBHOOKS)
def delivery_replay(request: WorkspaceRequest, public_id: str, delivery_id: str) -> HttpResponse:
    row = replay_delivery(request.actor, _delivery(request, public_id, delivery_id))
    messages.success(request, _("It is sent again."))
    return redirect("channels_io:delivery", public_id, row.public_id)


def _row(request: WorkspaceRequest, public_id: str) -> Endpoint:
    return get_or_404(Endpoint.objects.select_related("workspace"), request.actor.workspace, public_id)


def _delivery(request: WorkspaceRequest, public_id: str, delivery_id: str) -> Delivery:
    rows = Delivery.objects.select_related("endpoint", "conversation")
    return get_or_404(rows, request.actor.workspace, delivery_id, endpoint__public_id=public_id)


def _list(
    request: WorkspaceRequest,
    form: EndpointForm,
    *,
    status: int = 200,
    made: Endpoint | None = None,
    secret: str = "",
) -> HttpResponse:
    rows = Endpoint.objects.of(request.actor.workspace).annotate(
        arrived=Max("deliveries__done_at"),
        waiting=Count("deliveries", filter=Q(deliveries__state=Delivery.State.WAITING, deliveries__attempts__gt=0)),
    )
    context: dict[str, Any] = {"rows": rows, "form": form, "made": made, "secret": secret, "total": len(EVENTS)}
    return render_page(request, "channels_io/endpoints.html", context, title=_("Webhooks"), status=status)


def _detail(
    request: WorkspaceRequest, row: Endpoint, form: EndpointForm, *, status: int = 200, secret: str = ""
) -> HttpResponse:
    shown = request.GET.get("state", "")
    deliveries = Delivery.objects.filter(endpoint=row).select_related("conversation").order_by("-at", "-pk")
    if shown in Delivery.State.values:
        deliveries = deliveries.filter(state=shown)
    context = {
        "endpoint": row,
        "form": form,
        "secret": secret,
        "page": Paginator(deliveries, DELIVERIES_A_PAGE).get_page(request.GET.get("page", "1")),
        "shown": shown,
        "states": Delivery.State.choices,
        "test_event": TEST,
    }
    return render_page(request, "channels_io/endpoint.html", context, title=row.name, status=status)
