"""Shapes of a flow in the API. What a flow may hold is decided by its own field (`agents.fields`), not here."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from agents.api.serializers import ProblemSerializer
from parley.api import StrictSerializer


class EdgeRowSerializer(serializers.Serializer[Any]):
    variable = serializers.CharField()
    operator = serializers.CharField(help_text="is, is_not, contains, greater, is_set, one_of, ...")
    value = serializers.CharField(allow_blank=True)


class GlobalSerializer(serializers.Serializer[Any]):
    label = serializers.CharField(allow_blank=True, help_text="In words, when it is entered.")  # type: ignore[assignment]  # a field\'s own name here
    match = serializers.ChoiceField(choices=["all", "any"])
    rows = EdgeRowSerializer(many=True)
    returns = serializers.BooleanField(help_text="Go back to where it was entered from.")


class NodeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(help_text="1 to 40 of A-Z a-z 0-9 _ -; unique in the draft; never changes.")
    kind = serializers.CharField(help_text="One of /api/v1/node-kinds/.")
    name = serializers.CharField(allow_blank=True)
    x = serializers.FloatField()
    y = serializers.FloatField()
    values = serializers.DictField(help_text="By the kind's JSON schema.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`global` is a word of the language."""
        return {
            **super().get_fields(),
            "global": GlobalSerializer(allow_null=True, required=False, help_text="May be entered from anywhere."),
        }


class EdgeSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    port = serializers.CharField(help_text="One of the ports of the source's kind.")
    target = serializers.CharField(help_text="Id of a node of the same flow.")
    kind = serializers.ChoiceField(choices=["condition", "event", "judged", "else"], help_text="Follows from the port.")
    label = serializers.CharField(allow_blank=True, help_text="Of a judged edge: when it is taken, in words.")  # type: ignore[assignment]  # a field\'s own name here
    event = serializers.CharField(allow_blank=True)
    match = serializers.ChoiceField(choices=["all", "any"])
    rows = EdgeRowSerializer(many=True)
    priority = serializers.IntegerField(help_text="The smallest first, among edges of one kind.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """`source` is a method's argument elsewhere."""
        return {**super().get_fields(), "source": serializers.CharField(help_text="Id of a node.")}


class SubflowSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    name = serializers.CharField(allow_blank=True)
    nodes = NodeSerializer(many=True)
    edges = EdgeSerializer(many=True)


class FlowVariableSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    value = serializers.CharField(allow_blank=True)


class FlowSerializer(serializers.Serializer[Any]):
    schema = serializers.IntegerField(help_text="1")
    nodes = NodeSerializer(many=True)
    edges = EdgeSerializer(many=True)
    flows = SubflowSerializer(many=True, help_text="Flows inside this one, entered by sub-flow nodes.")
    variables = FlowVariableSerializer(many=True, help_text="With the value they begin with.")


class FlowDraftSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField()
    plain = serializers.BooleanField(help_text="The agent has instructions and no flow of its own.")
    flow = serializers.SerializerMethodField()
    problems = ProblemSerializer(many=True)
    can_publish = serializers.BooleanField(help_text="No problem is an error.")

    @extend_schema_field(FlowSerializer)
    def get_flow(self, row: dict[str, Any]) -> Any:
        """As it is kept."""
        return row["flow"]


class WriteFlowSerializer(StrictSerializer):
    revision = serializers.IntegerField(min_value=1, help_text="The one you read.")
    flow = serializers.DictField(help_text="As read. Empty: a plain agent again.")


class NodeKindSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field\'s own name here
    summary = serializers.CharField()
    docs = serializers.CharField()
    group = serializers.CharField()
    may_be_global = serializers.BooleanField()
    compiled = serializers.BooleanField(help_text="False: a note, which does nothing.")
    ports = serializers.ListField(child=serializers.DictField(), help_text="Where edges leave.")
    schema = serializers.DictField(help_text="JSON schema of `values`.")


class TemplateSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="Give it as `starter` when you create an agent.")
    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    nodes = serializers.IntegerField()
