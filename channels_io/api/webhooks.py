"""/api/v1/webhooks/: addresses that are told what happens, what they were told, and telling it again."""

from __future__ import annotations

from typing import Any

from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from channels_io.actions.replay_delivery import replay_delivery
from channels_io.actions.save_endpoint import (
    create_endpoint,
    delete_endpoint,
    edit_endpoint,
    renew_endpoint_secret,
    test_endpoint,
)
from channels_io.models import Delivery, Endpoint
from channels_io.outgoing.events import EVENTS
from parley.accounts.actor import actor_of
from parley.accounts.api_auth import HasScope
from parley.accounts.scoping import get_or_404
from parley.api import StrictSerializer


class EndpointSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="public_id")
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.ChoiceField(choices=tuple(EVENTS)), help_text="None: all of them.")
    enabled = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EndpointSecretSerializer(EndpointSerializer):
    secret = serializers.CharField(help_text="Signs every request. It is in this one answer and nowhere else.")


class EndpointWriteSerializer(StrictSerializer):
    name = serializers.CharField(max_length=60)
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(
        child=serializers.CharField(max_length=60), max_length=50, default=list, help_text="None: all of them."
    )


class EndpointEditSerializer(StrictSerializer):
    """What is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(child=serializers.CharField(max_length=60), max_length=50, required=False)
    enabled = serializers.BooleanField(required=False)


class DeliverySerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="public_id")
    event = serializers.CharField()
    conversation = serializers.CharField(source="conversation.public_id", allow_null=True, default=None)
    state = serializers.ChoiceField(choices=Delivery.State.choices)
    attempts = serializers.IntegerField()
    status = serializers.IntegerField(allow_null=True, help_text="HTTP status of the last answer.")
    error_code = serializers.CharField(allow_blank=True, help_text="Why the last try did not arrive.")
    at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True, help_text="When it is tried next.")
    done_at = serializers.DateTimeField(allow_null=True)


class DeliveryDetailSerializer(DeliverySerializer):
    body = serializers.DictField(help_text="The event as it is sent.")
    answer = serializers.CharField(allow_blank=True, help_text="The beginning of the last answer.")


class DeliveryPageSerializer(serializers.Serializer[Any]):
    results = DeliverySerializer(many=True)
    count = serializers.IntegerField()


class DeliveryQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=Delivery.State.choices, required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=100, default=25)
    offset = serializers.IntegerField(required=False, min_value=0, max_value=100_000, default=0)


class WebhookList(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("webhooks:read" if self.request.method == "GET" else "webhooks:write")()]

    @extend_schema(operation_id="webhooks_list", responses={200: EndpointSerializer(many=True)})
    def get(self, request: Request) -> Response:
        """All endpoints of the workspace, by name."""
        rows = Endpoint.objects.of(actor_of(request).workspace)
        return Response(EndpointSerializer(rows, many=True).data)

    @sensitive_variables("secret")
    @extend_schema(
        operation_id="webhooks_create", request=EndpointWriteSerializer, responses={201: EndpointSecretSerializer}
    )
    def post(self, request: Request) -> Response:
        """Make one. Nothing is sent to it until something happens, or a test is asked for."""
        read = EndpointWriteSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        row, secret = create_endpoint(actor_of(request), **read.validated_data)
        return _with_secret(row, secret, 201)


class WebhookDetail(APIView):
    def get_permissions(self) -> list[Any]:
        return [HasScope("webhooks:read" if self.request.method == "GET" else "webhooks:write")()]

    @extend_schema(operation_id="webhooks_read", responses={200: EndpointSerializer})
    def get(self, request: Request, public_id: str) -> Response:
        """One endpoint, without its secret."""
        return Response(EndpointSerializer(_row(request, public_id)).data)

    @extend_schema(operation_id="webhooks_edit", request=EndpointEditSerializer, responses={200: EndpointSerializer})
    def patch(self, request: Request, public_id: str) -> Response:
        """Another name, address, choice of events; switched off or on."""
        row = _row(request, public_id)
        read = EndpointEditSerializer(data=request.data)
        read.is_valid(raise_exception=True)
        kept = {"name": row.name, "url": row.url, "events": row.events, "enabled": row.enabled}
        return Response(EndpointSerializer(edit_endpoint(actor_of(request), row, **kept | read.validated_data)).data)

    @extend_schema(operation_id="webhooks_delete", responses={204: OpenApiResponse()})
    def delete(self, request: Request, public_id: str) -> Response:
        """With its log."""
        delete_endpoint(actor_of(request), _row(request, public_id))
        return Response(status=204)


class WebhookSecret(APIView):
    permission_classes = [HasScope("webhooks:write")]

    @sensitive_variables("secret")
    @extend_schema(operation_id="webhooks_secret", request=None, responses={200: EndpointSecretSerializer})
    def post(self, request: Request, public_id: str) -> Response:
        """A new secret; the old one signs nothing more."""
        row = _row(request, public_id)
        return _with_secret(row, renew_endpoint_secret(actor_of(request), row), 200)


class WebhookTest(APIView):
    permission_classes = [HasScope("webhooks:write")]

    @extend_schema(operation_id="webhooks_test", request=None, responses={202: OpenApiResponse()})
    def post(self, request: Request, public_id: str) -> Response:
        """Send it the event endpoint.test; what comes of it is in the log."""
        test_endpoint(actor_of(request), _row(request, public_id))
        return Response(status=202)


class WebhookDeliveries(APIView):
    permission_classes = [HasScope("webhooks:read")]

    @extend_schema(
        operation_id="webhooks_deliveries", parameters=[DeliveryQuery], responses={200: DeliveryPageSerializer}
    )
    def get(self, request: Request, public_id: str) -> Response:
        """The log of an endpoint, newest first, in pages."""
        query = DeliveryQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        asked = query.validated_data
        rows = Delivery.objects.filter(endpoint=_row(request, public_id)).select_related("conversation")
        if "state" in asked:
            rows = rows.filter(state=asked["state"])
        page = rows.order_by("-at", "-pk")[asked["offset"] : asked["offset"] + asked["limit"]]
        return Response(DeliveryPageSerializer({"results": page, "count": rows.count()}).data)


class WebhookDelivery(APIView):
    permission_classes = [HasScope("webhooks:read")]

    @extend_schema(operation_id="webhooks_delivery", responses={200: DeliveryDetailSerializer})
    def get(self, request: Request, public_id: str, delivery_id: str) -> Response:
        """One delivery with what was sent and answered."""
        return Response(DeliveryDetailSerializer(_delivery(request, public_id, delivery_id)).data)


class WebhookReplay(APIView):
    permission_classes = [HasScope("webhooks:write")]

    @extend_schema(operation_id="webhooks_replay", request=None, responses={202: DeliverySerializer})
    def post(self, request: Request, public_id: str, delivery_id: str) -> Response:
        """Send it once more: at once where it waits; of a settled one a new delivery with the same `webhook-id`."""
        row = replay_delivery(actor_of(request), _delivery(request, public_id, delivery_id))
        return Response(DeliverySerializer(row).data, status=202)


@sensitive_variables("secret")
def _with_secret(row: Endpoint, secret: str, status: int) -> Response:
    answer = Response({**EndpointSerializer(row).data, "secret": secret}, status=status)
    answer["Cache-Control"] = "no-store"
    return answer


def _row(request: Request, public_id: str) -> Endpoint:
    return get_or_404(Endpoint.objects.select_related("workspace"), actor_of(request).workspace, public_id)


def _delivery(request: Request, public_id: str, delivery_id: str) -> Delivery:
    rows = Delivery.objects.select_related("endpoint", "conversation")
    return get_or_404(rows, actor_of(request).workspace, delivery_id, endpoint__public_id=public_id)
