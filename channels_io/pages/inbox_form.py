"""The inbox's filters: read from the address, so that every list can be bookmarked, and written back to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, cast

from django import forms
from django.http import QueryDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from msgspec import Struct

from agents.models import Agent
from channels_io.kind_names import kind_label
from channels_io.models import Analysis, Channel, Outcome, Tag
from channels_io.pages.figure_words import figure_choices
from channels_io.reads.conversations import kinds_used
from channels_io.reads.inbox_filters import TABS, InboxFilters
from parley.accounts.actor import Actor
from parley.accounts.models import User

EARLIEST, LATEST = "2000-01-01", "2999-12-31"
NAMES: Final = ("tab", "q", "agent", "channel", "owner", "state", "outcome", "tag", "mood", "figure", "since", "until")
"""Parameters of the inbox; whatever else stands in an address is no filter."""


class Chip(Struct, frozen=True):
    """A filter that is set: what it says, and the address without it."""

    label: str
    value: str
    without: str


class Select(Struct, frozen=True):
    """A drop-down: options by group, as (value, label, chosen); the first group has no name."""

    name: str
    label: str
    groups: list[tuple[str, list[tuple[str, str, bool]]]]


class InboxForm(forms.Form):
    q = forms.CharField(label=gettext_lazy("Words, a name or a number"), required=False, max_length=200)
    agent = forms.ChoiceField(label=gettext_lazy("Agent"), required=False)
    channel = forms.ChoiceField(label=gettext_lazy("Channel"), required=False)
    owner = forms.ChoiceField(label=gettext_lazy("Owner"), required=False)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=(
            ("", gettext_lazy("Any state")),
            ("open", gettext_lazy("Open")),
            ("waiting", gettext_lazy("Waits for a person")),
            ("live", gettext_lazy("Live")),
            ("unread", gettext_lazy("Unread")),
            ("closed", gettext_lazy("Closed")),
            ("test", gettext_lazy("Tests of the builder")),
        ),
    )
    outcome = forms.CharField(label=gettext_lazy("Outcome"), required=False, max_length=40)
    tag = forms.ChoiceField(label=gettext_lazy("Tag"), required=False)
    mood = forms.ChoiceField(label=gettext_lazy("Mood"), required=False)
    figure = forms.ChoiceField(label=gettext_lazy("Counted as"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), required=False)
    until = forms.DateField(label=gettext_lazy("To"), required=False)

    def __init__(self, data: QueryDict, actor: Actor, colleagues: Iterable[User], tags: Iterable[Tag]) -> None:
        super().__init__(data)
        workspace = actor.workspace
        agents = list(Agent.objects.of(workspace).order_by("name").values_list("public_id", "name"))
        channels = list(Channel.objects.of(workspace).order_by("name").values_list("public_id", "name"))
        kinds = [(kind, kind_label(kind)) for kind in kinds_used(workspace)]
        people = [(each.public_id, str(each)) for each in colleagues if each != actor.user]
        choices: dict[str, list[Any]] = {
            "agent": [("", _("All agents")), *agents],
            "channel": [
                ("", _("All channels")),
                *([(_("Kinds"), kinds)] if kinds else []),
                *([(_("Channels"), channels)] if channels else []),
            ],
            "owner": [
                ("", _("Anybody")),
                ("me", _("Assigned to me")),
                ("none", _("Assigned to nobody")),
                ("agent", _("The agent talks")),
                ("person", _("A person talks")),
                *([(_("Assigned to"), people)] if people else []),
            ],
            "tag": [("", _("Any tag")), *((each.public_id, each.name) for each in tags)],
            "mood": [("", _("Any mood")), *Analysis.Sentiment.choices],
            "figure": [("", _("Anything")), *figure_choices(data.get("figure", ""))],
        }
        for name, values in choices.items():
            self.fields[name].choices = values  # type: ignore[attr-defined]
        self.fields["outcome"].widget = forms.TextInput(
            attrs={"list": "inbox-outcomes", "placeholder": _("Any outcome")}
        )
        self.fields["q"].widget = forms.TextInput(
            attrs={"type": "search", "placeholder": _("Search what was said"), "enterkeyhint": "search"}
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

    def filters(self) -> InboxFilters:
        """What could be understood; a field with an error restricts nothing."""
        self.full_clean()
        values: dict[str, Any] = getattr(self, "cleaned_data", {})
        tab = self.data.get("tab", "")
        texts = ("agent", "channel", "owner", "state", "outcome", "tag", "mood", "figure")
        return InboxFilters(
            tab=tab if tab in TABS else "all",
            text=values.get("q") or "",
            since=values.get("since"),
            until=values.get("until"),
            **{name: values.get(name) or "" for name in texts},
        )

    def chips(self, query: QueryDict) -> list[Chip]:
        """Those that are set, the words aside: these stand in their field."""
        values: dict[str, Any] = getattr(self, "cleaned_data", {})
        found = []
        for name in NAMES:
            if name in ("tab", "q") or not values.get(name):
                continue
            field = self.fields[name]
            chosen = str(values[name])
            shown = dict(_flat(field.choices)).get(chosen, chosen) if isinstance(field, forms.ChoiceField) else chosen
            found.append(
                Chip(
                    str(field.label),
                    outcome_label(shown) if name == "outcome" else str(shown),
                    address(query, **{name: ""}),
                )
            )
        return found

    def selects(self) -> list[Select]:
        """The drop-downs for the template, which draws them itself: Django's own widgets take a template for each option."""
        found = []
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField):
                groups: list[tuple[str, list[tuple[str, str, bool]]]] = [("", [])]
                chosen = str(self.data.get(name, ""))
                for value, label in cast(Iterable[tuple[Any, Any]], field.choices):
                    if isinstance(label, list | tuple):
                        groups.append((str(value), [(str(key), str(word), str(key) == chosen) for key, word in label]))
                    else:
                        groups[0][1].append((str(value), str(label), str(value) == chosen))
                found.append(Select(name, str(field.label), groups))
        return found


def _flat(choices: Any) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from label
        else:
            yield value, label


def outcome_label(outcome: str) -> str:
    try:
        return str(Outcome(outcome).label)
    except ValueError:
        return capfirst(outcome.replace("_", " "))


def query_of(sent: QueryDict, **changes: str) -> str:
    """The inbox's own parameters of `sent`, changed; in one order and without empty ones, so that equal lists are equal."""
    made = QueryDict(mutable=True)
    for name in NAMES:
        value = changes.get(name, sent.get(name, ""))
        if value and "\0" not in value:
            made[name] = value[:200]
    return made.urlencode()


def address(sent: QueryDict, **changes: str) -> str:
    """The same list with `changes`, as a relative address."""
    query = query_of(sent, **changes)
    return f"?{query}" if query else "?"
