"""The JSON of conversations and channels. `RecordSerializer` describes `reads.export.export_record`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers

from channels_io import splits
from channels_io.api.analysis_serializers import AnalysisSerializer
from channels_io.models import Conversation, Leg, PhoneCall, Turn
from channels_io.registry import paths
from channels_io.widget_settings import WIDGET_KIND, checked_settings
from parley.api import StrictSerializer


class IdentitySerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    value = serializers.CharField()


class NamedSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField(allow_blank=True)


class ContactSerializer(NamedSerializer):
    identities = IdentitySerializer(many=True)


class RunVersionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    number = serializers.IntegerField()


class PeaksSerializer(serializers.Serializer[Any]):
    step_ms = serializers.FloatField(help_text="How much time one entry stands for.")
    caller = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=255))
    agent = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=255))


class RecordingSerializer(serializers.Serializer[Any]):
    url = serializers.CharField(help_text="Stereo WAV: caller left, agent right. Takes Range.")
    rate = serializers.IntegerField(help_text="Hz.")
    ms = serializers.IntegerField()
    peaks = PeaksSerializer(help_text="The loudest sample of each step and side, 0 to 255.")


class SpanSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    start_ms = serializers.FloatField(help_text="After the caller's last audible sample.")
    ms = serializers.FloatField()


class TimingSerializer(serializers.Serializer[Any]):
    v2v_ms = serializers.FloatField(
        allow_null=True, help_text="Voice to voice, in ms; null when the turn was typed or the reply was not heard."
    )
    prompt_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    reply_tokens = serializers.IntegerField()
    guesses_wasted = serializers.IntegerField(
        help_text="Answers begun since the turn before and dropped, because the caller went on."
    )
    filler = serializers.BooleanField(
        help_text="The answer was late: a filler was said first, and is what the wait ends at."
    )
    over_budget = serializers.BooleanField(
        help_text="The spoken answer came later than PARLEY_BUDGET_MS, as that was on the day."
    )
    spans = SpanSerializer(many=True)


class TurnSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    number = serializers.IntegerField(help_text="A reply has the number of the turn it answers; the greeting has 0.")
    role = serializers.ChoiceField(choices=Turn.Role.choices)
    text = serializers.CharField(help_text="As heard.")
    full_text = serializers.CharField(help_text="As written by the model.")
    cut = serializers.BooleanField(help_text="The reply was interrupted before its end.")
    source = serializers.ChoiceField(choices=Turn.Source.choices)  # type: ignore[assignment]  # a field's own name here
    message_id = serializers.CharField(allow_blank=True, help_text="The sender's own name for a typed message.")
    started_ms = serializers.IntegerField(help_text="From the start of the leg.")
    ended_ms = serializers.IntegerField()
    at = serializers.DateTimeField()
    timing = TimingSerializer(allow_null=True)


class EventSerializer(serializers.Serializer[Any]):
    seq = serializers.IntegerField()
    kind = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]  # the serializer's own is not used for a nested one
    at_ms = serializers.IntegerField(help_text="From the start of the leg.")
    at = serializers.DateTimeField()


class TransferSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(allow_blank=True)
    result = serializers.CharField(
        allow_blank=True, help_text="connected, accepted, rejected, busy, no_answer ...; empty while it rings."
    )
    announced = serializers.BooleanField(help_text="The person was told who calls before they took it.")
    seconds = serializers.IntegerField(help_text="That both talked.")


class TelephoneSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    direction = serializers.ChoiceField(choices=PhoneCall.Direction.choices)
    number = serializers.CharField(allow_blank=True)
    status = serializers.ChoiceField(choices=PhoneCall.Status.choices)
    answered_by = serializers.CharField(allow_blank=True, help_text="The carrier's word: human, machine_start ...")
    result = serializers.CharField(allow_blank=True)
    consent = serializers.CharField(allow_blank=True, help_text="To be recorded: yes, no, or empty: nobody asked.")
    transfers = TransferSerializer(many=True)


class LegSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    kind = serializers.CharField()
    media = serializers.ChoiceField(choices=Leg.Media.choices)
    channel = NamedSerializer(allow_null=True)
    version = RunVersionSerializer(allow_null=True, help_text="Null when the draft was tested.")
    draft = serializers.BooleanField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    end_reason = serializers.CharField(allow_blank=True, help_text="Empty while it is live.")
    end_label = serializers.CharField(allow_blank=True, help_text="The reason for people.")
    end_tone = serializers.ChoiceField(
        choices=("good", "neutral", "warn", "bad"), allow_blank=True, help_text="bad: ours to answer for."
    )
    recording = RecordingSerializer(allow_null=True)
    telephone = TelephoneSerializer(allow_null=True, help_text="Of a call over a carrier.")
    turns = TurnSerializer(many=True)
    events = EventSerializer(many=True)


class SummarySerializer(serializers.Serializer[Any]):
    duration_ms = serializers.IntegerField()
    turns = serializers.IntegerField()
    timed_replies = serializers.IntegerField()
    v2v_p50_ms = serializers.FloatField(allow_null=True)
    v2v_p95_ms = serializers.FloatField(allow_null=True)
    cached_share = serializers.FloatField(allow_null=True, help_text="Of all prompt tokens, 0 to 1.")


class RecordSerializer(serializers.Serializer[Any]):
    """All that the conversation's page shows."""

    schema = serializers.CharField()
    id = serializers.CharField()
    status = serializers.ChoiceField(choices=Conversation.Status.choices)
    owner = serializers.ChoiceField(choices=Conversation.Owner.choices)
    outcome = serializers.CharField(allow_blank=True)
    outcome_label = serializers.CharField(allow_blank=True)
    started_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    agent = NamedSerializer()
    contact = ContactSerializer()
    summary = SummarySerializer()
    analysis = AnalysisSerializer(allow_null=True, help_text="What it came to; null until it has been due.")
    state = serializers.DictField(help_text="What a worker resumes the conversation with.")
    legs = LegSerializer(many=True)


class ConversationSerializer(serializers.Serializer[Any]):
    """A row of the list."""

    id = serializers.CharField(source="conversation.public_id")
    status = serializers.CharField(source="conversation.status")
    owner = serializers.CharField(source="conversation.owner")
    outcome = serializers.CharField(source="conversation.outcome")
    started_at = serializers.DateTimeField(source="conversation.started_at")
    last_at = serializers.DateTimeField(source="conversation.last_at")
    agent = serializers.CharField(source="conversation.agent.public_id")
    contact = serializers.CharField(source="conversation.contact.public_id")
    kinds = serializers.ListField(child=serializers.CharField())
    turns = serializers.IntegerField()
    v2v_p50_ms = serializers.FloatField(source="p50", allow_null=True)
    last_text = serializers.CharField(source="snippet")


class ConversationPageSerializer(serializers.Serializer[Any]):
    results = ConversationSerializer(many=True)
    older = serializers.CharField(allow_blank=True, help_text="Give it as `before` to get the next page.")
    newer = serializers.CharField(allow_blank=True, help_text="Give it as `after` to get the page before.")


class ChannelSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="public_id")
    kind = serializers.CharField()
    name = serializers.CharField()
    agent = serializers.CharField(source="agent.public_id")
    version = serializers.CharField(source="version.public_id", default=None, allow_null=True)
    account = serializers.CharField(source="account.public_id", default=None, allow_null=True)
    address = serializers.CharField(allow_blank=True, help_text="The number or sender at the carrier.")
    enabled = serializers.BooleanField()
    settings = serializers.DictField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ChannelWriteSerializer(StrictSerializer):
    """A whole channel, as sent.

    `settings` of a web widget: title, modes, allowed_origins, colour; of carriers' kinds as in the documentation of channels.
    Every kind may have `split`: [{"version": id or "live", "weight": whole number}, ...].
    """

    kind = serializers.CharField(max_length=40)
    name = serializers.CharField(max_length=120)
    agent = serializers.CharField(max_length=40, help_text="Public id.")
    version = serializers.CharField(
        max_length=40, required=False, default=None, allow_null=True, help_text="Null: whatever is published."
    )
    account = serializers.CharField(
        max_length=40, required=False, default=None, allow_null=True, help_text="Public id; of carriers' kinds only."
    )
    address = serializers.CharField(
        max_length=80,
        required=False,
        default="",
        allow_blank=True,
        help_text="+353..., whatsapp:+353... of a Twilio sender, the phone number id of a WhatsApp number at Meta.",
    )
    enabled = serializers.BooleanField(default=True)
    settings = serializers.DictField(default=dict)

    def validate_kind(self, kind: str) -> str:
        if kind != WIDGET_KIND and kind not in paths():
            raise serializers.ValidationError("There is no such channel kind.", code="kind_unknown")
        return kind

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["kind"] == WIDGET_KIND:
            split = {name: value for name, value in attrs["settings"].items() if name == splits.KEY}
            own = {name: value for name, value in attrs["settings"].items() if name != splits.KEY}
            try:
                attrs["settings"] = {**checked_settings(own).as_json(), **split}
            except ValidationError as error:
                raise serializers.ValidationError({"settings": error.messages}) from error
        return attrs


class CheckSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(
        help_text="Stable, such as public_url, credentials, number, webhook, signature, worker."
    )
    label = serializers.CharField()  # type: ignore[assignment]  # a field's own name here
    verdict = serializers.ChoiceField(choices=("good", "warn", "bad", "skipped"))
    text = serializers.CharField(help_text="The exact reason.")
    advice = serializers.CharField(allow_blank=True, help_text="What to do about it.")
