"""The options of telephone and messaging channels as forms: what is sent becomes what the kind's settings check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from channels_io.call_settings import MAX_LINE, MAX_TEXT, MINUTES, RING_SECONDS, CallSettings
from channels_io.hand_over_lines import own_words_of
from channels_io.message_settings import MAX_DEBOUNCE, MAX_GO_ON_HOURS, MessageSettings
from channels_io.models import Channel, MessageTemplate
from channels_io.pages.channel_forms import sent_list
from channels_io.pages.hours_form import HoursForm, hours_initial


class CallForm(HoursForm):
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

    hand_over_line = forms.CharField(
        label=gettext_lazy("Said when one of your team takes over"),
        required=False,
        max_length=MAX_LINE,
        help_text=gettext_lazy("In the agent's voice, before your colleague is heard. Empty: nothing is said."),
    )
    give_back_line = forms.CharField(
        label=gettext_lazy("Said when the agent goes on"),
        required=False,
        max_length=MAX_LINE,
        help_text=gettext_lazy("After your colleague has given the call back. Empty: nothing is said."),
    )

    page: Final = "channels_io/set_up/options_call.html"

    def __init__(self, row: Channel, data: QueryDict | None = None) -> None:
        self.stored = CallSettings.of(row.settings)
        self.stored_hours = self.stored.hours
        self.own_words = own_words_of(row)
        lines = {
            name: own if (own := getattr(self.stored, name)) is not None else words
            for name, words in self.own_words.items()
        }
        super().__init__(data, initial={**_call_initial(self.stored), **lines})

    def people(self) -> list[tuple[str, str]]:
        """(name, number) as shown."""
        if self.is_bound:
            return list(zip(sent_list(self, "person_name"), sent_list(self, "person_number"), strict=False))
        return list(self.stored.people.items())

    def settings_json(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        kept = {name: cleaned[name] for name in ("closed", "closed_text", "recording", "voicemail", "after_transfer")}
        lines = {name: None if cleaned[name] == words else cleaned[name] for name, words in self.own_words.items()}
        return {
            **kept,
            **lines,
            "call_minutes": cleaned["call_minutes"],
            "ring_seconds": cleaned["ring_seconds"],
            "hours": self.hours_json(),
            "people": {name.strip(): number for name, number in self.people() if name.strip() or number.strip()},
        }

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        names = [name.strip().casefold() for name, number in self.people() if name.strip() or number.strip()]
        if len(set(names)) < len(names):
            self.add_error(None, _("Two of the people have the same name."))
        return cleaned


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
    return {
        **hours_initial(stored.hours),
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
