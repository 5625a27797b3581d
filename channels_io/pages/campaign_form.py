"""The form of a campaign: one for channels that call, one for channels that write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.models import Version
from channels_io.campaigns.channels import is_call
from channels_io.campaigns.plan import RETRIED, WORKDAYS, Breaker, Plan, Retry, Window, load_plan
from channels_io.campaigns.reasons import OUTCOMES
from channels_io.models import Channel, MessageTemplate

WINDOWS: Final = 3
DAYS: Final = (
    ("0", gettext_lazy("Mon")),
    ("1", gettext_lazy("Tue")),
    ("2", gettext_lazy("Wed")),
    ("3", gettext_lazy("Thu")),
    ("4", gettext_lazy("Fri")),
    ("5", gettext_lazy("Sat")),
    ("6", gettext_lazy("Sun")),
)


class CampaignForm(forms.Form):
    """What both have. `plan` is what it begins with."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    per_minute = forms.IntegerField(label=gettext_lazy("Begun in a minute, at most"), min_value=1, max_value=1000)
    breaker_of = forms.IntegerField(label=gettext_lazy("Of the last attempts"), min_value=5, max_value=500)
    breaker_percent = forms.IntegerField(label=gettext_lazy("Failed, per cent"), min_value=1, max_value=100)

    def __init__(self, channel: Channel, plan: Plan, *args: Any, **kwargs: Any) -> None:
        self.channel, self.plan = channel, plan
        given = kwargs.pop("initial", {})
        super().__init__(*args, **{**kwargs, "initial": {**_initial(plan), **given}})
        for outcome in self.outcomes:
            self.fields[f"{outcome}_after"] = forms.IntegerField(
                label=_("Minutes later"), min_value=1, max_value=7 * 24 * 60
            )
            self.fields[f"{outcome}_times"] = forms.IntegerField(label=_("Times"), min_value=0, max_value=10)
        for row in range(WINDOWS):
            self.fields[f"window{row}_days"] = forms.MultipleChoiceField(
                label=_("Days"), choices=DAYS, required=False, widget=forms.CheckboxSelectMultiple
            )
            for end, label in (("start", _("From")), ("end", _("Until"))):
                self.fields[f"window{row}_{end}"] = forms.TimeField(
                    label=label, required=False, widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
                )

    @property
    def outcomes(self) -> tuple[str, ...]:
        return RETRIED if is_call(self.channel) else ("failed",)

    def windows(self) -> Iterator[tuple[Any, Any, Any]]:
        for row in range(WINDOWS):
            yield self[f"window{row}_days"], self[f"window{row}_start"], self[f"window{row}_end"]

    def retries(self) -> Iterator[tuple[str, Any, Any]]:
        for outcome in self.outcomes:
            yield str(OUTCOMES[outcome]), self[f"{outcome}_after"], self[f"{outcome}_times"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        for row in range(WINDOWS):
            days, start, end = (cleaned[f"window{row}_{part}"] for part in ("days", "start", "end"))
            if days and (start is None or end is None or _minute_of_end(end) <= _minute(start)):
                self.add_error(f"window{row}_end", _("Say from when until when; the end comes later on the same day."))
        if not any(cleaned[f"window{row}_days"] for row in range(WINDOWS)):
            self.add_error(None, _("Choose at least one day on which people may be reached."))
        if not self.errors:
            self.plan = self._plan(cleaned)
        return cleaned

    def _plan(self, cleaned: Mapping[str, Any]) -> Plan:
        windows = tuple(
            Window(
                tuple(int(day) for day in cleaned[f"window{row}_days"]),
                _minute(cleaned[f"window{row}_start"]),
                _minute_of_end(cleaned[f"window{row}_end"]),
            )
            for row in range(WINDOWS)
            if cleaned[f"window{row}_days"]
        )
        retries = {
            outcome: Retry(cleaned[f"{outcome}_after"], cleaned[f"{outcome}_times"])
            for outcome in RETRIED
            if outcome in self.outcomes
        }
        made = msgspec.structs.replace(
            self.plan,
            windows=windows,
            retries=retries,
            per_minute=cleaned["per_minute"],
            breaker=Breaker(cleaned["breaker_of"], cleaned["breaker_percent"]),
            **self.more(cleaned),
        )
        return load_plan(msgspec.to_builtins(made))

    def more(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        """Parts of the plan that only this sort of campaign has."""
        raise NotImplementedError

    def chosen_version(self) -> Version | None:
        """Whoever is written to is answered by what the channel runs then."""
        return None


class CallForm(CampaignForm):
    version = forms.ChoiceField(
        label=gettext_lazy("Version"),
        required=False,
        help_text=gettext_lazy("Of the channel's agent. It talks to whoever takes the call."),
    )
    disclose = forms.BooleanField(
        label=gettext_lazy("Say first that an automated assistant is calling"), required=False
    )
    disclosure = forms.CharField(
        label=gettext_lazy("In these words"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("Empty: “Hello, this is an automated assistant calling for …”."),
    )
    machine = forms.ChoiceField(
        label=gettext_lazy("When an answering machine takes the call"),
        choices=(
            ("hang_up", gettext_lazy("Hang up, and try again")),
            ("message", gettext_lazy("Leave a message after the beep")),
            ("talk", gettext_lazy("Talk to it like to a person")),
        ),
    )
    machine_message = forms.CharField(
        label=gettext_lazy("Message after the beep"),
        required=False,
        max_length=600,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("{{name}} and the columns of the list can stand in it."),
    )
    at_once = forms.IntegerField(label=gettext_lazy("Calls at the same time"), min_value=1, max_value=500)
    reserve = forms.IntegerField(
        label=gettext_lazy("Lines kept free for callers"),
        min_value=0,
        max_value=500,
        help_text=gettext_lazy("Of what the speech workers can take."),
    )
    ring_seconds = forms.IntegerField(label=gettext_lazy("Let it ring, seconds"), min_value=5, max_value=120)
    limit_minutes = forms.IntegerField(label=gettext_lazy("Longest call, minutes"), min_value=1, max_value=240)

    def __init__(self, channel: Channel, plan: Plan, *args: Any, **kwargs: Any) -> None:
        super().__init__(channel, plan, *args, **kwargs)
        versions = Version.objects.filter(agent=channel.agent).order_by("-number")[:50]
        self.versions = {version.public_id: version for version in versions}
        self.fields["version"].choices = [  # type: ignore[attr-defined]
            ("", _("What the channel runs")),
            *((key, _version_label(version)) for key, version in self.versions.items()),
        ]

    def chosen_version(self) -> Version | None:
        return self.versions.get(self.cleaned_data["version"])

    def more(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        names = ("disclose", "disclosure", "machine", "machine_message", "at_once", "reserve", "ring_seconds")
        return {**{name: cleaned[name] for name in names}, "limit_seconds": cleaned["limit_minutes"] * 60}


class MessageForm(CampaignForm):
    text = forms.CharField(
        label=gettext_lazy("Message"),
        required=False,
        max_length=1600,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy("{{name}} and the columns of the list can stand in it."),
    )
    template = forms.ChoiceField(
        label=gettext_lazy("Template"),
        required=False,
        help_text=gettext_lazy("WhatsApp takes only an approved template, unless the person wrote within 24 hours."),
    )
    values = forms.CharField(
        label=gettext_lazy("Values of the template"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "{{name}}"}),
        help_text=gettext_lazy("One line for each place of the template: words, or {{a_column}}."),
    )

    def __init__(self, channel: Channel, plan: Plan, *args: Any, **kwargs: Any) -> None:
        super().__init__(channel, plan, *args, **kwargs)
        rows = MessageTemplate.objects.of(channel.workspace).filter(account=channel.account)
        self.templates = {row.public_id: row for row in rows}
        self.fields["template"].choices = [  # type: ignore[attr-defined]
            ("", _("None: send the message above")),
            *((key, f"{row.name} ({row.language})") for key, row in self.templates.items()),
        ]

    def more(self, cleaned: Mapping[str, Any]) -> dict[str, Any]:
        lines = tuple(line.strip() for line in cleaned["values"].splitlines() if line.strip())
        return {"text": cleaned["text"], "template": cleaned["template"], "values": lines[:20]}


def form_for(channel: Channel) -> type[CampaignForm]:
    return CallForm if is_call(channel) else MessageForm


def _initial(plan: Plan) -> dict[str, Any]:
    values: dict[str, Any] = {
        "per_minute": plan.per_minute,
        "breaker_of": plan.breaker.of,
        "breaker_percent": plan.breaker.percent,
        "limit_minutes": -(-plan.limit_seconds // 60),
        "values": "\n".join(plan.values),
    }
    for name in (
        "disclose",
        "disclosure",
        "machine",
        "machine_message",
        "at_once",
        "reserve",
        "ring_seconds",
        "text",
        "template",
    ):
        values[name] = getattr(plan, name)
    for outcome in RETRIED:
        retry = plan.retries.get(outcome, Retry(60, 0))
        values |= {f"{outcome}_after": retry.after, f"{outcome}_times": retry.times}
    for row, window in enumerate(plan.windows[:WINDOWS]):
        values |= {
            f"window{row}_days": [str(day) for day in window.days],
            f"window{row}_start": _clock(window.start),
            f"window{row}_end": _clock(window.end),
        }
    if len(plan.windows) == 1 and plan.windows[0].days == WORKDAYS:
        values |= {"window1_start": "10:00", "window1_end": "14:00"}
    return values


def _clock(minute: int) -> str:
    """ "09:00"; the end of the day is "00:00"."""
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _minute(time: Any) -> int:
    return int(time.hour) * 60 + int(time.minute)


def _minute_of_end(time: Any) -> int:
    return _minute(time) or 24 * 60


def _version_label(version: Version) -> str:
    label = _("Version %(number)d") % {"number": version.number}
    return f"{label}: {version.note[:60]}" if version.note else label
