"""Places that are kept free, as a form."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from agents.models import Agent
from channels_io.actions.save_reserved_places import ReservedValues, delete_reserved_places, save_reserved_places
from channels_io.models import ReservedPlaces
from channels_io.pages.form_errors import show_refusal
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

_TIME = {"type": "time"}


class ReservedForm(forms.Form):
    agent = forms.ModelChoiceField(
        Agent.objects.none(),
        label=gettext_lazy("For"),
        required=False,
        to_field_name="public_id",
        empty_label=gettext_lazy("All agents of this workspace"),
    )
    places = forms.IntegerField(
        label=gettext_lazy("Places kept free"),
        min_value=0,
        help_text=gettext_lazy("So many calls at once find a place, whatever others do."),
    )
    workers = forms.IntegerField(
        label=gettext_lazy("Workers kept ready"),
        min_value=0,
        help_text=gettext_lazy("At least so many hold the agent's prompt and run, even when nobody calls."),
    )
    days = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Days"),
        choices=list(WEEKDAYS.items()),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None: every day."),
    )
    begins = forms.TimeField(label=gettext_lazy("From"), required=False, widget=forms.TimeInput(_TIME, format="%H:%M"))
    ends = forms.TimeField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.TimeInput(_TIME, format="%H:%M"),
        help_text=gettext_lazy("By the workspace's clock; both empty: all day."),
    )
    enabled = forms.BooleanField(label=gettext_lazy("Holds"), required=False)

    def __init__(self, workspace: Workspace, row: ReservedPlaces | None, data: QueryDict | None = None) -> None:
        super().__init__(data, initial=_initial(row))
        agents = Agent.objects.of(workspace).filter(archived_at=None).order_by("name")
        self.fields["agent"].queryset = agents  # type: ignore[attr-defined]

    def values(self) -> ReservedValues:
        """Of a valid form."""
        return ReservedValues(**self.cleaned_data)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
def reserved_new(request: WorkspaceRequest) -> HttpResponse:
    return _form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page(Permission.MANAGE_WORKSPACE)
def reserved(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    return _form(request, get_or_404(ReservedPlaces, request.actor.workspace, public_id))


@require_POST
@workspace_page(Permission.MANAGE_WORKSPACE)
def reserved_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    delete_reserved_places(request.actor, get_or_404(ReservedPlaces, request.actor.workspace, public_id))
    messages.success(request, _("The places are free for everybody again."))
    return redirect("channels_io:workers")


def _form(request: WorkspaceRequest, row: ReservedPlaces | None) -> HttpResponse:
    form = ReservedForm(request.actor.workspace, row, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            save_reserved_places(request.actor, form.values(), row)
        except ValidationError as error:
            show_refusal(form, error, {})
        else:
            messages.success(request, _("Saved: it holds within seconds."))
            return redirect("channels_io:workers")
    title = _("Kept places") if row is not None else _("Keep places")
    context = {"form": form, "row": row}
    return render_page(
        request, "channels_io/workers/reserved.html", context, title=title, status=400 if form.errors else 200
    )


def _initial(row: ReservedPlaces | None) -> dict[str, Any]:
    if row is None:
        return {"places": 2, "workers": 1, "enabled": True}
    shown = ("places", "workers", "days", "begins", "ends", "enabled")
    agent = row.agent.public_id if row.agent is not None else ""
    return {"agent": agent, **{name: getattr(row, name) for name in shown}}
