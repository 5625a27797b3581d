"""Shapes of tools in the API; what they may hold is decided by `agents.tools.check`."""

from __future__ import annotations

from typing import Any, get_args

from rest_framework import serializers

from agents.models import Tool
from agents.tools.shapes import MAX_RETRIES, MAX_ROWS, MAX_TIMEOUT, Auth, Method, ParameterKind, values_of
from parley.api import StrictSerializer


class HeaderSerializer(StrictSerializer):
    name = serializers.CharField(max_length=200)
    value = serializers.CharField(max_length=2_000, allow_blank=True, help_text="May hold {{name}}.")


class ParameterSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60)
    kind = serializers.ChoiceField(choices=get_args(ParameterKind), default="text")
    description = serializers.CharField(max_length=1_000, allow_blank=True, default="")
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]  # a field's own name here
    choices = serializers.ListField(child=serializers.CharField(max_length=200), default=list, max_length=MAX_ROWS)
    fixed = serializers.CharField(
        max_length=1_000, allow_blank=True, default="", help_text="Filled by the server; the model does not see it."
    )


class PickSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60)
    path = serializers.CharField(
        max_length=300, allow_blank=True, help_text='In the JSON answer: "slots.0.time"; "*" is each of a list.'
    )


class ToolWriteSerializer(StrictSerializer):
    """What is not sent stays as it is."""

    description = serializers.CharField(max_length=1_000, required=False, help_text="The model decides by it.")
    saying = serializers.CharField(max_length=300, required=False, allow_blank=True, help_text="Said while it runs.")
    method = serializers.ChoiceField(choices=get_args(Method), required=False)
    url = serializers.CharField(max_length=2_000, required=False, help_text="May hold {{name}} after the host.")
    headers = HeaderSerializer(many=True, required=False)
    auth = serializers.ChoiceField(choices=get_args(Auth), required=False)
    auth_name = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="User of basic, name of the header or parameter."
    )
    secret = serializers.CharField(
        max_length=60, required=False, allow_blank=True, help_text="Name of a secret of the workspace; never its value."
    )
    body = serializers.CharField(max_length=20_000, required=False, allow_blank=True, help_text="JSON with {{name}}.")
    timeout = serializers.FloatField(min_value=1, max_value=MAX_TIMEOUT, required=False, help_text="Seconds.")
    retries = serializers.IntegerField(min_value=0, max_value=MAX_RETRIES, required=False)
    parameters = ParameterSerializer(many=True, required=False)
    results = PickSerializer(many=True, required=False, help_text="Empty: the whole answer.")


class ToolCreateSerializer(ToolWriteSerializer):
    name = serializers.CharField(max_length=60, help_text="Small letters, digits and _; never changes.")


class NoticeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    message = serializers.CharField()


class ToolSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    saying = serializers.CharField(allow_blank=True)
    method = serializers.CharField()
    url = serializers.CharField(allow_blank=True)
    headers = HeaderSerializer(many=True)
    auth = serializers.CharField()
    auth_name = serializers.CharField(allow_blank=True)
    secret = serializers.CharField(allow_blank=True, help_text="The name of the secret.")
    body = serializers.CharField(allow_blank=True)
    timeout = serializers.FloatField()
    retries = serializers.IntegerField()
    parameters = ParameterSerializer(many=True)
    results = PickSerializer(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def to_representation(self, tool: Tool) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(
            {"id": tool.public_id, "created_at": tool.created_at, "updated_at": tool.updated_at, **values_of(tool)}
        )
        return shown


class SavedToolSerializer(serializers.Serializer[Any]):
    tool = ToolSerializer()
    notices = NoticeSerializer(many=True, help_text="What does not stand in the way: a host that cannot be found now.")
