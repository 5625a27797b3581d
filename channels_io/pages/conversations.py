"""The list of conversations."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from agents.models import Agent
from channels_io.kind_names import kind_label
from channels_io.models import Channel, Conversation
from channels_io.reads.conversations import Filters, kinds_used, read_page
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.lib.pages import render_page

EARLIEST, LATEST = "2000-01-01", "2999-12-31"


class FilterForm(forms.Form):
    """Read from the address: every filtered list can be bookmarked."""

    q = forms.CharField(label=gettext_lazy("Words or name"), required=False, max_length=200)
    agent = forms.ChoiceField(label=gettext_lazy("Agent"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=(
            ("", gettext_lazy("Any state")),
            ("open", gettext_lazy("Open")),
            ("closed", gettext_lazy("Closed")),
            ("human", gettext_lazy("With a person")),
            ("failed", gettext_lazy("Failed")),
            ("test", gettext_lazy("Tests of the builder")),
        ),
    )
    since = forms.DateField(label=gettext_lazy("From"), required=False)
    until = forms.DateField(label=gettext_lazy("To"), required=False)

    def __init__(self, data: QueryDict, workspace: Workspace) -> None:
        super().__init__(data)
        agents = Agent.objects.of(workspace).order_by("name").values_list("public_id", "name")
        channels = Channel.objects.of(workspace).order_by("name").values_list("public_id", "name")
        kinds = [(kind, kind_label(kind)) for kind in kinds_used(workspace)]
        self.fields["agent"].choices = [("", _("All agents")), *agents]  # type: ignore[attr-defined]
        self.fields["channel"].choices = [  # type: ignore[attr-defined]
            ("", _("All channels")),
            *([(_("Channels"), list(channels))] if channels else []),
            *([(_("Kinds"), kinds)] if kinds else []),
        ]
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "placeholder": _("Search what was said, or a name"), "enterkeyhint": "search"}
        )
        for name in ("since", "until"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date", "min": EARLIEST, "max": LATEST})

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or self.cleaned_data
        for name in ("since", "until"):
            day = cleaned.get(name)
            if day is not None and not EARLIEST <= day.isoformat() <= LATEST:
                self.add_error(name, forms.ValidationError(_("Choose a day after the year 2000."), code="day_invalid"))
        return cleaned

    def filters(self) -> Filters:
        """What could be understood; a field with an error restricts nothing."""
        values = self.cleaned_data if self.is_bound and not self.errors else getattr(self, "cleaned_data", {})
        return Filters(
            text=values.get("q") or "",
            agent=values.get("agent") or "",
            channel=values.get("channel") or "",
            state=values.get("state") or "",
            since=values.get("since"),
            until=values.get("until"),
        )


@require_safe
@workspace_page(Permission.VIEW)
def conversations(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    form = FilterForm(request.GET, workspace)
    form.full_clean()
    filters = form.filters()
    page = read_page(workspace, filters, before=request.GET.get("before", ""), after=request.GET.get("after", ""))
    context = {
        "form": form,
        "filters": filters,
        "page": page,
        "older": _link(request, before=page.older),
        "newer": _link(request, after=page.newer),
        "anything": bool(page.rows) or Conversation.objects.of(workspace).exists(),
    }
    return render_page(request, "channels_io/conversations.html", context, title=_("Conversations"))


def _link(request: HttpRequest, **cursor: str) -> str:
    """The same list at another place; empty when there is none."""
    if not any(cursor.values()):
        return ""
    query = request.GET.copy()
    for name in ("before", "after"):
        query.pop(name, None)
    for name, value in cursor.items():
        query[name] = value
    for name in [name for name, value in query.items() if not value]:
        del query[name]
    return "?" + query.urlencode()
