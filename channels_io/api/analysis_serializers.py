"""The JSON of `after.report.analysis_json`."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from channels_io.models import Analysis, CostLine


class AnalysisFollowUpSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField()
    due_on = serializers.DateField(allow_null=True)
    source = serializers.CharField(help_text="agent: promised in the conversation; person; handoff.")  # type: ignore[assignment]  # a field's own name here
    done_at = serializers.DateTimeField(allow_null=True)


class CostLineSerializer(serializers.Serializer[Any]):
    component = serializers.ChoiceField(choices=CostLine.Component.choices)
    unit = serializers.CharField()
    service = serializers.CharField(allow_blank=True, help_text="Id of the service that did it; empty: our own.")
    model = serializers.CharField(allow_blank=True, help_text="Of the service.")
    quantity = serializers.FloatField()
    cost_micros = serializers.IntegerField(help_text="Millionths of the workspace's currency.")


class CostSerializer(serializers.Serializer[Any]):
    total_micros = serializers.IntegerField(help_text="Millionths of the workspace's currency.")
    lines = CostLineSerializer(many=True)


class AnalysisSerializer(serializers.Serializer[Any]):
    """`after.report.analysis_json`: also what the event conversation.analysed carries."""

    state = serializers.ChoiceField(choices=Analysis.State.choices)
    error_code = serializers.CharField(allow_blank=True, help_text="Why it is not done, or was done without the model.")
    outcome = serializers.CharField(allow_blank=True, help_text="Of the agent's list; or completed, silent, failed.")
    contained = serializers.BooleanField(allow_null=True, help_text="Solved without a person.")
    summary = serializers.CharField(allow_blank=True)
    sentiment = serializers.CharField(allow_blank=True, help_text="positive, neutral, negative, or empty.")
    fields = serializers.DictField(help_text="By the names of the agent's settings.")  # type: ignore[assignment]  # a field's own name here
    unanswered = serializers.ListField(child=serializers.CharField())
    follow_ups = AnalysisFollowUpSerializer(many=True)
    cost = CostSerializer()
    model = serializers.CharField(allow_blank=True)
    of = serializers.DateTimeField(allow_null=True, help_text="The conversation's last activity that was looked at.")
    done_at = serializers.DateTimeField(allow_null=True)
