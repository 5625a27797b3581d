"""The form of the spending rules, and the way between its fields and `guards.rules.Rules`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final, cast

import msgspec
from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.guards import countries
from channels_io.guards.numbers import KINDS, Kind
from channels_io.guards.rules import EVERY, MILLION, ORDINARY, Caps, Price, Rules, WhatName

CURRENCIES: Final = ("EUR", "USD", "GBP", "CHF", "AUD", "CAD", "DKK", "INR", "JPY", "NOK", "NZD", "PLN", "SEK", "ZAR")
CAPS: Final = tuple(msgspec.structs.fields(Caps))
CAP_LABELS: Final = {
    "number_hour": gettext_lazy("To one number, in an hour"),
    "number_day": gettext_lazy("To one number, in a day"),
    "agent_hour": gettext_lazy("By one agent, in an hour"),
    "workspace_hour": gettext_lazy("In the whole workspace, in an hour"),
    "workspace_day": gettext_lazy("In the whole workspace, in a day"),
}
KIND_LABELS: Final[Mapping[str, Any]] = {
    "premium": gettext_lazy("Premium rate"),
    "shared_cost": gettext_lazy("Shared cost"),
    "personal": gettext_lazy("Personal numbers (such as 070 in the United Kingdom)"),
    "pager": gettext_lazy("Pagers"),
    "uan": gettext_lazy("Company-wide numbers (UAN)"),
    "voicemail": gettext_lazy("Voicemail access"),
    "unknown": gettext_lazy("Numbers of an unknown kind"),
}
WHATS: Final = (
    ("sms", gettext_lazy("SMS, a part")),
    ("whatsapp", gettext_lazy("WhatsApp message")),
    ("call", gettext_lazy("Call, a minute")),
)
SPARE_PRICES: Final = 2
_PREFIX: Final = re.compile(r"\+[1-9][0-9]{0,14}", re.ASCII)


class SpendingForm(forms.Form):
    """Money is written in whole units of the currency ("12.50"), and kept in millionths."""

    scope = forms.ChoiceField(
        label=gettext_lazy("Countries"),
        choices=(
            ("own", gettext_lazy("Only our own country")),
            ("some", gettext_lazy("Only these countries")),
            ("every", gettext_lazy("Every country")),
        ),
        widget=forms.RadioSelect,
    )
    countries = forms.MultipleChoiceField(label=gettext_lazy("These countries"), required=False)
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Expensive kinds of number"),
        required=False,
        choices=tuple((kind, KIND_LABELS[kind]) for kind in KINDS if kind not in ORDINARY),
        widget=forms.CheckboxSelectMultiple,
    )
    allow = forms.CharField(
        label=gettext_lazy("Always allowed beginnings"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "+35315"}),
        help_text=gettext_lazy("One a line, with plus and country code. Stronger than everything else."),
    )
    deny = forms.CharField(
        label=gettext_lazy("Refused beginnings"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "placeholder": "+35376"}),
        help_text=gettext_lazy("One a line. Of two that fit, the longer one decides."),
    )
    answer_abroad = forms.BooleanField(
        label=gettext_lazy("Answer everybody who writes by WhatsApp, from any country"), required=False
    )
    currency = forms.ChoiceField(label=gettext_lazy("Currency"), choices=tuple((code, code) for code in CURRENCIES))
    calls_at_once = forms.IntegerField(label=gettext_lazy("Calls at the same time"), min_value=0, max_value=10_000)
    call_minutes = forms.IntegerField(
        label=gettext_lazy("Longest call, minutes"),
        min_value=1,
        max_value=240,
        help_text=gettext_lazy("So much of the budget is set aside while a call runs."),
    )
    range_numbers = forms.IntegerField(
        label=gettext_lazy("Different numbers of one range, in an hour"),
        min_value=0,
        max_value=1_000_000,
        help_text=gettext_lazy(
            "A range is the first 7 or 8 digits. Fraudsters ask for messages to many numbers of one."
        ),
    )
    range_campaign = forms.IntegerField(
        label=gettext_lazy("The same, from campaigns"), min_value=0, max_value=1_000_000
    )
    short_calls = forms.IntegerField(
        label=gettext_lazy("Calls under 20 seconds to one range, in an hour"), min_value=0, max_value=1_000_000
    )

    def __init__(self, rules: Rules, *args: Any, **kwargs: Any) -> None:
        self.rules = rules
        self.prices: list[Price] = list(rules.prices)
        super().__init__(*args, **{"initial": _initial(rules), **kwargs})
        self.fields["countries"].choices = list(countries.names().items())  # type: ignore[attr-defined]
        for name in ("budget_day", "budget_month"):
            self.fields[name] = forms.DecimalField(
                label=_("A day") if name == "budget_day" else _("A month"),
                min_value=Decimal(0),
                max_value=Decimal(1_000_000),
                decimal_places=2,
            )
        for group in ("messages", "calls"):
            for cap in CAPS:
                self.fields[f"{group}_{cap.name}"] = forms.IntegerField(
                    label=CAP_LABELS[cap.name], min_value=0, max_value=1_000_000
                )

    def clean_allow(self) -> tuple[str, ...]:
        return _prefixes(self.cleaned_data["allow"])

    def clean_deny(self) -> tuple[str, ...]:
        return _prefixes(self.cleaned_data["deny"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        try:
            self.prices = list(_prices(cast(QueryDict, self.data)))
        except ValueError as error:
            self.add_error(None, str(error))
        return cleaned

    def as_rules(self) -> Rules:
        """Of a valid form."""
        cleaned = self.cleaned_data
        scopes: dict[str, tuple[str, ...] | None] = {
            "own": None, "every": (EVERY, *cleaned["countries"]), "some": tuple(cleaned["countries"]),
        }  # fmt: skip
        return Rules(
            countries=scopes[cleaned["scope"]],
            kinds=_kinds(cleaned["kinds"]),
            allow=cleaned["allow"],
            deny=cleaned["deny"],
            answer_abroad=cleaned["answer_abroad"],
            messages=self._caps("messages"),
            calls=self._caps("calls"),
            calls_at_once=cleaned["calls_at_once"],
            call_minutes=cleaned["call_minutes"],
            range_numbers=cleaned["range_numbers"],
            range_campaign=cleaned["range_campaign"],
            short_calls=cleaned["short_calls"],
            currency=cleaned["currency"],
            budget_day=_micros(cleaned["budget_day"]),
            budget_month=_micros(cleaned["budget_month"]),
            prices=tuple(self.prices),
        )

    def _caps(self, group: str) -> Caps:
        return Caps(**{cap.name: self.cleaned_data[f"{group}_{cap.name}"] for cap in CAPS})

    def caps(self) -> Iterator[tuple[Any, Any]]:
        """The fields of a row: messages, calls."""
        for cap in CAPS:
            yield self[f"messages_{cap.name}"], self[f"calls_{cap.name}"]

    def price_rows(self) -> list[dict[str, Any]]:
        rows = [
            {"what": price.what, "country": price.country, "amount": _units(price.amount, 4)} for price in self.prices
        ]
        return rows + [{"what": "sms", "country": "", "amount": ""} for _spare in range(SPARE_PRICES)]


def _initial(rules: Rules) -> dict[str, Any]:
    named = rules.countries or ()
    groups = {
        f"{group}_{cap.name}": getattr(getattr(rules, group), cap.name)
        for group in ("messages", "calls")
        for cap in CAPS
    }
    plain = (
        "answer_abroad",
        "currency",
        "calls_at_once",
        "call_minutes",
        "range_numbers",
        "range_campaign",
        "short_calls",
    )
    return {
        "scope": "own" if rules.countries is None else "every" if EVERY in named else "some",
        "countries": [code for code in named if code != EVERY],
        "kinds": list(rules.kinds),
        "allow": "\n".join(rules.allow),
        "deny": "\n".join(rules.deny),
        "budget_day": _units(rules.budget_day),
        "budget_month": _units(rules.budget_month),
        **{name: getattr(rules, name) for name in plain},
        **groups,
    }


def _kinds(names: list[str]) -> tuple[Kind, ...]:
    return tuple(kind for kind in KINDS if kind in names)


def _prefixes(text: str) -> tuple[str, ...]:
    lines = [re.sub(r"[\s().-]", "", line) for line in text.splitlines()]
    found = tuple(dict.fromkeys(line for line in lines if line))
    for line in found:
        if not _PREFIX.fullmatch(line):
            raise forms.ValidationError(_("Write each beginning as plus and digits, such as +35315."), code="prefix")
    return found


def _prices(data: QueryDict) -> Iterator[Price]:
    """Raises ValueError with a sentence for people."""
    columns = (data.getlist("price_what"), data.getlist("price_country"), data.getlist("price_amount"))
    rows = zip(*columns, strict=False)
    seen = set()
    for what, country, amount in list(rows)[:600]:
        if not str(amount).strip():
            continue
        if what not in dict(WHATS) or (country != EVERY and country not in countries.names()):
            raise ValueError(_("Choose what each price is for."))
        if (what, country) in seen:
            raise ValueError(_("Two prices are for the same thing."))
        seen.add((what, country))
        try:
            value = Decimal(str(amount).replace(",", "."))
        except InvalidOperation:
            raise ValueError(_("Write prices as numbers, such as 0.08.")) from None
        if not value.is_finite() or not 0 <= value <= 1_000_000:
            raise ValueError(_("Write prices as numbers, such as 0.08."))
        yield Price(cast(WhatName, what), country, _micros(value))


def _micros(amount: Decimal) -> int:
    return int((amount * MILLION).to_integral_value())


def _units(micros: int, places: int = 2) -> str:
    """ "12.5" of 12500000, with two to `places` decimals."""
    text = f"{Decimal(micros) / MILLION:.{places}f}"
    whole, _dot, decimals = text.partition(".")
    return f"{whole}.{decimals.rstrip('0').ljust(2, '0')}"
