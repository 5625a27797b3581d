"""Opening hours as a part of a form: of a telephone number, of a team. `templates/channels_io/set_up/_hours.html` shows it."""

from __future__ import annotations

from typing import Any, Final
from zoneinfo import available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.business_hours import DAYS, Hours, clock

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


class HoursForm(forms.Form):
    """Whoever inherits sets `stored_hours` (None: always open) before this class's `__init__`."""

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

    stored_hours: Hours | None

    def days(self) -> list[dict[str, Any]]:
        """Each weekday with its fields as shown: [(number, from, to), ...]."""
        return [
            {"name": day, "label": label, "spans": [(number, *self._span(day, number)) for number in range(SPANS)]}
            for day, label in DAY_LABELS.items()
        ]

    def zones(self) -> list[str]:
        return sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("open") == "hours" and not any(self._day_json(day) for day in DAYS):
            self.add_error("open", _("Enter the hours of at least one day."))
        return cleaned

    def hours_json(self) -> dict[str, Any] | None:
        """As `business_hours.read_hours` takes it, unchecked; None: always open."""
        if self.cleaned_data["open"] != "hours":
            return None
        holidays = self.cleaned_data["holidays"].replace("\n", ",").split(",")
        return {
            "zone": self.cleaned_data["zone"].strip(),
            "days": {day: self._day_json(day) for day in DAYS},
            "holidays": [day.strip() for day in holidays if day.strip()],
        }

    def _day_json(self, day: str) -> list[list[str]]:
        spans = [self._span(day, number) for number in range(SPANS)]
        more = self.stored_hours.days.get(day, ())[SPANS:] if self.stored_hours else ()
        return [
            *([begin, "24:00" if end == MIDNIGHT else end] for begin, end in spans if begin or end),
            *([clock(begin), clock(end)] for begin, end in more),
        ]

    def _span(self, day: str, number: int) -> tuple[str, str]:
        if self.is_bound:
            begin, end = (str(self.data.get(f"{day}_{number}_{side}", "")).strip() for side in ("from", "to"))
            return begin, end
        spans = self.stored_hours.days.get(day, ()) if self.stored_hours else ([USUAL[day]] if day in USUAL else [])
        if number >= len(spans):
            return "", ""
        begin_minute, end_minute = spans[number]
        return clock(begin_minute), MIDNIGHT if end_minute == 24 * 60 else clock(end_minute)


def hours_initial(stored: Hours | None, zone: str = "") -> dict[str, str]:
    return {
        "open": "hours" if stored else "always",
        "zone": stored.zone if stored else zone or timezone.get_default_timezone_name(),
        "holidays": ", ".join(day.isoformat() for day in stored.holidays) if stored else "",
    }
