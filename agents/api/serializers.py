"""Shapes of the API: what a client reads, and what it may send."""

from __future__ import annotations

import json
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.after_call import KINDS
from agents.models import Agent, Draft, Version
from agents.starters import STARTERS
from parley.api import StrictSerializer


class ProblemSerializer(serializers.Serializer[Any]):
    node = serializers.CharField(help_text="Node id; empty for the agent's own settings.")
    field = serializers.CharField()
    code = serializers.CharField(help_text="Stable.")
    message = serializers.CharField(help_text="For people: says what to do.")
    severity = serializers.ChoiceField(choices=["error", "warning"])
    edge = serializers.CharField(required=False, help_text="Id of the path that is meant; empty for the node itself.")


class VersionLinkSerializer(serializers.ModelSerializer[Version]):
    id = serializers.CharField(source="public_id")

    class Meta:
        model = Version
        fields = ("id", "number")


class AgentSerializer(serializers.ModelSerializer[Agent]):
    id = serializers.CharField(source="public_id")
    published = VersionLinkSerializer(allow_null=True, help_text="The version that takes calls; null before the first.")
    archived = serializers.BooleanField(source="is_archived")
    draft_revision = serializers.IntegerField(source="draft.revision")

    class Meta:
        model = Agent
        fields = ("id", "slug", "name", "published", "archived", "draft_revision", "created_at", "updated_at")


class LanguageRowSerializer(StrictSerializer):
    """Another language that the agent speaks."""

    language = serializers.CharField(allow_blank=True)
    voice = serializers.CharField(
        allow_blank=True, default="", help_text="`engine/name`; empty: the agent's own voice."
    )


class PronunciationSerializer(StrictSerializer):
    written = serializers.CharField(allow_blank=True, trim_whitespace=False)
    spoken = serializers.CharField(allow_blank=True, trim_whitespace=False)


class OutcomeSerializer(StrictSerializer):
    name = serializers.CharField(allow_blank=True)
    description = serializers.CharField(allow_blank=True, default="")
    solved = serializers.BooleanField(default=False, help_text="Whether it counts as solved without a person.")
    steps = serializers.ListField(
        child=serializers.CharField(),
        default=list,
        help_text="Ids or names of nodes: who reaches one has this outcome.",
    )


class WantedSerializer(StrictSerializer):
    name = serializers.CharField(allow_blank=True, help_text="A variable of the flow with this name is taken as it is.")
    kind = serializers.ChoiceField(choices=[option.value for option in KINDS], default="text")
    description = serializers.CharField(allow_blank=True, default="")
    choices = serializers.ListField(child=serializers.CharField(), default=list, help_text="Of a field of kind choice.")


class AfterCallSerializer(StrictSerializer):
    """What is looked for when a conversation is over. Sent, it replaces what was there."""

    analyse = serializers.BooleanField(default=True)
    outcomes = OutcomeSerializer(many=True, default=list)
    fields = WantedSerializer(many=True, default=list)  # type: ignore[assignment]  # a field's own name here
    instruction = serializers.CharField(allow_blank=True, default="")


class DraftSerializer(serializers.ModelSerializer[Draft]):
    hints = serializers.ListField(child=serializers.CharField())
    pronunciations = PronunciationSerializer(many=True)
    languages = LanguageRowSerializer(many=True)
    after_call = AfterCallSerializer()
    problems = serializers.SerializerMethodField(help_text="What stands between this draft and publishing.")

    class Meta:
        model = Draft
        fields = (
            "revision",
            "persona",
            "instructions",
            "greeting",
            "record_audio",
            "consent",
            "language",
            "voice_engine",
            "voice_name",
            "voice_speed",
            "languages",
            "notices_language",
            "chat_model",
            "transcriber",
            "stand_in",
            "temperature",
            "max_tokens",
            "hints",
            "pronunciations",
            "after_call",
            "ask_person_after",
            "hand_over_line",
            "give_back_line",
            "updated_at",
            "problems",
        )

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, draft: Draft) -> list[dict[str, str]]:
        return [problem.as_dict() for problem in self.context["problems"]]


class VersionRowSerializer(serializers.ModelSerializer[Version]):
    """A version in a list: without its contents."""

    id = serializers.CharField(source="public_id")
    created_by = serializers.EmailField(source="created_by.email", default=None, allow_null=True)

    class Meta:
        model = Version
        fields: tuple[str, ...] = ("id", "number", "note", "digest", "created_by", "created_at")


class VersionSerializer(VersionRowSerializer):
    spec = serializers.SerializerMethodField(help_text="The compiled version: what a conversation runs.")

    class Meta(VersionRowSerializer.Meta):
        fields = (*VersionRowSerializer.Meta.fields, "draft", "spec")

    @extend_schema_field(serializers.DictField())
    def get_spec(self, version: Version) -> Any:
        return json.loads(version.spec)


class CreateAgentSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)
    starter = serializers.ChoiceField(choices=list(STARTERS), default="blank")


class RenameAgentSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80)


class DuplicateAgentSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, required=False, default="")


class EditDraftSerializer(StrictSerializer):
    """Only the fields that are sent are changed. `revision` is the one you read."""

    revision = serializers.IntegerField(min_value=1)
    persona = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    instructions = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    greeting = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    record_audio = serializers.BooleanField(required=False)
    consent = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    language = serializers.CharField(required=False)
    voice_engine = serializers.CharField(required=False)
    voice_name = serializers.CharField(required=False)
    voice_speed = serializers.FloatField(required=False)
    languages = LanguageRowSerializer(many=True, required=False)
    notices_language = serializers.BooleanField(required=False)
    chat_model = serializers.CharField(required=False)
    transcriber = serializers.CharField(required=False)
    stand_in = serializers.CharField(required=False, allow_blank=True)
    temperature = serializers.FloatField(required=False)
    max_tokens = serializers.IntegerField(required=False)
    hints = serializers.ListField(child=serializers.CharField(allow_blank=True), required=False)
    pronunciations = PronunciationSerializer(many=True, required=False)
    after_call = AfterCallSerializer(required=False)
    ask_person_after = serializers.IntegerField(required=False)
    hand_over_line = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)
    give_back_line = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False)


class PublishSerializer(StrictSerializer):
    note = serializers.CharField(max_length=500, required=False, default="", allow_blank=True)
    revision = serializers.IntegerField(
        min_value=1,
        required=False,
        default=None,
        allow_null=True,
        help_text="Publish only if the draft is still this one.",
    )


class ErrorBodySerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Stable.")
    message = serializers.CharField()
    problems = ProblemSerializer(many=True, required=False)
    conflicts = serializers.DictField(required=False, help_text="409 draft_stale: what the disputed fields say now.")
    revision = serializers.IntegerField(required=False)


class ErrorSerializer(serializers.Serializer[Any]):
    error = ErrorBodySerializer()
