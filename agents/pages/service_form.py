"""The form of a service: what it is, what it does, how long it is waited for, what it costs."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from agents.actions.save_provider import ProviderForm
from agents.models import Provider
from agents.service_prices import ServicePrices, load_service_prices, micros, plain
from inference.events import RATES

PLAIN: Final = {"autocomplete": "off", "spellcheck": "false"}
PRICES: Final = (
    ("llm_prompt", gettext_lazy("Language model: read"), gettext_lazy("for a million tokens"), "0.15"),
    (
        "llm_cached",
        gettext_lazy("Language model: read from its cache"),
        gettext_lazy("for a million tokens; empty: as much as the others"),
        "0.075",
    ),
    ("llm_reply", gettext_lazy("Language model: written"), gettext_lazy("for a million tokens"), "0.60"),
    ("asr_minute", gettext_lazy("Speech recognition"), gettext_lazy("for a minute of sound"), "0.0043"),
    ("tts_characters", gettext_lazy("Voice"), gettext_lazy("for a million characters"), "15"),
)


class PriceField(forms.CharField):
    """An amount as people write it, kept in millionths; None when it is empty."""

    def clean(self, value: Any) -> int | None:
        text: str = super().clean(value)
        if not text:
            return None
        amount = micros(text)
        if amount is None:
            raise forms.ValidationError(_("Write an amount such as 0.15, with at most six places."))
        return amount


class ServiceForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(attrs={**PLAIN, "placeholder": "GPU server"})
    )
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=500,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "https://api.example.com/v1"}),
        help_text=gettext_lazy("Up to and with the version: what /chat/completions is added to."),
    )
    key = forms.CharField(
        label=gettext_lazy("Key"),
        max_length=4000,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("Kept encrypted and sent to this address only. Empty: the key that is kept, or none."),
    )
    no_key = forms.BooleanField(label=gettext_lazy("It needs no key any more"), required=False)
    chat_model = forms.CharField(
        label=gettext_lazy("Language model"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "Qwen/Qwen3-8B"}),
        help_text=gettext_lazy("The service's own name for it. Empty: it has none. Likewise the next two."),
    )
    transcriber_model = forms.CharField(
        label=gettext_lazy("Speech recognition"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "whisper-large-v3-turbo"}),
    )
    speech_model = forms.CharField(
        label=gettext_lazy("Voice model"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "kokoro"}),
    )
    voices = forms.CharField(
        label=gettext_lazy("Voices"),
        max_length=2000,
        required=False,
        widget=forms.TextInput(attrs={**PLAIN, "placeholder": "af_heart, am_adam"}),
        help_text=gettext_lazy("What agents may choose, separated by commas."),
    )
    rate = forms.TypedChoiceField(
        label=gettext_lazy("Samples a second of its voice"),
        coerce=int,
        choices=[(rate, f"{rate:,}") for rate in RATES],
        initial=24_000,
    )
    binding = forms.ChoiceField(
        label=gettext_lazy("Answers are bound by"),
        choices=Provider.Binding.choices,
        help_text=gettext_lazy("How it is kept to one of several answers, which menus and forms need."),
    )
    first_ms = forms.IntegerField(
        label=gettext_lazy("Longest wait for the first word"),
        initial=3_500,
        help_text=gettext_lazy("Milliseconds. Then the next in the order is asked."),
    )
    between_ms = forms.IntegerField(
        label=gettext_lazy("Longest wait between two words"), initial=4_000, help_text=gettext_lazy("Milliseconds.")
    )
    partial_ms = forms.IntegerField(
        label=gettext_lazy("Read again while the caller speaks, every"),
        initial=0,
        help_text=gettext_lazy("Milliseconds. 0: only when the caller pauses, which costs least."),
    )

    def __init__(self, data: Any = None, *, initial: dict[str, Any] | None = None) -> None:
        super().__init__(data, initial=initial)
        for name, label, unit, example in PRICES:
            self.fields[name] = PriceField(
                label=label,
                help_text=unit,
                required=False,
                max_length=20,
                widget=forms.TextInput(attrs={**PLAIN, "inputmode": "decimal", "placeholder": example}),
            )

    def wanted(self) -> ProviderForm:
        data: dict[str, Any] = {**self.cleaned_data}
        data["voices"] = tuple(voice.strip() for voice in data["voices"].split(",") if voice.strip())
        given = {name: amount for name, *_rest in PRICES if (amount := data.pop(name)) is not None}
        return ProviderForm(**data, prices=ServicePrices(**given))

    @property
    def price_fields(self) -> list[Any]:
        return [self[name] for name, *_rest in PRICES]

    @property
    def prices_wrong(self) -> bool:
        return any(name in self.errors for name, *_rest in PRICES)

    @property
    def details_wrong(self) -> bool:
        return any(name in self.errors for name in ("rate", "binding", "first_ms", "between_ms", "partial_ms"))


def initial_of(provider: Provider) -> dict[str, Any]:
    names = (
        "name", "url", "chat_model", "transcriber_model", "speech_model", "rate", "binding", "first_ms", "between_ms",
        "partial_ms",
    )  # fmt: skip
    prices = load_service_prices(provider.prices)
    shown = {name: plain(getattr(prices, name) or None) for name, *_rest in PRICES}
    if prices.llm_cached == 0:
        shown["llm_cached"] = "0"
    return {**{name: getattr(provider, name) for name in names}, "voices": ", ".join(provider.voices), **shown}
