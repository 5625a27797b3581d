"""Channels: where agents can be reached."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from agents.models import Agent, Version
from channels_io.actions.save_channel import create_channel, delete_channel, edit_channel
from channels_io.models import Channel
from channels_io.widget_settings import (
    DEFAULT_COLOUR,
    MODES,
    WIDGET_KIND,
    WidgetSettings,
    clean_colour,
    clean_origins,
)
from parley.accounts.actor import Actor
from parley.accounts.models import Workspace
from parley.accounts.pages import workspace_page
from parley.accounts.pages.guard import WorkspaceRequest
from parley.accounts.permissions import Permission
from parley.accounts.scoping import get_or_404
from parley.lib.pages import render_page

MAX_VERSIONS = 300
"""As many as a list can hold; a pinned older one is always among them."""


class VersionSelect(forms.Select):
    """Each option says whose version it is, so that the page can offer only the chosen agent's."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if hasattr(value, "instance"):
            option["attrs"]["data-agent"] = value.instance.agent.public_id
        return option


class ChannelForm(forms.Form):
    """What every kind has."""

    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=120,
        help_text=gettext_lazy("For you and your team; callers do not see it."),
    )
    agent = forms.ModelChoiceField(
        label=gettext_lazy("Agent"), queryset=Agent.objects.none(), to_field_name="public_id", empty_label=None
    )
    version = forms.ModelChoiceField(
        label=gettext_lazy("Version"),
        queryset=Version.objects.none(),
        to_field_name="public_id",
        required=False,
        widget=VersionSelect,
        empty_label=gettext_lazy("Whatever is published (recommended)"),
        help_text=gettext_lazy("Pin a version to keep this channel as it is while you go on building."),
    )
    enabled = forms.BooleanField(
        label=gettext_lazy("Takes conversations"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Off: visitors are told that nobody is there."),
    )

    def __init__(self, workspace: Workspace, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agents = Agent.objects.of(workspace).filter(archived_at=None).order_by("name")
        self.fields["agent"].queryset = agents  # type: ignore[attr-defined]
        versions = Version.objects.of(workspace).filter(agent__in=agents).select_related("agent")
        newest = versions.order_by("-created_at").values("pk")[:MAX_VERSIONS]
        shown = Q(pk__in=newest) | Q(public_id=str(self.initial.get("version", "")))
        version = self.fields["version"]
        version.queryset = versions.filter(shown).order_by("agent__name", "-number")  # type: ignore[attr-defined]
        version.label_from_instance = _version_label  # type: ignore[attr-defined]

    def settings_json(self) -> dict[str, Any]:
        return {}


def _version_label(version: Version) -> str:
    label = _("%(agent)s, version %(number)d") % {"agent": version.agent.name, "number": version.number}
    return f"{label}: {version.note[:60]}" if version.note else label


class WidgetForm(ChannelForm):
    title = forms.CharField(
        label=gettext_lazy("Title"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("At the top of the widget. Empty: the agent's name."),
    )
    colour = forms.CharField(
        label=gettext_lazy("Colour"), initial=DEFAULT_COLOUR, widget=forms.TextInput(attrs={"type": "color"})
    )
    modes = forms.MultipleChoiceField(
        label=gettext_lazy("Visitors may"),
        choices=(("voice", gettext_lazy("Speak")), ("chat", gettext_lazy("Write"))),
        initial=list(MODES),
        widget=forms.CheckboxSelectMultiple,
    )
    allowed_origins = forms.CharField(
        label=gettext_lazy("Sites that may show it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "https://www.example.com"}),
        help_text=gettext_lazy("One address a line, without a path. Other sites are refused."),
    )
    field_order = ("name", "agent", "version", "title", "colour", "modes", "allowed_origins", "enabled")

    def clean_allowed_origins(self) -> tuple[str, ...]:
        return clean_origins(self.cleaned_data["allowed_origins"].splitlines())

    def clean_colour(self) -> str:
        return clean_colour(self.cleaned_data["colour"])

    def settings_json(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        return WidgetSettings(
            title=cleaned["title"].strip(),
            modes=tuple(cleaned["modes"]),
            allowed_origins=cleaned["allowed_origins"],
            colour=cleaned["colour"],
        ).as_json()


@require_safe
@workspace_page(Permission.VIEW)
def channels(request: WorkspaceRequest) -> HttpResponse:
    rows = (
        Channel.objects.of(request.actor.workspace)
        .select_related("agent__published", "version")
        .annotate(conversations=Count("legs__conversation", distinct=True), last_at=Max("legs__started_at"))
        .order_by("name", "pk")
    )
    context = {"rows": rows, "may_manage": request.actor.may(Permission.MANAGE_CHANNELS)}
    return render_page(request, "channels_io/channels.html", context, title=_("Channels"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_new(request: WorkspaceRequest) -> HttpResponse:
    workspace = request.actor.workspace
    form = WidgetForm(workspace, request.POST or None, initial=_blank(workspace, request.GET.get("agent", "")))
    if request.method == "POST" and form.is_valid():
        channel = _saved(form, None, request.actor)
        if channel is not None:
            messages.success(request, _("The widget is ready. Copy the two lines below into your site."))
            return redirect("channels_io:channel", channel.public_id)
    context = {"form": form, "channel": None, "agents": form.fields["agent"].queryset.exists()}  # type: ignore[attr-defined]
    return render_page(request, "channels_io/channel.html", context, title=_("New web widget"))


@require_http_methods(["GET", "POST"])
@workspace_page(Permission.VIEW)
def channel(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    rows = Channel.objects.select_related("agent__published", "version")
    row = get_or_404(rows, request.actor.workspace, public_id)
    form_class = WidgetForm if row.kind == WIDGET_KIND else ChannelForm
    form = form_class(request.actor.workspace, request.POST or None, initial=_initial(row))
    if request.method == "POST" and form.is_valid() and _saved(form, row, request.actor) is not None:
        messages.success(request, _("Saved."))
        return redirect("channels_io:channel", row.public_id)
    context = {
        "form": form,
        "channel": row,
        "agents": True,
        "snippet": _snippet(row) if row.kind == WIDGET_KIND else "",
        "widget": WidgetSettings.of(row.settings),
        "may_manage": request.actor.may(Permission.MANAGE_CHANNELS),
    }
    return render_page(request, "channels_io/channel.html", context, title=row.name)


@require_POST
@workspace_page(Permission.MANAGE_CHANNELS)
def channel_delete(request: WorkspaceRequest, public_id: str) -> HttpResponse:
    row = get_or_404(Channel, request.actor.workspace, public_id)
    delete_channel(request.actor, row)
    messages.success(request, _("“%(name)s” was deleted. Its conversations stay.") % {"name": row.name})
    return redirect("channels_io:channels")


def _saved(form: ChannelForm, row: Channel | None, actor: Actor) -> Channel | None:
    """The saved channel; None when the action refused, with its reasons on the form."""
    cleaned = form.cleaned_data
    common = {"name": cleaned["name"], "agent": cleaned["agent"], "version": cleaned["version"]}
    try:
        if row is None:
            return create_channel(actor, kind=WIDGET_KIND, settings=form.settings_json(), **common)
        kept = {**row.settings, **form.settings_json()}
        return edit_channel(actor, row, settings=kept, enabled=cleaned["enabled"], **common)
    except ValidationError as error:
        form.add_error(None, error)
        return None


def _blank(workspace: Workspace, agent: str) -> dict[str, Any]:
    taken = set(Channel.objects.of(workspace).values_list("name", flat=True))
    name = _("Website widget")
    number = 2
    while name in taken:
        name = _("Website widget %(number)d") % {"number": number}
        number += 1
    return {"name": name, "agent": agent, "colour": DEFAULT_COLOUR, "modes": list(MODES), "enabled": True}


def _initial(row: Channel) -> dict[str, Any]:
    widget = WidgetSettings.of(row.settings)
    return {
        "name": row.name,
        "agent": row.agent.public_id,
        "version": row.version.public_id if row.version else "",
        "enabled": row.enabled,
        "title": widget.title,
        "colour": widget.colour,
        "modes": list(widget.modes),
        "allowed_origins": "\n".join(widget.allowed_origins),
    }


def _snippet(row: Channel) -> str:
    script = settings.PARLEY_PUBLIC_URL + reverse("channels_io:widget-js")
    return f'<script type="module" src="{script}"></script>\n<parley-widget channel="{row.public_id}"></parley-widget>'
