"""The options of telephone and messaging channels as forms: what is sent becomes what the kind's settings check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.business_hours import DAYS, Hours, clock
from channels_io.call_settings import MAX_TEXT, MINUTES, RING_SECONDS, CallSettings
from channels_io.message_settings import MAX_DEBOUNCE, MAX_GO_ON_HOURS, MessageSettings
from channels_io.models import Channel, MessageTemplate
from channels_io.pages.channel_forms import sent_list

SPANS: Final = 2
"""A day's times on the page: before and after noon. More can be given over the API, and stay when they are not touched."""
DAY_LABELS: Final = {
    "mon": gettext_lazy("Monday"),
    "tue": gettext_lazy("Tuesday"),
    "wed": gettext_lazy("Wednesday"),
    "thu": gettext_lazy("Thursday"),
    "fri": gettext_lazy("Friday"),
    "sat": gettext_lazy("Saturday"),
    "sun": gettext_lazy("Sunday"),
}
USUAL: Final = {"mon": (540, 1020), "tue": (540, 1020), "wed": (540, 1020), "thu": (540, 1020), "fri": (540, 1020)}
MIDNIGHT: Final = "00:00"
"""Of a closing time: the end of the day, which the browser's field cannot write as 24:00."""


class CallForm(forms.Form):
    open = forms.ChoiceField(
        label=gettext_lazy("When the agent answers"),
        choices=(("always", gettext_lazy("Always")), ("hours", gettext_lazy("Within opening hours"))),
        widget=forms.RadioSelect,
    )
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    holidays = forms.CharField(
        label=gettext_lazy("Closed all day on"),
        required=False,
        max_length=1000,
        widget=forms.TextInput(attrs={"placeholder": "2026-12-25, 2026-12-26", "autocomplete": "off"}),
        help_text=gettext_lazy("Days such as 2026-12-25, separated by commas."),
    )
    closed = forms.ChoiceField(
        label=gettext_lazy("Outside the hours"),
        choices=(
            ("say", gettext_lazy("Say that nobody is there")),
            ("voicemail", gettext_lazy("Say it, then take a message")),
            ("reject", gettext_lazy("Do not pick up")),
        ),
        widget=forms.RadioSelect,
    )
    closed_text = forms.CharField(
        label=gettext_lazy("Said when closed"),
        required=False,
        max_length=MAX_TEXT,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy(
            "Empty: “Thank you for calling. We are closed at the moment.”, in the agent's language."
        ),
    )
    voicemail = forms.BooleanField(
        label=gettext_lazy("Take a message when the agent cannot go on"),
        required=False,
        help_text=gettext_lazy(
            "When nobody can take the call over after a failure. Without it, the caller hears an apology."
        ),
    )
    recording = forms.ChoiceField(
        label=gettext_lazy("Consent to recording"),
        choices=(
            ("announce", gettext_lazy("Say that the call is recorded")),
            ("ask", gettext_lazy("Ask first; record only who agrees")),
            ("off", gettext_lazy("Never record calls of this number")),
        ),
        widget=forms.RadioSelect,
        help_text=gettext_lazy("Matters only where the agent records its calls."),
    )
    call_minutes = forms.IntegerField(
        label=gettext_lazy("A call lasts at most (minutes)"), min_value=MINUTES[0], max_value=MINUTES[1]
    )
    ring_seconds = forms.IntegerField(
        label=gettext_lazy("A person is rung for (seconds)"), min_value=RING_SECONDS[0], max_value=RING_SECONDS[1]
    )
    after_transfer = forms.ChoiceField(
        label=gettext_lazy("When that person hangs up"),
        choices=(
            ("hang_up", gettext_lazy("The call ends")),
            ("agent", gettext_lazy("The caller is back with the agent")),
        ),
    )

    page: Final = "channels_io/set_up/options_call.html"

    def __init__(self, row: Channel, data: QueryDict | None = None) -> None:
        self.stored = CallSettings.of(row.settings)
        super().__init__(data, initial=_call_initial(self.stored))

    def days(self) -> list[dict[str, Any]]:
        """Each weekday with its fields as shown: [(number, from, to), ...]."""
        return [
            {"name": day, "label": label, "spans": [(number, *self._span(day, number)) for number in range(SPANS)]}
            for day, label in DAY_LABELS.items()
        ]

    def people(self) -> list[tuple[str, str]]:
        """(name, number) as shown."""
        if self.is_bound:
            return list(zip(sent_list(self, "person_name"), sent_list(self, "person_number"), strict=False))
        return list(self.stored.people.items())

    def zones(self) -> list[str]:
        return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))

    def settings_json(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kept = {name: cleaned[name] for name in ("closed", "closed_text", "recording", "voicemail", "after_transfer")}
        return {
            **kept,
            "call_minutes": cleaned["call_minutes"],
            "ring_seconds": cleaned["ring_seconds"],
            "hours": self._hours_json() if cleaned["open"] == "hours" else None,
            "people": {name.strip(): number for name, number in self.people() if name.strip() or number.strip()},
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = [name.strip().casefold() for name, number in self.people() if name.strip() or number.strip()]
        if len(set(names)) < len(names):
            self.add_error(None, _("Two of the people have the same name."))
        if cleaned.get("open") == "hours" and not any(self._day_json(day) for day in DAYS):
            self.add_error("open", _("Enter the hours of at least one day."))
        return cleaned

    def _hours_json(self) -> dict[str, Any]:
        holidays = self.cleaned_data["holidays"].replace("\n", ",").split(",")
        return {
            "zone": self.cleaned_data["zone"].strip(),
            "days": {day: self._day_json(day) for day in DAYS},
            "holidays": [day.strip() for day in holidays if day.strip()],
        }

    def _day_json(self, day: str) -> list[list[str]]:
        spans = [self._span(day, number) for number in range(SPANS)]
        more = self.stored.hours.days.get(day, ())[SPANS:] if self.stored.hours else ()
        return [
            *([begin, "24:00" if end == MIDNIGHT else end] for begin, end in spans if begin or end),
            *([clock(begin), clock(end)] for begin, end in more),
        ]

    def _span(self, day: str, number: int) -> tuple[str, str]:
        if self.is_bound:
            begin, end = (str(self.data.get(f"{day}_{number}_{side}", "")).strip() for side in ("from", "to"))
            return begin, end
        spans = self.stored.hours.days.get(day, ()) if self.stored.hours else ([USUAL[day]] if day in USUAL else [])
        if number >= len(spans):
            return "", ""
        begin_minute, end_minute = spans[number]
        return clock(begin_minute), MIDNIGHT if end_minute == 24 * 60 else clock(end_minute)


class MessageForm(forms.Form):
    debounce_seconds = forms.FloatField(
        label=gettext_lazy("Wait for more before answering (seconds)"),
        min_value=0,
        max_value=MAX_DEBOUNCE,
        widget=forms.NumberInput(attrs={"step": "0.1"}),
        help_text=gettext_lazy("People send a thought in pieces. The answer comes after so much silence."),
    )
    voice_notes = forms.ChoiceField(
        label=gettext_lazy("Answer with voice notes"),
        choices=(
            ("same", gettext_lazy("When the person sent one")),
            ("always", gettext_lazy("Always")),
            ("never", gettext_lazy("Never")),
        ),
        widget=forms.RadioSelect,
    )
    go_on_hours = forms.IntegerField(
        label=gettext_lazy("Go on with a conversation for (hours)"),
        min_value=0,
        max_value=MAX_GO_ON_HOURS,
        help_text=gettext_lazy(
            "Who writes again within this time goes on where they were, also after a call. 0: always new."
        ),
    )
    default = forms.BooleanField(
        label=gettext_lazy("Messages of all agents leave from here"),
        required=False,
        help_text=gettext_lazy("Agents without a channel of their own send through this one. Only one channel can."),
    )
    template = forms.CharField(required=False, max_length=40)
    messaging_service = forms.CharField(
        label=gettext_lazy("Messaging service"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"placeholder": "MG…", "autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("Its SID, when one of your Twilio account should choose the sender. Usually empty."),
    )

    page: Final = "channels_io/set_up/options_messages.html"

    def __init__(self, row: Channel, data: QueryDict | None = None) -> None:
        self.stored = MessageSettings.of(row.settings)
        self.whatsapp = row.kind == "whatsapp_cloud" or row.address.startswith("whatsapp:")
        self.twilio = row.kind == "twilio_messaging"
        self.account = row.account
        initial = {name: getattr(self.stored, name) for name in self.base_fields}
        super().__init__(data, initial=initial)
        if not self.whatsapp:
            del self.fields["voice_notes"], self.fields["template"]
        if not self.twilio:
            del self.fields["messaging_service"]

    def templates(self) -> list[MessageTemplate]:
        """What could stand in when nobody may write freely."""
        if self.account is None:
            return []
        return list(MessageTemplate.objects.filter(account=self.account).order_by("name", "language"))

    def chosen_template(self) -> str:
        return str(self.data.get("template", "") if self.is_bound else self.stored.template)

    def settings_json(self) -> dict[str, Any]:
        return {**self.stored.as_json(), **self.cleaned_data}


def _call_initial(stored: CallSettings) -> dict[str, Any]:
    hours: Hours | None = stored.hours
    return {
        "open": "hours" if hours else "always",
        "zone": hours.zone if hours else timezone.get_default_timezone_name(),
        "holidays": ", ".join(day.isoformat() for day in hours.holidays) if hours else "",
        "closed": stored.closed,
        "closed_text": stored.closed_text,
        "voicemail": stored.voicemail,
        "recording": stored.recording,
        "call_minutes": stored.call_minutes,
        "ring_seconds": stored.ring_seconds,
        "after_transfer": stored.after_transfer,
    }


PLACES: Final[Mapping[str, str]] = {"hours": "open", "choices_content": "messaging_service"}
"""Settings whose problems are shown at another field."""
