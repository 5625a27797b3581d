"""The forms of channels: what every kind has, the web widget's, and which versions run on a number."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Agent, Version
from channels_io.hand_over_lines import own_words_of
from channels_io.models import Channel
from channels_io.splits import LIVE, MAX_SHARES, shares_of
from channels_io.widget_settings import (
    DEFAULT_COLOUR,
    LINES,
    MAX_LINE,
    MODES,
    WidgetSettings,
    clean_colour,
    clean_origins,
)
from parley.accounts.models import Workspace

MAX_VERSIONS: Final = 300
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
        shown = Q(pk__in=newest) | Q(public_id__in=self.pinned())
        version = self.fields["version"]
        version.queryset = versions.filter(shown).order_by("agent__name", "-number")  # type: ignore[attr-defined]
        version.label_from_instance = version_label  # type: ignore[attr-defined]

    def pinned(self) -> list[str]:
        """Versions that the channel names already, however old."""
        return [str(self.initial.get("version", ""))]

    @property
    def has_agents(self) -> bool:
        return bool(self.fields["agent"].queryset.exists())  # type: ignore[attr-defined]

    def settings_json(self) -> dict[str, Any]:
        return {}


def sent_list(form: forms.Form, name: str) -> list[str]:
    """Every value of a field that comes more than once."""
    return form.data.getlist(name) if isinstance(form.data, QueryDict) else []


def version_label(version: Version) -> str:
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
    hand_over_line = forms.CharField(
        label=gettext_lazy("Said when one of your team takes over"),
        required=False,
        max_length=MAX_LINE,
        help_text=gettext_lazy("Spoken to who talks, shown to who writes. Empty: nothing is said."),
    )
    give_back_line = forms.CharField(
        label=gettext_lazy("Said when the agent goes on"),
        required=False,
        max_length=MAX_LINE,
        help_text=gettext_lazy("After your colleague has given the conversation back. Empty: nothing is said."),
    )
    field_order = (
        *("name", "agent", "version", "title", "colour", "modes", "allowed_origins"),
        *("hand_over_line", "give_back_line", "enabled"),
    )

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
            **{name: self._own_line(name) for name in LINES},
        ).as_json()

    def _own_line(self, name: str) -> str | None:
        """None where the agent's words were left as they are, or not shown at all."""
        written, before = self.cleaned_data[name].strip(), str(self.initial.get(f"{name}_otherwise", ""))
        return None if written == before or name not in self.data else written


class CarrierForm(ChannelForm):
    """A number's or sender's: what is published, one version, or several by weight."""

    runs = forms.ChoiceField(
        label=gettext_lazy("What it runs"),
        choices=(
            ("live", gettext_lazy("Whatever is published")),
            ("pinned", gettext_lazy("One version, pinned")),
            ("split", gettext_lazy("Several versions, by weight")),
        ),
        initial="live",
        widget=forms.RadioSelect,
    )
    address = forms.CharField(required=False, max_length=80)
    """The number: picked from the account's list, or typed."""
    typed = forms.CharField(required=False, max_length=80)

    def pinned(self) -> list[str]:
        return [*super().pinned(), *(version for version, _weight in self.split_rows())]

    def split_rows(self) -> list[tuple[str, str]]:
        """(version, weight) as shown: of what was sent, else of what is stored."""
        if self.is_bound:
            rows = zip(sent_list(self, "split_version"), sent_list(self, "split_weight"), strict=False)
            return list(rows)[: MAX_SHARES + 1]
        return [(str(version), str(weight)) for version, weight in self.initial.get("split", ())]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        runs = cleaned.get("runs")
        if runs != "pinned":
            cleaned["version"] = None
        elif not cleaned.get("version"):
            self.add_error("version", _("Choose the version."))
        cleaned["split"] = self._split() if runs == "split" else []
        if runs == "split" and not cleaned["split"] and not self.errors:
            self.add_error("runs", _("Choose the versions and their weights."))
        return cleaned

    def _split(self) -> list[dict[str, Any]]:
        rows = []
        for version, weight in self.split_rows():
            if not version and not weight.strip():
                continue
            if not weight.strip().isascii() or not weight.strip().isdigit() or len(weight.strip()) > 4:
                self.add_error("runs", _("A weight is a whole number."))
                return []
            rows.append({"version": version, "weight": int(weight)})
        return rows

    @property
    def chosen_address(self) -> str:
        return str(self.cleaned_data.get("typed") or self.cleaned_data.get("address") or "").strip()

    def split_choices(self) -> list[tuple[str, str, str]]:
        """(value, agent, label) of what a share can be; an empty agent goes with all."""
        versions = self.fields["version"].queryset  # type: ignore[attr-defined]
        live = (LIVE, "", _("Whatever is published"))
        return [live, *((row.public_id, row.agent.public_id, version_label(row)) for row in versions)]


def carrier_initial(row: Channel) -> dict[str, Any]:
    shares = [(share.version, share.weight) for share in shares_of(row.settings)]
    return {
        "name": row.name,
        "agent": row.agent.public_id,
        "version": row.version.public_id if row.version else "",
        "runs": "split" if shares else "pinned" if row.version else "live",
        "split": shares,
        "address": row.address,
        "enabled": row.enabled,
    }


def widget_initial(row: Channel) -> dict[str, Any]:
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
        **_lines_initial(row, widget),
    }


def _lines_initial(row: Channel, widget: WidgetSettings) -> dict[str, str]:
    """What is said today, and beside it what is said where the widget has no words of its own."""
    found: dict[str, str] = {}
    for name, words in own_words_of(row).items():
        own = getattr(widget, name)
        found |= {name: words if own is None else own, f"{name}_otherwise": words}
    return found


def free_name(workspace: Workspace, name: str) -> str:
    """`name`, or with the first number that no channel has yet."""
    taken = set(Channel.objects.of(workspace).values_list("name", flat=True))
    number = 2
    free = name
    while free in taken:
        free = f"{name} {number}"
        number += 1
    return free
