"""/api/v1/campaigns/: calls and messages to a list of people."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from agents.models import Version
from channels_io.actions.delete_campaign import delete_campaign
from channels_io.actions.pause_campaign import end_campaign, pause_campaign
from channels_io.actions.save_campaign import create_campaign, edit_campaign
from channels_io.actions.save_campaign_list import map_campaign_list, upload_campaign_list
from channels_io.actions.start_campaign import start_campaign
from channels_io.campaigns.columns import MOST_VALUE, MOST_VARIABLES, ListMapping
from channels_io.campaigns.plan import Plan, load_plan
from channels_io.campaigns.progress import progress_of
from channels_io.models import Campaign, CampaignEntry, Channel
from inference.flow.templates import is_name
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404
from parley.api import StrictSerializer

MOST_PEOPLE: Final = 5_000
"""In one request; longer lists are uploaded as a file on the campaign's page."""
FILE_NAME: Final = "api"


class ProgressSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField()
    waiting = serializers.IntegerField()
    running = serializers.IntegerField()
    done = serializers.IntegerField(help_text="Reached.")
    failed = serializers.IntegerField(help_text="Given up after the last attempt.")
    skipped = serializers.IntegerField(help_text="Left out when the list was read.")


class CampaignSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="campaign.public_id")
    name = serializers.CharField(source="campaign.name")
    channel = serializers.CharField(source="campaign.channel.public_id")
    version = serializers.CharField(
        source="campaign.version.public_id", allow_null=True, default=None, help_text="Null: whatever is live."
    )
    state = serializers.ChoiceField(source="campaign.state", choices=Campaign.State.choices)
    reason = serializers.CharField(source="campaign.reason", allow_blank=True, help_text="Why it stands.")
    plan = serializers.DictField(source="campaign.plan", help_text="docs/campaigns.md says what it holds.")
    progress = ProgressSerializer()
    created_at = serializers.DateTimeField(source="campaign.created_at")
    started_at = serializers.DateTimeField(source="campaign.started_at", allow_null=True)
    ended_at = serializers.DateTimeField(source="campaign.ended_at", allow_null=True)


class CampaignWriteSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120)
    channel = serializers.CharField(max_length=40)
    version = serializers.CharField(max_length=40, required=False, allow_null=True, default=None)
    plan = serializers.DictField(required=False, default=dict, help_text="What is left out has its default.")


class CampaignEditSerializer(StrictSerializer):
    name = serializers.CharField(max_length=120, required=False)
    version = serializers.CharField(max_length=40, required=False, allow_null=True)
    plan = serializers.DictField(required=False, help_text="The whole plan: what is left out has its default.")


class PersonSerializer(StrictSerializer):
    number = serializers.CharField(max_length=40, help_text="E.164.")
    name = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    zone = serializers.CharField(max_length=64, required=False, default="", allow_blank=True)
    variables = serializers.DictField(
        child=serializers.CharField(max_length=MOST_VALUE, allow_blank=True), required=False, default=dict
    )


class ListSerializer(StrictSerializer):
    people = serializers.ListField(child=PersonSerializer(), allow_empty=False, max_length=MOST_PEOPLE)


class EntrySerializer(serializers.Serializer[Any]):
    line = serializers.IntegerField()
    number = serializers.CharField(source="address", allow_blank=True)
    name = serializers.CharField(allow_blank=True)
    zone = serializers.CharField(allow_blank=True)
    variables = serializers.DictField(child=serializers.CharField(allow_blank=True))
    state = serializers.ChoiceField(choices=CampaignEntry.State.choices)
    outcome = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True)
    attempts = serializers.IntegerField()
    tried_at = serializers.DateTimeField(allow_null=True)
    conversation = serializers.CharField(source="conversation.public_id", allow_null=True, default=None)


class EntryPageSerializer(serializers.Serializer[Any]):
    results = EntrySerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="`after` of the next page; null on the last one.")


class EntryQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(required=False, choices=CampaignEntry.State.choices)
    after = serializers.IntegerField(required=False, min_value=0, max_value=1_000_000, default=0, help_text="A line.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=500, default=100)


class CampaignList(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("campaigns:read" if self.request.method == "GET" else "campaigns:write")()]

    @extend_schema(operation_id="campaigns_list", responses={200: CampaignSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """All campaigns of the workspace, the newest first."""
        rows = _rows(request).order_by("-created_at", "-pk")
        return Response([_shown(row) for row in rows])

    @extend_schema(
        operation_id="campaigns_create", request=CampaignWriteSerializer, responses={201: CampaignSerializer}
    )
    def post(self, request: Request) -> Response:
        """A draft without a list: nobody is called before it has one and is started."""
        actor = actor_of(request)
        read = CampaignWriteSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        sent = read.validated_data
        campaign = create_campaign(
            actor,
            name=sent["name"],
            channel=_channel(request, sent["channel"]),
            version=_version(request, sent["version"]),
            plan=_plan(sent["plan"]),
        )
        return Response(_shown(campaign), status=201)


class CampaignDetail(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("campaigns:read" if self.request.method == "GET" else "campaigns:write")()]

    @extend_schema(operation_id="campaigns_read", responses={200: CampaignSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """One campaign, and how far it is."""
        return Response(_shown(_row(request, public_id)))

    @extend_schema(operation_id="campaigns_edit", request=CampaignEditSerializer, responses={200: CampaignSerializer})
    def patch(self, request: Request, public_id: str) -> Response:
        """Another name, version or plan, while it does not run."""
        row = _row(request, public_id)
        read = CampaignEditSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        sent = read.validated_data
        edit_campaign(
            actor_of(request),
            row,
            name=sent.get("name", row.name),
            channel=row.channel,
            version=_version(request, sent["version"]) if "version" in sent else row.version,
            plan=_plan(sent.get("plan", row.plan)),
        )
        return Response(_shown(_row(request, public_id)))

    @extend_schema(operation_id="campaigns_delete", responses={204: OpenApiResponse()})
    def delete(self, request: Request, public_id: str) -> Response:
        """Delete a campaign that does not run, with its list and results."""
        delete_campaign(actor_of(request), _row(request, public_id))
        return Response(status=204)


class CampaignPeople(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("campaigns:read" if self.request.method == "GET" else "campaigns:write")()]

    @extend_schema(operation_id="campaigns_people", parameters=[EntryQuery], responses={200: EntryPageSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """The lines of the list and what came of them, in pages."""
        row = _row(request, public_id)
        query = EntryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        lines = CampaignEntry.objects.filter(campaign=row, line__gt=asked["after"]).select_related("conversation")
        if "state" in asked:
            lines = lines.filter(state=asked["state"])
        taken = list(lines.order_by("line")[: asked["limit"] + 1])
        shown = taken[: asked["limit"]]
        more = shown[-1].line if len(taken) > len(shown) else None
        return Response(EntryPageSerializer({"results": shown, "next": more}).data)

    @extend_schema(operation_id="campaigns_set_people", request=ListSerializer, responses={202: CampaignSerializer})
    def put(self, request: Request, public_id: str) -> Response:
        """The list of a draft, instead of the one it has. It is read in a moment; `progress` then counts it."""
        actor, row = actor_of(request), _row(request, public_id)
        read = ListSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        content, mapping = _sheet(read.validated_data["people"])
        upload_campaign_list(actor, row, file_name=FILE_NAME, content=content)
        map_campaign_list(actor, row, mapping)
        return Response(_shown(_row(request, public_id)), status=202)


class CampaignStart(APIView):
    permission_classes = [HasScope("campaigns:write")]

    @extend_schema(operation_id="campaigns_start", request=None, responses={200: CampaignSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Begin, or go on after a pause. People are called or written to where the hour suits."""
        return Response(_shown(start_campaign(actor_of(request), _row(request, public_id))))


class CampaignPause(APIView):
    permission_classes = [HasScope("campaigns:write")]

    @extend_schema(operation_id="campaigns_pause", request=None, responses={200: CampaignSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """Begin nothing more until it is started again."""
        return Response(_shown(pause_campaign(actor_of(request), _row(request, public_id))))


class CampaignEnd(APIView):
    permission_classes = [HasScope("campaigns:write")]

    @extend_schema(operation_id="campaigns_end", request=None, responses={200: CampaignSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """End it for good: whoever was not tried yet is left out."""
        return Response(_shown(end_campaign(actor_of(request), _row(request, public_id))))


def _shown(campaign: Campaign) -> dict[str, Any]:
    progress = progress_of(campaign, timezone.now())
    data: dict[str, Any] = CampaignSerializer({"campaign": campaign, "progress": progress}).data
    return data


def _sheet(people: Sequence[Mapping[str, Any]]) -> tuple[bytes, ListMapping]:
    """As a file that was uploaded would be: one way in, with one set of rules. Raises serializers.ValidationError."""
    names = list(dict.fromkeys(name for person in people for name in person["variables"]))
    wrong = [name for name in names if not is_name(name)]
    if wrong or len(names) > MOST_VARIABLES:
        text = f"At most {MOST_VARIABLES} variables, with names of letters, digits and _."
        raise serializers.ValidationError({"people": [text]}, code="variables_invalid")
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["number", "name", "zone", *names])
    for person in people:
        values = [person["variables"].get(name, "") for name in names]
        writer.writerow([person["number"], person["name"], person["zone"], *values])
    variables = {name: 3 + place for place, name in enumerate(names)}
    return file.getvalue().encode(), ListMapping(number=0, name=1, zone=2, variables=variables)


def _plan(sent: Mapping[str, Any]) -> Plan:
    """Raises serializers.ValidationError."""
    try:
        return load_plan(sent)
    except msgspec.ValidationError as error:
        raise serializers.ValidationError({"plan": [str(error)]}, code="plan_invalid") from error


def _channel(request: Request, public_id: str) -> Channel:
    rows = Channel.objects.select_related("account", "agent__published", "workspace")
    return get_or_404(rows, actor_of(request).workspace, public_id)


def _version(request: Request, public_id: str | None) -> Version | None:
    return get_or_404(Version, actor_of(request).workspace, public_id) if public_id else None


def _rows(request: Request) -> Any:
    rows = Campaign.objects.of(actor_of(request).workspace)
    return rows.select_related("channel__account", "channel__agent__published", "version", "workspace")


def _row(request: Request, public_id: str) -> Campaign:
    row: Campaign = get_or_404(_rows(request), actor_of(request).workspace, public_id)
    return row
