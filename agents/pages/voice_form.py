"""The form of a new voice: the recording, whose it is, and what that person agreed to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from agents import voice_consent
from agents.actions.add_voice import NAME_CHARS, VoiceForm
from agents.models import ClonedVoice
from agents.prompt import language_name
from agents.voice_languages import VOICE_LANGUAGES


class NewVoiceForm(forms.Form):
    recording = forms.FileField(
        label=gettext_lazy("Recording"),
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "audio/*,.wav,.mp3,.ogg,.opus,.m4a,.webm,.flac", "data-recording": ""}),
        help_text=gettext_lazy(
            "3 to 30 seconds of one person, in a quiet room, without music. The first 12 seconds of speech are kept."
        ),
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=NAME_CHARS,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("What your team chooses it by."),
    )
    speaker = forms.CharField(
        label=gettext_lazy("Whose voice it is"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=gettext_lazy("The person's full name, as in their written consent."),
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the recording"),
        choices=lambda: [(code, language_name(code)) for code in VOICE_LANGUAGES],
        help_text=gettext_lazy("The voice speaks all languages of its engine; this one it speaks best."),
    )
    licence = forms.ChoiceField(
        label=gettext_lazy("How it is used"), choices=ClonedVoice.Licence.choices, widget=forms.RadioSelect
    )
    consent = forms.BooleanField(label=voice_consent.WORDINGS[voice_consent.CURRENT])
    wording = forms.IntegerField(widget=forms.HiddenInput, initial=voice_consent.CURRENT)
    """Which wording stood beside the tick."""

    def wanted(self) -> VoiceForm:
        """Of a form that is valid."""
        values: dict[str, Any] = self.cleaned_data
        return VoiceForm(
            name=values["name"],
            speaker=values["speaker"],
            language=values["language"],
            licence=values["licence"],
            consent=values["wording"] if values["consent"] else 0,
        )
